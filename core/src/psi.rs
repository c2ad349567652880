//! Private set intersection: n parties learn which items all their sets hold, or how many, and nothing else (docs/psi.md).
//!
//! The first party leads. Its items go round all others, encrypted by exponents on ristretto255, and come back as values of every other party's secret function; what a party
//! holds says whether a value belongs to one of its items, as a share of zero, so that only items that all parties hold show. Two parties are a case of it. All parties
//! follow the protocol; it does no I/O: a [`Session`] takes and gives bytes, and its exponentiations are done in pieces, by as many threads as the host likes.
//!
//! Exponents are used in constant time. Items and what they become are sorted and looked up, in a time that depends on them: these functions say `_vartime`.
//!
//! The messages must reach the other party unread and unchanged by anybody else.

mod agreement;
mod follower;
mod items;
mod leader;
mod list;
mod outcome;
mod session;
mod sharing;
mod table;
mod work;

pub use agreement::{MAX_ITEMS, MAX_PARTIES, Output, Setting};
pub use outcome::Outcome;
pub use session::Session;
pub use work::Piece;
