//! Numbers shared in a prime field: the steps that each party does for itself, and a dealer of triples.

use cloakwork_core::mpc::prime::{self, Dealer, Triples};
use cloakwork_core::prg::Suite;
use cloakwork_core::prime::Modulus;
use zeroize::Zeroizing;

use crate::boundary::boundary;
use crate::handle::{self, Opaque, kind};
use crate::pointer::{Out, Target, extent, slice};
use crate::rng::{Generator, Words, cloak_rng};
use crate::status::cloak_status;

/// Whether a number is an odd prime: the modulus of a field. It takes a time that tells the number.
///
/// Hosts only, as everything of prime fields.
///
/// @param modulus  the number
/// @return `CLOAK_ERR_INVALID_ARGUMENT` unless it is one
#[must_use]
#[unsafe(no_mangle)]
pub extern "C" fn cloak_prime_check_vartime(modulus: u64) -> cloak_status {
    boundary(|| Modulus::new_vartime(modulus).map(|_| ()).map_err(cloak_status::from))
}

/// Shares of numbers: those of all parties but the last are uniform, up to a statistical distance of 2^-64 a number, and the last party's are what is missing.
///
/// @param modulus  an odd prime, which is public
/// @param parties  2 or more
/// @param values   the numbers, secret, each below the modulus
/// @param length   how many numbers
/// @param rng      source of the shares; NULL for that of the operating system
/// @param shares   `parties` times `length` words: one vector after the other
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for another modulus and for fewer than two parties; `CLOAK_ERR_OUT_OF_RANGE` for a number that is not below the modulus;
///         `CLOAK_ERR_INVALID_LENGTH`; `CLOAK_ERR_OVERLAP`; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_prime_share(
    modulus: u64,
    parties: u32,
    values: *const u64,
    length: usize,
    rng: *const cloak_rng,
    shares: *mut u64,
) -> cloak_status {
    boundary(|| {
        let parties = usize::try_from(parties).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?;
        let total = parties.checked_mul(length).ok_or(cloak_status::CLOAK_ERR_INVALID_LENGTH)?;
        // SAFETY: header, "Pointers".
        let values = unsafe { slice(values, length) }?;
        // SAFETY: header, "Pointers".
        let generator = unsafe { Generator::new(rng) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(shares, total) }?.apart_from(&extent(values))?;
        let made = prime::split(&Modulus::new_vartime(modulus)?, values, parties, &mut Words::new(generator))?;
        for (out, share) in out.borrow().chunks_exact_mut(length.max(1)).zip(&made) {
            out.copy_from_slice(share);
        }
        Ok(())
    })
}

/// What is done with two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum cloak_prime_operation {
    /// x + y.
    CLOAK_PRIME_ADD = 1,
    /// x - y.
    CLOAK_PRIME_SUBTRACT = 2,
    /// x y.
    CLOAK_PRIME_MULTIPLY = 3,
}

/// Sums, differences or products of elements, one by one.
///
/// @param modulus    an odd prime, which is public
/// @param operation  one of `cloak_prime_operation`
/// @param x          elements, each below the modulus
/// @param y          as many
/// @param length     how many
/// @param out        the results; not where x or y is
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for another modulus or operation; `CLOAK_ERR_OUT_OF_RANGE` for a number that is not below the modulus; `CLOAK_ERR_OVERLAP`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_prime_combine(
    modulus: u64,
    operation: i32,
    x: *const u64,
    y: *const u64,
    length: usize,
    out: *mut u64,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let x = unsafe { slice(x, length) }?;
        // SAFETY: header, "Pointers".
        let y = unsafe { slice(y, length) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(out, length) }?.apart_from(&extent(x))?.apart_from(&extent(y))?;
        let field = Modulus::new_vartime(modulus)?;
        let combine = match operation {
            1 => Modulus::sum,
            2 => Modulus::difference,
            3 => Modulus::product,
            _ => return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT),
        };
        field.check(x)?;
        field.check(y)?;
        for ((out, x), y) in out.borrow().iter_mut().zip(x).zip(y) {
            *out = combine(&field, *x, *y);
        }
        Ok(())
    })
}

/// Makes triples a, b and a b for the parties of one program. It could see through every masked value, so it belongs to nobody who sees the messages of parties.
#[derive(Debug)]
pub struct cloak_prime_dealer {
    _opaque: (),
}

impl Opaque for cloak_prime_dealer {
    type Object = Dealer;
    const KIND: u32 = kind(b"CWq");
}

