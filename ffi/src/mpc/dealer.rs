//! The dealer of parties that live in one program: for learning, for tests, and where one process computes for all.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::sync::{Mutex, PoisonError};

use cloakwork_core::ErrorKind;
use cloakwork_core::mpc::dealer::{Dealer, Dealt, Preprocessing, SEED_SIZE, Seed};
use cloakwork_core::mpc::verified;
use cloakwork_core::prg::Suite;
use zeroize::Zeroizing;

use crate::boundary::boundary;
use crate::handle::{self, Opaque, kind};
use crate::mpc::CORRECTED;
use crate::mpc::drawn::Drawn;
use crate::pointer::Out;
use crate::rng::{Generator, cloak_rng};
use crate::status::{Checked, cloak_status};

/// Makes the correlated randomness of the sessions of one computation. It could see through every masked value, so it belongs to nobody who sees the messages of
/// parties: where it lives in the same program as they do, that program sees everything anyway.
#[derive(Debug)]
pub struct cloak_mpc_dealer {
    _opaque: (),
}

impl Opaque for cloak_mpc_dealer {
    type Object = DealerObject;
    const KIND: u32 = kind(b"CWl");
}

/// What a dealer handle holds: the dealers of both kinds of correlations, which the session with the corrections uses too, and the seeds that have not been given out.
#[derive(Debug)]
pub(crate) struct DealerObject {
    dealer: Arc<Mutex<Dealer>>,
    verified: Arc<Mutex<verified::Dealer>>,
    suite: Suite,
    seeds: Vec<Option<Seed>>,
}

impl DealerObject {
    /// How many parties it deals for.
    pub(crate) fn parties(&self) -> usize {
        self.seeds.len()
    }

    /// The cipher of its streams.
    pub(crate) fn suite(&self) -> Suite {
        self.suite
    }

    /// The source of one party, which is given once: two sessions with one seed would use correlations twice.
    pub(crate) fn source(&mut self, party: usize) -> Checked<Box<dyn Preprocessing>> {
        let seed = self.seed(party)?;
        let dealt = if party == CORRECTED {
            let dealer = Arc::clone(&self.dealer);
            let corrections = Box::new(move |number, correlation: &_| {
                dealer.lock().unwrap_or_else(PoisonError::into_inner).deal(number, correlation)
            });
            Dealt::corrected(self.suite, seed, corrections)
        } else {
            Dealt::seeded(self.suite, seed)
        };
        Ok(Box::new(dealt))
    }

    /// The same for a session in verified mode.
    pub(crate) fn verified_source(&mut self, party: usize) -> Checked<Box<dyn verified::Preprocessing>> {
        let seed = self.seed(party)?;
        let dealt = if party == CORRECTED {
            let dealer = Arc::clone(&self.verified);
            let corrections = Box::new(move |number, correlation: &_| {
                dealer.lock().unwrap_or_else(PoisonError::into_inner).deal(number, correlation)
            });
            verified::Dealt::corrected(self.suite, party, seed, corrections)
        } else {
            verified::Dealt::seeded(self.suite, party, seed)
        };
        Ok(Box::new(dealt))
    }

    /// The seed of a party, once.
    fn seed(&mut self, party: usize) -> Checked<Seed> {
        let seed = self.seeds.get_mut(party).ok_or(ErrorKind::InvalidArgument).map_err(cloakwork_core::Error::from)?;
        seed.take().ok_or(cloak_status::CLOAK_ERR_DUPLICATE)
    }
}

/// A dealer for so many parties, of sessions in verified mode or not; the parties of one computation agree on that.
///
/// Hosts only. The caller ends it with `cloak_mpc_dealer_free`; sessions that were made with it go on.
///
/// @param parties  2 or more
/// @param suite    the cipher of its streams, 1 or 2
/// @param rng      source of the seeds; NULL for that of the operating system
/// @param out      the dealer
/// @return `CLOAK_ERR_INVALID_ARGUMENT` for fewer than two parties; `CLOAK_ERR_UNSUPPORTED` for another suite; `CLOAK_ERR_RANDOMNESS`
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_dealer_new(
    parties: u32,
    suite: u8,
    rng: *const cloak_rng,
    out: *mut *mut cloak_mpc_dealer,
) -> cloak_status {
    boundary(|| {
        // SAFETY: header, "Pointers".
        let out = unsafe { Out::new(out) }?;
        // SAFETY: header, "Pointers".
        let generator = unsafe { Generator::new(rng) }?;
        let suite = Suite::new(suite)?;
        let parties = usize::try_from(parties).map_err(|_| cloak_status::CLOAK_ERR_INVALID_ARGUMENT)?;
        let mut drawn = Drawn::new(generator, SEED_SIZE * (parties + 1))?;
        let own = Seed::generate(&mut drawn)?;
        let seeds = (0..parties).map(|_| Seed::generate(&mut drawn)).collect::<Result<Vec<Seed>, _>>()?;
        let copy = |seed: &Seed| Seed::from_bytes(&Zeroizing::new(*seed.as_bytes()));
        let given = seeds.iter().map(|seed| Some(copy(seed))).collect();
        let verified = verified::Dealer::new(suite, seeds.iter().map(copy).collect(), CORRECTED)?;
        let dealer = Dealer::new(suite, seeds, own, CORRECTED)?;
        let (dealer, verified) = (Arc::new(Mutex::new(dealer)), Arc::new(Mutex::new(verified)));
        let object = DealerObject { dealer, verified, suite, seeds: given };
        out.write(handle::allocate::<cloak_mpc_dealer>(object)?.as_ptr());
        Ok(())
    })
}

/// Ends a dealer. NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cloak_mpc_dealer_free(dealer: *mut cloak_mpc_dealer) {
    // SAFETY: header, "Handles".
    let _ = boundary(|| unsafe { handle::end(dealer) });
}
