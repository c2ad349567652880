//! What every secret type keeps to: it shows its name only, is not copied, cloned or compared, and leaves nothing in memory.
#![allow(unsafe_code, reason = "to look at memory after a drop")]
#![allow(clippy::integer_division_remainder_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

use core::fmt::{Debug, Display, LowerHex};
use core::hash::Hash;
use core::mem::MaybeUninit;
use core::ptr;

use cloakwork_core::Result;
use cloakwork_core::agreement::{ChannelKey, FreshKey, Identity, PairKey, Party, Peer, Side};
use cloakwork_core::field::Element;
use cloakwork_core::group;
use cloakwork_core::mask::{Seed, StreamLabel};
use cloakwork_core::mesh::Mesh;
use cloakwork_core::mpc::dealer;
use cloakwork_core::mpc::oblivious::{BaseExchange, BaseTransfers};
use cloakwork_core::mpc::prime::Triples;
use cloakwork_core::mpc::verified::{Authenticated, MacKey};
use cloakwork_core::prg::{StreamKey, Suite};
use cloakwork_core::psi;
use cloakwork_core::ring::Bits;
use cloakwork_core::seal::{SEALED_SIZE, SHARE_SIZE, ShareKey};
use cloakwork_core::sharing::additive::ShareSeed;
use cloakwork_core::sharing::shamir::SeedPolynomial;
use zeroize::{ZeroizeOnDrop, Zeroizing};

#[allow(dead_code, unreachable_pub, reason = "a part of it is used here")]
#[path = "support/random.rs"]
mod random;

use random::{Generator, Tape};

/// The compiler release whose messages are in compile_fail/*.stderr; other releases word them otherwise.
const MESSAGES_OF: &str = "rustc 1.95.";

/// Fails to compile if the type has one of the traits: the path to `check` is ambiguous then.
macro_rules! assert_not_implemented {
    ($type:ty: $($trait:path),+ $(,)?) => {$(
        const _: fn() = || {
            struct Implemented;
            trait Check<A> {
                fn check() {}
            }
            impl<T: ?Sized> Check<()> for T {}
            impl<T: ?Sized + $trait> Check<Implemented> for T {}
            <$type as Check<_>>::check();
        };
    )+};
}

macro_rules! assert_secret {
    ($($type:ty),+ $(,)?) => {$(
        assert_not_implemented!(
            $type: Clone, Copy, PartialEq, PartialOrd, Hash, Default, Display, LowerHex, AsRef<[u8]>, core::ops::Deref
        );
    )+};
}

