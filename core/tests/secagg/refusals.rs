//! Refusals: every check of protocol.md section 7, on both sides, gives its number, names the party where one is to blame, and leaves
//! the state unchanged; the message that was due is accepted afterwards and the round ends with its sum.

mod buffers;
mod client;
mod encodings;
mod order;
mod place;
mod server;
mod values;
mod witnesses;
