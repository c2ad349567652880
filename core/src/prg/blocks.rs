//! Blocks of ChaCha20 (RFC 8439 section 2.3) with a zero nonce, for processors without vector units.
//!
//! The same bytes as those of the crate that hosts use, against which it is tested. Compiled for size, the crate calls its quarter round eighty times a block;
//! here the rounds are one piece of straight code, which takes a third of the instructions and less flash.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of a block.
pub(super) const BLOCK_SIZE: usize = 64;

/// A block, word by word in little-endian order.
pub(super) type Block = [[u8; 4]; BLOCK_SIZE >> 2];

/// "expand 32-byte k", as words.
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// A stream that is read block by block: the state before the rounds, with the number of the next block.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Blocks([u32; 16]);

/// Where the number of the block is.
const COUNTER: usize = 12;

macro_rules! quarter_round {
    ($a:ident $b:ident $c:ident $d:ident) => {
        $a = $a.wrapping_add($b);
        $d = ($d ^ $a).rotate_left(16);
        $c = $c.wrapping_add($d);
        $b = ($b ^ $c).rotate_left(12);
        $a = $a.wrapping_add($b);
        $d = ($d ^ $a).rotate_left(8);
        $c = $c.wrapping_add($d);
        $b = ($b ^ $c).rotate_left(7);
    };
}

/// The state before the rounds and after them, added up: straight code as well.
macro_rules! add_state {
    ($before:expr, $out:ident, $($place:literal $word:ident)*) => {
        $($out[$place] = $word.wrapping_add($before[$place]).to_le_bytes();)*
    };
}

impl Blocks {
    /// The stream of a key from this block on.
    pub(super) fn new(key: &[u8; 32], counter: u32) -> Self {
        let mut state = [0; 16];
        let words = key.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes));
        for (place, word) in state.iter_mut().zip(CONSTANTS.into_iter().chain(words)) {
            *place = word;
        }
        state[COUNTER] = counter;
        Self(state)
    }

    /// The next block.
    #[inline(never)]
    #[allow(clippy::many_single_char_names, reason = "sixteen words")]
    pub(super) fn next(&mut self, out: &mut Block) {
        let [
            mut a,
            mut b,
            mut c,
            mut d,
            mut e,
            mut f,
            mut g,
            mut h,
            mut i,
            mut j,
            mut k,
            mut l,
            mut m,
            mut n,
            mut o,
            mut p,
        ] = self.0;
        for _ in 0..10 {
            quarter_round!(a e i m);
            quarter_round!(b f j n);
            quarter_round!(c g k o);
            quarter_round!(d h l p);
            quarter_round!(a f k p);
            quarter_round!(b g l m);
            quarter_round!(c h i n);
            quarter_round!(d e j o);
        }
        add_state!(self.0, out, 0 a 1 b 2 c 3 d 4 e 5 f 6 g 7 h 8 i 9 j 10 k 11 l 12 m 13 n 14 o 15 p);
        self.0[COUNTER] = self.0[COUNTER].wrapping_add(1);
    }
}
