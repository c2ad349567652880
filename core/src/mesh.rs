//! Sums among parties of whom each reaches each: every party masks its vector, sends it to all, and opens the sum itself (docs/fsc-servers.md, section 4).
//!
//! The masks are those of Bonawitz et al., "Practical Secure Aggregation for Privacy-Preserving Machine Learning" (CCS 2017), section 4.1,
//! without recovery and without a server. Each party draws a piece for each other one and sends it over a channel that only the two of them
//! read; both pieces of a pair, and the run, give the pair's seed, so that one good generator of the two is enough. In the sum with number s
//!
//! ```text
//! y_i = x_i + sum_{j < i} PRG(k_ij, s) - sum_{j > i} PRG(k_ij, s)    mod 2^b
//! ```
//!
//! and the sum of all y is the sum of all x. To any coalition of parties that keep to the protocol, the vectors of the others are uniform but for
//! their sum (loc. cit., Lemma 6.1, for streams that cannot be told from random ones). Who does not keep to it can make the sum wrong, not
//! open another one: a seed serves one sum, and a party masks one vector by it.
//!
//! `ceil(64 / b)` zero coordinates follow the vector. Where they do not add up to zero, masks did not cancel or a vector was altered.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::ct;
use crate::error::{ErrorKind, Result};
use crate::kdf;
use crate::mask::{SEED_SIZE, Seed, StreamLabel, add_masks};
use crate::prg::{Sign, StreamKey, Suite, check_range};
use crate::random;
use crate::ring::{self, Bits, Lane, pack, packed_len};

/// Bytes of a piece.
pub const PIECE_SIZE: usize = 32;
/// Bytes of what names a run.
pub const RUN_SIZE: usize = 32;
/// Parties, at most.
pub const MOST_PARTIES: usize = 1024;

/// Label of the streams; their keys differ by seed already.
const LABEL: &str = "mesh";
/// Bits that the zero coordinates have together, at least.
const ZERO_BITS: u8 = 64;

/// One party of sums in a mesh: a secret.
///
/// Its life has two parts: it gives out pieces until [`Mesh::agree`] has those of the others, and masks vectors from then on.
pub struct Mesh {
    suite: Suite,
    index: usize,
    keys: Keys,
    sums: u64,
}

/// One entry a party, that of the party itself included, which nothing uses.
enum Keys {
    /// What this party drew.
    Pieces(Vec<Secret>),
    /// What it has in common with each.
    Pairs(Vec<Secret>),
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Secret([u8; 32]);

impl Mesh {
    /// Party `index` of `parties`, with new pieces.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`], with the bound, unless there are 2 to [`MOST_PARTIES`]; [`ErrorKind::UnknownParty`] for an index beyond them;
    /// [`ErrorKind::Randomness`].
    pub fn new<R: TryCryptoRng + ?Sized>(suite: Suite, parties: usize, index: usize, rng: &mut R) -> Result<Self> {
        if !(2..=MOST_PARTIES).contains(&parties) {
            return Err(ErrorKind::InvalidArgument.bound(MOST_PARTIES as u64));
        }
        if index >= parties {
            return Err(ErrorKind::UnknownParty.party(index as u64));
        }
        let mut pieces = Vec::with_capacity(parties);
        for _ in 0..parties {
            let mut piece = Secret([0; PIECE_SIZE]);
            random::fill(rng, &mut piece.0)?;
            pieces.push(piece);
        }
        Ok(Self { suite, index, keys: Keys::Pieces(pieces), sums: 0 })
    }

    /// What goes to party `to`, over a channel that nobody else reads.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownParty`] for no other party; [`ErrorKind::OutOfOrder`] after [`Mesh::agree`].
    pub fn piece(&self, to: usize) -> Result<&[u8; PIECE_SIZE]> {
        let Keys::Pieces(pieces) = &self.keys else { return Err(ErrorKind::OutOfOrder.into()) };
        match pieces.get(to) {
            Some(piece) if to != self.index => Ok(&piece.0),
            _ => Err(ErrorKind::UnknownParty.party(to as u64)),
        }
    }

