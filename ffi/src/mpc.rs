//! Multi-party computation: one party's side of it, and the dealer of one program.

pub mod dealer;
pub mod opening;
pub mod operation;
pub mod rounds;
pub mod session;

mod alone;
mod drawn;
