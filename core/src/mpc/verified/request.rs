//! Kinds of correlations with MACs, as a dealer elsewhere is asked for them (docs/mpc.md sections 3 and 16).

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::Words;
use crate::mpc::dealer::fields::{Fields, fraction, fraction_byte, length};
use crate::mpc::dealer::{Dealing, Delivery, MOST_WORDS, Requested, Seed, Service, matrices_fit, seeds};
use crate::mpc::local::authenticated::{join, split};
use crate::mpc::verified::correlation::Correlation;
use crate::mpc::verified::dealer::{Dealer, Dealt};
use crate::prg::Suite;

/// Words of 8 bytes in one of 16.
const HALVES: usize = 2;

impl Requested for Correlation {
    fn fields(&self) -> Fields {
        match *self {
            Self::Known { owner, count } => {
                Fields { lengths: [length(count), length(owner), 0], ..Fields::plain(8, count) }
            }
            Self::Masks { count } => Fields::plain(9, count),
            Self::Products { count } => Fields::plain(10, count),
            Self::Squares { count } => Fields::plain(11, count),
            Self::MatrixProduct { rows, inner, columns } => {
                Fields { lengths: [length(rows), length(inner), length(columns)], ..Fields::plain(12, rows) }
            }
            Self::Truncations { count, fraction } => {
                Fields { fraction: fraction_byte(Some(fraction)), ..Fields::plain(13, count) }
            }
        }
    }

    fn of(fields: &Fields) -> Result<Self> {
        let [count, inner, columns] = fields.sizes();
        Ok(match fields.kind {
            8 => Self::Known { owner: inner, count },
            9 => Self::Masks { count },
            10 => Self::Products { count },
            11 => Self::Squares { count },
            12 => Self::MatrixProduct { rows: count, inner, columns },
            13 => Self::Truncations { count, fraction: fraction(fields.fraction)?.ok_or(ErrorKind::Malformed)? },
            _ => return Err(ErrorKind::Unsupported.into()),
        })
    }

    fn corrections(&self) -> usize {
        HALVES * self.layout().corrections()
    }

    fn fits(&self) -> bool {
        let bounded = match *self {
            Self::MatrixProduct { rows, inner, columns } => matrices_fit(rows, inner, columns),
            Self::Known { count, .. }
            | Self::Masks { count }
            | Self::Products { count }
            | Self::Squares { count }
            | Self::Truncations { count, .. } => count <= MOST_WORDS,
        };
        bounded && HALVES * self.layout().total() <= MOST_WORDS
    }
}

impl Dealing for Dealer {
    type Correlation = Correlation;

    fn corrected(&self) -> usize {
        self.corrected()
    }

    fn seeds(&self) -> &[Seed] {
        self.seeds()
    }

    fn corrections(&mut self, number: u64, correlation: &Correlation) -> Result<Words> {
        let wide = self.deal(number, correlation)?;
        let mut words = Zeroizing::new(Vec::with_capacity(HALVES * wide.len()));
        words.extend(wide.iter().flat_map(|word| split(*word)));
        Ok(words)
    }
}

impl Service<Dealer> {
    /// A dealer of authenticated randomness for this many parties, with seeds from a generator. Party `corrected` gets the corrections.
    ///
    /// # Errors
    ///
    /// Those of [`Dealer::new`]; [`ErrorKind::Randomness`] if the generator fails.
    pub fn verified<R: TryCryptoRng + ?Sized>(
        suite: Suite,
        parties: usize,
        corrected: usize,
        rng: &mut R,
    ) -> Result<Self> {
        Ok(Self::of(Dealer::new(suite, seeds(parties, rng)?, corrected)?))
    }
}

impl Delivery<Correlation> {
    /// With the source of party `index`, the corrected one, which gives what has come.
    #[must_use]
    pub fn verified(suite: Suite, index: usize, seed: Seed) -> (Self, Dealt) {
        let (delivery, mut corrections) = Self::begin();
        let wide = move |number, correlation: &Correlation| {
            let words = corrections(number, correlation)?;
            let mut wide = Zeroizing::new(Vec::with_capacity(correlation.layout().corrections()));
            wide.extend(words.as_chunks().0.iter().map(|halves| join(*halves)));
            Ok(wide)
        };
        (delivery, Dealt::corrected(suite, index, seed, Box::new(wide)))
    }
}
