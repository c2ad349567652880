//! The check of all openings since the last one (docs/mpc.md section 16; SPDZ2k, section 3).
//!
//! Each message of a check begins with a byte that says whether its sender goes on. Who has found something wrong sends zeros after it from then on, for as many rounds as the
//! check has, so that everybody learns of it and nobody waits.

use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use crate::ct;
use crate::error::{Error, ErrorKind, Result};
use crate::kdf::{self, HASH_SIZE};
use crate::mpc::engine::{Content, Outgoing};
use crate::mpc::verified::Verified;
use crate::mpc::verified::opening::{Record, add};
use crate::random;

/// What each party sent, by party, without its first byte; the own place too.
pub(super) type Said = Vec<Zeroizing<Vec<u8>>>;

/// The first byte of the message of a party that goes on. Any other stops the session.
const GOES_ON: u8 = 0;
const STOPS: u8 = 1;

/// Bytes of a party's difference, and of what hides it until all have committed themselves.
const DIFFERENCE_SIZE: usize = 16;
const NONCE_SIZE: usize = 32;

/// What a party draws for a check: its part of the coin, and what hides its difference until all have committed to theirs.
pub(super) struct Drawn {
    coin: Zeroizing<[u8; HASH_SIZE]>,
    nonce: Zeroizing<[u8; NONCE_SIZE]>,
}

impl Verified {
    /// Checks all that was opened and announced since the last check: 5 rounds, 181 bytes; none if there was nothing. For programs that open much before their outputs: what a check has seen is
    /// forgotten, 32 bytes an opened word.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotAuthentic`] if something opened does not belong to its MAC, or parties did not see the same; with a party, if that did not send what it had committed itself to.
    /// [`ErrorKind::Stopped`] with the party that found an error. [`ErrorKind::Randomness`] if the generator fails. Each of them ends the session.
    pub async fn check<R: TryCryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<()> {
        self.usable()?;
        if !self.record.get_mut().is_empty() {
            let drawn = self.drawn(rng);
            let commitments = self.say(&self.coin_commitment(&drawn)).await;
            self.compare(&drawn, &commitments).await;
            self.agree().await;
        }
        self.usable()
    }

    /// The last round: whether all parties found everything right. It makes an error known to those that did not find it themselves.
    pub(super) async fn agree(&mut self) {
        self.say(&[]).await;
    }

    /// Draws what a check needs. Without it this party stops.
    pub(super) fn drawn<R: TryCryptoRng + ?Sized>(&mut self, rng: &mut R) -> Drawn {
        let mut drawn = Drawn { coin: Zeroizing::new([0; HASH_SIZE]), nonce: Zeroizing::new([0; NONCE_SIZE]) };
        let filled = random::fill(rng, &mut *drawn.coin).and_then(|()| random::fill(rng, &mut *drawn.nonce));
        if let Err(error) = filled {
            self.fail(error);
        }
        drawn
    }

    /// A commitment to the own part of the coin. It is drawn uniformly from 2^256 strings, so its hash alone hides it.
    pub(super) fn coin_commitment(&self, drawn: &Drawn) -> [u8; HASH_SIZE] {
        self.commitment("verified coin", self.party.index(), &drawn.coin[..])
    }

    /// Sends bytes to everybody and gets as many from each; the engine takes no other number. A party that stops sends zeros instead.
    pub(super) async fn say(&mut self, bytes: &[u8]) -> Said {
        let stops = self.failure.is_some();
        let mut message = Vec::with_capacity(1 + bytes.len());
        message.push(if stops { STOPS } else { GOES_ON });
        message.extend(bytes.iter().map(|byte| if stops { 0 } else { *byte }));
        let received = self.party.broadcast(Content::Other, Outgoing::All(message)).await;
        let mut said: Said = received.iter().map(|message| Zeroizing::new(message.to_vec())).collect();
        for (party, message) in said.iter_mut().enumerate() {
            if party == self.party.index() {
                message.extend_from_slice(bytes);
                continue;
            }
            if message.first() != Some(&GOES_ON) {
                self.fail(ErrorKind::Stopped.party(party as u64));
            }
            message.drain(..1);
        }
        said
    }

    /// Ends the session, for the first reason that there is.
    pub(super) fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }

    /// The check proper, after all have committed themselves to parts of a coin: 3 rounds, 147 bytes. A new record begins.
    pub(super) async fn compare(&mut self, drawn: &Drawn, commitments: &Said) {
        let record = core::mem::replace(self.record.get_mut(), Record::new(self.checks + 1));

        // What is checked is fixed at all parties before anybody knows a coefficient.
        let mut opened = drawn.coin.to_vec();
        let digest = record.digest(commitments);
        opened.extend_from_slice(&digest);
        let coins = self.say(&opened).await;
        let mut parts: Vec<&[u8]> = Vec::with_capacity(coins.len());
        for (party, (said, commitment)) in coins.iter().zip(commitments).enumerate() {
            let (coin, theirs) = said.split_at(HASH_SIZE.min(said.len()));
            self.hold(party, commitment, &self.commitment("verified coin", party, coin));
            if !ct::eq(theirs, &digest) {
                self.fail(ErrorKind::NotAuthentic.into());
            }
            parts.push(coin);
        }

        let mut own = Zeroizing::new(Vec::with_capacity(DIFFERENCE_SIZE + NONCE_SIZE));
        if self.failure.is_none() {
            match record.difference(self.key.word(), &kdf::hash("verified coefficients", &parts)) {
                Ok(difference) => own.extend_from_slice(&difference.to_le_bytes()),
                Err(error) => self.fail(error),
            }
        }
        own.resize(DIFFERENCE_SIZE, 0);
        own.extend_from_slice(&*drawn.nonce);
        let hidden = self.commitment("verified difference", self.party.index(), &own);
        let commitments = self.say(&hidden).await;
        let differences = self.say(&own).await;
        let mut sum = [0];
        for (party, (said, commitment)) in differences.iter().zip(&commitments).enumerate() {
            self.hold(party, commitment, &self.commitment("verified difference", party, said));
            add(said, &mut sum);
        }
        if sum != [0] {
            self.fail(ErrorKind::NotAuthentic.into());
        }
        self.checks += 1;
    }

    /// The hash by which a party commits itself. It holds the party and the number of the check, so no commitment serves twice or for another.
    fn commitment(&self, label: &str, party: usize, content: &[u8]) -> [u8; HASH_SIZE] {
        kdf::hash(label, &[&self.checks.to_le_bytes(), &(party as u64).to_le_bytes(), content])
    }

    /// Holds a party to its commitment.
    fn hold(&mut self, party: usize, commitment: &[u8], found: &[u8; HASH_SIZE]) {
        if !ct::eq(commitment, found) {
            self.fail(ErrorKind::NotAuthentic.party(party as u64));
        }
    }
}
