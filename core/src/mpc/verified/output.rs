//! Outputs, which open after all that led to them was checked, and are checked themselves before they are given.

use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Result};
use crate::mpc::correlation::{Words, collect_words};
use crate::mpc::local::authenticated::low;
use crate::mpc::verified::Verified;
use crate::mpc::verified::authenticated::{Authenticated, WideWords, collect};
use crate::mpc::verified::correlation::{Correlation, Material};
use crate::mpc::verified::opening::add;

/// For whom an output is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receivers<'a> {
    /// For all parties.
    All,
    /// For these, which rise.
    Only(&'a [usize]),
}

/// An output that is masked, for all parties or for one.
struct Masked {
    /// The value's place among the outputs.
    output: usize,
    receiver: Option<usize>,
    /// Its first place in what is opened.
    start: usize,
    mask: Material,
}

impl Verified {
    /// The values, each for its receivers, in the order of `outputs`; `None` where this party is none of them. All openings since the last check are checked first; an output opens after that
    /// has succeeded at every honest party, masked, and is checked in turn.
    ///
    /// 9 rounds and 361 bytes, or 5 and 181 if there was nothing to check before; 16 bytes a word and 2 words of corrections for all parties, or 16 bytes and 4 words of corrections
    /// for each of some receivers.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidArgument`] unless receivers are parties and rise, before anything is sent; otherwise those of [`Self::check`], and no value is given. What one of the last five rounds finds
    /// comes too late to keep the outputs from parties that lie: they had all shares by then.
    pub async fn output<R: TryCryptoRng + ?Sized>(
        &mut self,
        outputs: &[(&Authenticated, Receivers<'_>)],
        rng: &mut R,
    ) -> Result<Vec<Option<Words>>> {
        self.usable()?;
        let parties = self.party.parties();
        for (_, receivers) in outputs {
            if let Receivers::Only(receivers) = receivers
                && !(receivers.is_sorted_by(|one, other| one < other)
                    && receivers.last().is_none_or(|last| *last < parties))
            {
                return Err(ErrorKind::InvalidArgument.bound(parties as u64));
            }
        }
        let (masked, shares, macs) = self.masked(outputs)?;

        if !self.record.get_mut().is_empty() {
            let drawn = self.drawn(rng);
            let commitments = self.say(&self.coin_commitment(&drawn)).await;
            self.compare(&drawn, &commitments).await;
        }

        // Who found an error sends no share; without it the others, and those who lied, have nothing.
        let drawn = self.drawn(rng);
        let commitment = self.coin_commitment(&drawn);
        let mut message = Zeroizing::new(Vec::with_capacity(16 * shares.len() + commitment.len()));
        message.extend(shares.iter().flat_map(|word| word.to_le_bytes()));
        message.extend_from_slice(&commitment);
        let mut opened = Zeroizing::new(vec![0; shares.len()]);
        let mut commitments = self.say(&message).await;
        for said in &mut commitments {
            add(said, &mut opened);
            said.drain(..16 * shares.len());
        }
        let opened = Rc::new(opened);
        self.record.get_mut().opened(Rc::clone(&opened), macs);
        self.compare(&drawn, &commitments).await;
        self.agree().await;
        self.usable()?;
        Ok(self.unmasked(outputs, &masked, &opened))
    }

    /// Masks the outputs: those for all in the upper half of their words, which would tell of the values from which they were made; those for one party altogether, by words that
    /// it knows. Shares of the masked words and of their MACs.
    fn masked(&self, outputs: &[(&Authenticated, Receivers<'_>)]) -> Result<(Vec<Masked>, WideWords, WideWords)> {
        let mut masked = Vec::new();
        let mut start = 0;
        for (output, (value, receivers)) in outputs.iter().enumerate() {
            let count = value.len();
            let mut add = |receiver, correlation| -> Result<()> {
                masked.push(Masked { output, receiver, start, mask: self.draw(correlation)? });
                start += count;
                Ok(())
            };
            match receivers {
                Receivers::All => add(None, Correlation::Masks { count })?,
                Receivers::Only(receivers) => {
                    for owner in *receivers {
                        add(Some(*owner), Correlation::Known { owner: *owner, count })?;
                    }
                }
            }
        }
        let words = |value: fn(&Authenticated) -> &[u128], mask: fn(&Material, usize) -> &[u128]| {
            let words = masked.iter().flat_map(|one| {
                let value = outputs.get(one.output).map_or(&[][..], |(shared, _)| value(shared));
                let upper = one.receiver.is_none();
                value.iter().zip(mask(&one.mask, value.len())).map(move |(value, mask)| {
                    if upper { value.wrapping_add(mask << 64) } else { value.wrapping_sub(*mask) }
                })
            });
            collect(start, words)
        };
        let shares = words(Authenticated::values, |mask, count| mask.values(0, count));
        let macs = words(Authenticated::macs, |mask, count| mask.macs(0, count));
        Ok((masked, shares, macs))
    }

    /// The outputs that are meant for this party.
    fn unmasked(
        &self,
        outputs: &[(&Authenticated, Receivers<'_>)],
        masked: &[Masked],
        opened: &[u128],
    ) -> Vec<Option<Words>> {
        let mut given: Vec<Option<Words>> = outputs.iter().map(|_| None).collect();
        for one in masked {
            let Some((value, _)) = outputs.get(one.output) else { continue };
            let words = opened.iter().skip(one.start).take(value.len());
            let words = match one.receiver {
                None => collect_words(value.len(), words.map(|word| low(*word))),
                Some(receiver) if receiver == self.party.index() => {
                    let words = words.zip(one.mask.known());
                    collect_words(value.len(), words.map(|(word, mask)| low(word.wrapping_add(*mask))))
                }
                Some(_) => continue,
            };
            if let Some(place) = given.get_mut(one.output) {
                *place = Some(words);
            }
        }
        given
    }
}
