//! What a party computes by itself between two openings: on slices of its caller, without allocator, in constant time.
//!
//! Bits are packed 64 to a word, the first in the lowest place; what stands beyond the last one is unspecified. `first` says whether this is party 0,
//! which alone adds what is public.

pub mod authenticated;
pub mod bits;
pub mod comparison;
pub mod network;
pub mod product;
pub mod truncation;