assert_secret!(Identity, FreshKey, PairKey, ChannelKey, ShareKey, SeedPolynomial<3>, ShareSeed, Seed, StreamKey);
assert_secret!(group::Scalar, group::Element);
assert_secret!(dealer::Seed, Triples, Authenticated, MacKey, Mesh, BaseExchange, BaseTransfers);
assert_secret!(psi::Session, psi::Outcome, psi::Piece<'static>);
// Elements of the field are also public, so they have a zero, and formulas need copies: these are made by name.
assert_not_implemented!(Element: Copy, PartialEq, PartialOrd, Hash, Display, LowerHex, AsRef<[u8]>);

/// Types whose drop wipes. A seed polynomial's elements do.
const fn wipes<T: ZeroizeOnDrop>() {}
const _: () = {
    wipes::<Identity>();
    wipes::<FreshKey>();
    wipes::<PairKey>();
    wipes::<ChannelKey>();
    wipes::<ShareKey>();
    wipes::<ShareSeed>();
    wipes::<Seed>();
    wipes::<StreamKey>();
    wipes::<Element>();
    wipes::<group::Scalar>();
    wipes::<group::Element>();
    wipes::<dealer::Seed>();
    wipes::<Authenticated>();
    wipes::<MacKey>();
};

/// Both uses of a share key take it by value, and it cannot be cloned: so there is one use.
const _: fn(ShareKey, &[u8; SHARE_SIZE]) -> Result<[u8; SEALED_SIZE]> = ShareKey::seal;
const _: fn(ShareKey, &[u8; SEALED_SIZE]) -> Result<ExportedShare> = ShareKey::open;
type ExportedShare = Zeroizing<[u8; SHARE_SIZE]>;

fn pair() -> PairKey {
    let mut rng = Generator::new("secrets");
    let (identity, fresh) = (Identity::generate(&mut rng).unwrap(), FreshKey::generate(&mut rng).unwrap());
    let (key, peer_fresh) = (Identity::generate(&mut rng).unwrap(), FreshKey::generate(&mut rng).unwrap());
    let own = Party { id: 1, position: 0, identity: &identity, fresh: &fresh };
    let (key, fresh) = (key.public_key(), peer_fresh.public_key());
    PairKey::agree(&[0; 32], &own, &Peer { id: 2, position: 1, key: &key, fresh: &fresh }).unwrap()
}

fn share_key() -> ShareKey {
    pair().share_key(1, 2, 2, 1, &[0; 32], &[0; 16])
}

fn channel() -> ChannelKey {
    let mut rng = Generator::new("channel");
    let (client, server) = (Identity::generate(&mut rng).unwrap(), Identity::generate(&mut rng).unwrap());
    ChannelKey::new(&client, Side::Client, &server.public_key()).unwrap()
}

fn stream_key() -> StreamKey {
    let bits = Bits::new(20).unwrap();
    Seed::from_bytes([3; 32]).stream_key(&StreamLabel { suite: Suite::ChaCha20, index: 0, label: "v", bits, length: 9 })
}

/// 32 bytes that look like nothing else.
fn secret_bytes() -> [u8; 32] {
    Generator::new("a secret").bytes()
}

#[test]
fn debug_shows_the_name_only() {
    fn check(secret: &dyn Debug, name: &str) {
        for shown in [format!("{secret:?}"), format!("{secret:#?}"), format!("{secret:x?}")] {
            assert_eq!(shown, format!("{name}(..)"));
        }
    }
    let mut rng = Generator::new("debug");
    check(&Identity::generate(&mut rng).unwrap(), "Identity");
    check(&FreshKey::generate(&mut rng).unwrap(), "FreshKey");
    check(&pair(), "PairKey");
    check(&channel(), "ChannelKey");
    check(&share_key(), "ShareKey");
    check(&SeedPolynomial::<3>::random(&mut rng, 3).unwrap(), "SeedPolynomial");
    check(&ShareSeed::generate(&mut rng).unwrap(), "ShareSeed");
    check(&Seed::from_bytes(secret_bytes()), "Seed");
    check(&stream_key(), "StreamKey");
    check(&Element::ONE, "Element");
    check(&dealer::Seed::generate(&mut rng).unwrap(), "Seed");
}

/// The bytes of the place of a `T`, all of which are initialised: the types below have no padding.
fn bytes_of<T>(place: &MaybeUninit<T>) -> Vec<u8> {
    let start = place.as_ptr().cast::<u8>();
    let byte = |offset| {
        // SAFETY: the offset is inside the place.
        let address = unsafe { start.add(offset) };
        // SAFETY: the value that was written to the place has initialised all its bytes. The read is volatile so that after a drop it is
        // not taken for a read of what was there before.
        unsafe { ptr::read_volatile(address) }
    };
    (0..size_of::<T>()).map(byte).collect()
}

/// Whether eight bytes of the secret that follow each other are in memory.
fn holds(memory: &[u8], secret: &[u8]) -> bool {
    secret.windows(8).any(|part| memory.windows(8).any(|place| place == part))
}

/// Drops the value in a place that stays readable and looks for the secret before and after.
fn assert_wiped<T>(value: T, secret: &[u8]) {
    let mut place = Box::new(MaybeUninit::new(value));
    assert!(holds(&bytes_of(&place), secret), "the value holds the secret before its drop");
    // SAFETY: the value was written above and is not used afterwards.
    unsafe { place.assume_init_drop() };
    assert!(!holds(&bytes_of(&place), secret), "{} is wiped", core::any::type_name::<T>());
}

/// The same for a value whose secret cannot be read otherwise: no eight bytes of it stay, but those that are zero.
fn assert_emptied<T>(value: T) {
    let mut place = Box::new(MaybeUninit::new(value));
    let before = bytes_of(&place);
    assert!(before.iter().any(|byte| *byte != 0));
    // SAFETY: the value was written above and is not used afterwards.
    unsafe { place.assume_init_drop() };
    assert!(bytes_of(&place).iter().all(|byte| *byte == 0), "{} is wiped", core::any::type_name::<T>());
}

#[test]
fn the_search_finds_what_stays() {
    struct Careless([u8; 32]);
    let mut place = MaybeUninit::new(Careless(secret_bytes()));
    // SAFETY: the value was written above and is not used afterwards.
    unsafe { place.assume_init_drop() };
    assert!(holds(&bytes_of(&place), &secret_bytes()));
    // SAFETY: nothing has touched the place since.
    assert_eq!(unsafe { place.assume_init_ref() }.0, secret_bytes());
}

#[test]
fn drop_wipes_every_secret() {
    let secret = secret_bytes();
    assert_wiped(Identity::from_bytes(&secret).unwrap(), &secret);
    assert_wiped(FreshKey::generate(&mut Tape::new(secret.to_vec())).unwrap(), &secret);
    assert_wiped(ShareSeed::from_bytes(&secret), &secret);
    assert_wiped(Seed::from_bytes(secret), &secret);
    assert_wiped(StreamKey::from_bytes(secret), &secret);
    assert_wiped(Element::from_canonical(0x0123_4567_89ab_cdef).unwrap(), &0x0123_4567_89ab_cdef_u64.to_le_bytes());
    for key in [pair(), pair()] {
        assert_emptied(key);
    }
    assert_emptied(channel());
    assert_emptied(share_key());
    assert_emptied(stream_key());
}

/// Every coefficient, not the seed alone: with t - 1 shares one of them gives the seed.
#[test]
fn drop_wipes_every_coefficient() {
    let tape: [u8; 96] = Generator::new("coefficients").bytes();
    for coefficient in 0..12 {
        let polynomial = SeedPolynomial::<3>::random(&mut Tape::new(tape.to_vec()), 3).unwrap();
        let mut word: [u8; 8] = tape[8 * coefficient..8 * coefficient + 8].try_into().unwrap();
        word[7] &= 0x1f;
        assert_wiped(polynomial, &word);
    }
}

/// Bytes that leave the crate wipe themselves too.
#[test]
fn exported_secrets_wipe_themselves() {
    let secret = secret_bytes();
    let exported: Zeroizing<[u8; 32]> = Identity::from_bytes(&secret).unwrap().to_bytes();
    assert_wiped(exported, &secret);
    let polynomial = SeedPolynomial::<1>::random(&mut Tape::new(secret.map(|byte| byte & 0x1f).to_vec()), 1).unwrap();
    let share = polynomial.share(7).unwrap();
    assert_wiped(share, &secret.map(|byte| byte & 0x1f));
}

/// The compiler's words for each misuse. That it refuses is checked above with every compiler.
#[test]
#[cfg_attr(miri, ignore = "starts the compiler")]
fn misuse_does_not_compile() {
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = std::process::Command::new(compiler).arg("--version").output().unwrap().stdout;
    if version.starts_with(MESSAGES_OF.as_bytes()) {
        let cases = trybuild::TestCases::new();
        cases.compile_fail("tests/compile_fail/*.rs");
        if cfg!(feature = "alloc") {
            cases.compile_fail("tests/compile_fail/alloc/*.rs");
        }
    }
}