    /// Takes the pieces of the others. The seed of the pair i < j is
    ///
    /// ```text
    /// Expand(Extract(Hash("mesh"), piece of i to j || piece of j to i), "mesh pair", run, u64le(i), u64le(j); 32)
    /// ```
    ///
    /// `run` is what all parties have agreed on, their numbering included, and differs between runs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidLength`] unless there is a piece of each party, that of this party being ignored; [`ErrorKind::OutOfOrder`] for a second time.
    pub fn agree<'a>(
        &mut self,
        run: &[u8; RUN_SIZE],
        received: impl ExactSizeIterator<Item = &'a [u8; PIECE_SIZE]>,
    ) -> Result<()> {
        let Keys::Pieces(pieces) = &self.keys else { return Err(ErrorKind::OutOfOrder.into()) };
        if received.len() != pieces.len() {
            return Err(ErrorKind::InvalidLength.bound(pieces.len() as u64));
        }
        let own = self.index;
        let pair = |(other, (drawn, received)): (usize, (&Secret, &[u8; PIECE_SIZE]))| {
            let (low, high, first, second) =
                if own < other { (own, other, &drawn.0, received) } else { (other, own, received, &drawn.0) };
            let mut both = Zeroizing::new([0; 2 * PIECE_SIZE]);
            both.iter_mut().zip(first.iter().chain(second)).for_each(|(both, byte)| *both = *byte);
            let prk = Zeroizing::new(kdf::extract(&kdf::hash(LABEL, &[]), &*both));
            let mut seed = Secret([0; 32]);
            let places = [(low as u64).to_le_bytes(), (high as u64).to_le_bytes()];
            kdf::expand(&prk, "mesh pair", &[run, &places[0], &places[1]], &mut seed.0);
            seed
        };
        let pairs = pieces.iter().zip(received).enumerate().map(pair).collect();
        self.keys = Keys::Pairs(pairs);
        Ok(())
    }

    /// Masks the vector of the next sum in place, after its last [`zero_coordinates`] elements were set to zero, and packs it into `out`: the message to
    /// all others, and how many bytes it has. All parties make as many sums, in the same order, of the same widths and lengths.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OutOfOrder`] before [`Mesh::agree`]; [`ErrorKind::InvalidWidth`] for another lane; [`ErrorKind::InvalidLength`] without room for the
    /// zero coordinates; [`ErrorKind::TooLong`] for a vector longer than a stream; [`ErrorKind::BufferTooSmall`]. Nothing changes then.
    pub fn mask<L: Lane>(&mut self, bits: Bits, vector: &mut [L], out: &mut [u8]) -> Result<usize> {
        let Keys::Pairs(pairs) = &self.keys else { return Err(ErrorKind::OutOfOrder.into()) };
        ring::check_lane::<L>(bits)?;
        check_range(L::BYTES.trailing_zeros(), 0, vector.len())?;
        let next = self.sums.checked_add(1).ok_or(ErrorKind::OutOfRange)?;
        let length = vector.len() as u64;
        let needed = packed_len(bits, length);
        let fitting = usize::try_from(needed).ok().and_then(|needed| out.get_mut(..needed));
        let out = fitting.ok_or(ErrorKind::BufferTooSmall.bound(needed))?;
        zeros_of(bits, vector)?.fill(L::default());
        let label = StreamLabel { suite: self.suite, index: 0, label: LABEL, bits, length };
        let stream = |pair: &Secret| -> StreamKey {
            let mut seed = Zeroizing::new([0; SEED_SIZE]);
            kdf::expand(&pair.0, "mesh sum", &[&self.sums.to_le_bytes()], &mut *seed);
            Seed::from_bytes(*seed).stream_key(&label)
        };
        let keys: Vec<(Sign, StreamKey)> = (pairs.iter().enumerate())
            .filter(|(other, _)| *other != self.index)
            .map(|(other, pair)| (if other < self.index { Sign::Plus } else { Sign::Minus }, stream(pair)))
            .collect();
        add_masks(self.suite, keys.iter().map(|(sign, key)| (*sign, key)), 0, vector)?;
        self.sums = next;
        pack(bits, vector, out)?;
        Ok(out.len())
    }
}

impl fmt::Debug for Mesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mesh(..)")
    }
}

/// How many zero coordinates follow a vector of this width.
#[must_use]
pub const fn zero_coordinates(bits: Bits) -> usize {
    ZERO_BITS.div_ceil(bits.get()) as usize
}

/// Ends a sum: `vector` holds the sum of the masked vectors of all parties, and then its residues in 0 ... 2^b - 1.
///
/// # Errors
///
/// [`ErrorKind::MasksDidNotCancel`]: throw the sum away. [`ErrorKind::InvalidWidth`] for another lane; [`ErrorKind::InvalidLength`] without room for the
/// zero coordinates.
pub fn finish<L: Lane>(bits: Bits, vector: &mut [L]) -> Result<()> {
    ring::check_lane::<L>(bits)?;
    for element in &mut *vector {
        *element = element.reduce(bits);
    }
    // What does not cancel is an error that everybody learns, so how it is found may show.
    let zeros = zeros_of(bits, vector)?;
    let together = zeros.iter().fold(0u128, |together, zero| together | zero.to_u128());
    if ct::is_zero(&together.to_le_bytes()) { Ok(()) } else { Err(ErrorKind::MasksDidNotCancel.into()) }
}

fn zeros_of<L: Lane>(bits: Bits, vector: &mut [L]) -> Result<&mut [L]> {
    let zeros = zero_coordinates(bits);
    let values = vector.len().checked_sub(zeros).ok_or(ErrorKind::InvalidLength.bound(zeros as u64))?;
    vector.get_mut(values..).ok_or_else(|| ErrorKind::InvalidLength.bound(zeros as u64))
}
