//! Correlated randomness that the parties make themselves, without a dealer, by oblivious transfer between every two of them (docs/mpc.md section 13).
//!
//! A [`Generator`] is to the making what an engine is to the protocols: it takes and gives messages, and ends when there is nothing to do. The programs that use what it
//! makes run on engines of their own, each with the [`Source`] that [`Generator::begin`] gives, and neither their rounds nor their bytes differ from those with a
//! dealer. Any number of parties, all of whom follow the protocol; it holds against n - 1 of them together.
//!
//! The messages must reach the other party unread and unchanged by anybody else.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::mpc::correlation::Words;

mod base;
mod bits;
mod extension;
mod form;
mod generator;
mod kept;
mod make;
mod masks;
mod matrix;
mod meeting;
mod peers;
mod robust;
mod store;
mod transpose;
mod tree;

pub use generator::Generator;
pub use kept::{BaseExchange, BaseTransfers, MAX_SESSIONS};
pub use store::Source;

/// Secret words, of which there are `count`: a vector that grows would leave copies behind.
fn words(count: usize, words: impl Iterator<Item = u64>) -> Words {
    let mut out = Zeroizing::new(Vec::with_capacity(count));
    out.extend(words.take(count));
    out
}