/// A dealer for so many parties.
///
/// The caller ends it with `cloak_prime_dealer_free`.
///
/// @param modulus  an odd prime, which is public
/// @param parties  2 or more
/// @param suite    the cipher of its streams, 1 or 2
/// @param rng      source of the seeds; NULL for that of the operating system
/// @param out      the dealer
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for another modulus and for fewer than two parties; `CLOAK_ERR_UNSUPPORTED` for another suite; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_prime_dealer_new(
    modulus: u64,
    parties: u32,
    suite: u8,
    rng: *const cloak_rng,
    out: *mut *mut cloak_prime_dealer,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let generator = unsafe { Generator::new(rng) }?;
        let parties = usize::try_from(parties).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?;
        let field = Modulus::new_vartime(modulus)?;
        let dealer = Dealer::new(field, Suite::new(suite)?, parties, &mut Words::new(generator))?;
        out.write(handle::allocate::<cloak_prime_dealer>(dealer)?.as_ptr());
        Ok(())
    })
}

/// Ends a dealer. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_prime_dealer_free(dealer: *mut cloak_prime_dealer) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(dealer) });
}

/// A party's share of the next triples. All parties ask for as many in the same order; none gets a triple twice.
///
/// @param party    the party, from 0
/// @param count    how many triples
/// @param triples  three times `count` words: the shares of a, of b, and of a b
/// @return `CLOAK_ERR_UNKNOWN_PARTY`; `CLOAK_ERR_INVALID_LENGTH` and `CLOAK_ERR_TOO_LONG` for too many
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_prime_dealer_triples(
    dealer: *mut cloak_prime_dealer,
    party: u32,
    count: usize,
    triples: *mut u64,
) -> cloak_status {
    boundary(|| {
        let total = count.checked_mul(3).ok_or(cloak_status::CLOAK_ERR_INVALID_LENGTH)?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(triples, total) }?;
        // SAFETY: header, "Handles".
        let mut dealer = unsafe { handle::exclusive(dealer) }?;
        let party = usize::try_from(party).unwrap_or(usize::MAX);
        let Triples { a, b, c } = dealer.triples(party, count)?;
        for (out, part) in out.borrow().chunks_exact_mut(count.max(1)).zip([a, b, c]) {
            out.copy_from_slice(&part);
        }
        Ok(())
    })
}

/// A party's share of products x y, from what the parties opened and its share of triples.
///
/// @param modulus  an odd prime, which is public
/// @param first    1 at one party, 0 at all others
/// @param d        x - a, opened, each below the modulus
/// @param e        y - b, opened, each below the modulus
/// @param triples  three times `length` words of `cloak_prime_dealer_triples`
/// @param length   how many products
/// @param out      the shares; not where an input is
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for another modulus or `first`; `CLOAK_ERR_OUT_OF_RANGE` for a number that is not below the modulus; `CLOAK_ERR_INVALID_LENGTH`;
///         `CLOAK_ERR_OVERLAP`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_prime_product(
    modulus: u64,
    first: i32,
    d: *const u64,
    e: *const u64,
    triples: *const u64,
    length: usize,
    out: *mut u64,
) -> cloak_status {
    boundary(|| {
        let total = length.checked_mul(3).ok_or(cloak_status::CLOAK_ERR_INVALID_LENGTH)?;
        // SAFETY: header, "Pointers".
        let d = unsafe { slice(d, length) }?;
        // SAFETY: header, "Pointers".
        let e = unsafe { slice(e, length) }?;
        // SAFETY: header, "Pointers".
        let triples = unsafe { slice(triples, total) }?;
        // SAFETY: header, "Pointers".
        let out = unsafe { Target::new(out, length) }?;
        let out = out.apart_from(&extent(d))?.apart_from(&extent(e))?.apart_from(&extent(triples))?;
        let field = Modulus::new_vartime(modulus)?;
        if first != 0 && first != 1 {
            return Err(cloak_status::CLOAK_ERR_INVALID_ARGUMENT);
        }
        for words in [d, e, triples] {
            field.check(words)?;
        }
        let (a, rest) = triples.split_at(length);
        let (b, c) = rest.split_at(length);
        let copy = |words: &[u64]| Zeroizing::new(words.to_vec());
        let made = prime::product(&field, first == 1, d, e, Triples { a: copy(a), b: copy(b), c: copy(c) });
        out.borrow().copy_from_slice(&made);
        Ok(())
    })
}
