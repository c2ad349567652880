//! A mesh of TLS 1.3 connections between the parties of a multi-party computation, over which a [`cloakwork_core::mpc::engine::Engine`] runs.
//!
//! Every party knows every other one's static key and address. Whoever comes later in the list connects to those before it. TLS encrypts with keys made
//! for the session; after its handshake each side proves, over what TLS exports for this one connection, that it holds the static key that the other side
//! pinned and that it means the same session ([`cloakwork_core::agreement::LinkKey`]). There is no certificate and no authority.
//!
//! A [`Dealer`] is a process of its own, which the parties call and which calls nobody. It gives each party a seed and one of them corrections; no message of a round
//! goes to it.
//!
//! One thread, no runtime: everything happens within the calls of [`Mesh`] and [`Dealer`], and every call has a limit. Whoever fails says so to the others; whoever
//! falls silent is named when its time has passed.

#![forbid(unsafe_code)]
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "there is an operating system")]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::unwrap_in_result,
        clippy::panic,
        clippy::integer_division_remainder_used,
        reason = "tests"
    )
)]

mod connect;
mod dealer;
mod dealer_link;
mod ending;
mod error;
mod frame;
mod handshake;
mod limits;
mod link;
mod mesh;
mod peer;
mod session;
mod tls;
mod waiting;

pub use dealer::Dealer;
pub use error::{Error, Result};
pub use limits::Limits;
pub use mesh::{Mesh, Traffic};
pub use peer::Peer;
pub use session::{Member, Session};
