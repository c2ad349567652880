//! Secure aggregation: a server learns the sum of its clients' vectors and nothing else.
//!
//! The protocol follows Bonawitz et al. (CCS 2017) and Bell et al. (CCS 2020) with three changes, argued in
//! `docs/threat-model.md`: keys are agreed once a run and every round derives its own masks from them; long-term keys are never
//! shared, so a dropout costs one round key and nothing else; and clients open a round only for a set that enough of
//! their neighbours acknowledged, so that a malicious server learns one sum a round.
//!
//! Both sides are state machines without I/O: they take the bytes of a message and return the bytes of the answer. The bytes are those of
//! `docs/protocol.md`. [`Client`] needs no allocator; [`Server`] does.

mod client;
mod codec;
mod graph;
#[cfg(feature = "noise")]
mod mechanism;
mod member_set;
mod message;
mod plan;
mod roster;
mod run;
mod segment;
#[cfg(feature = "alloc")]
mod server;

pub use client::{Client, ClientState, Values};
pub use graph::Graph;
pub use member_set::MemberSet;
pub use message::{Kind, kind_of};
pub use plan::{Adversary, Plan, plan};
pub use roster::{MEMBER_SIZE, Member, RosterBytes, RosterSource, roster_hash};
pub use run::{Limits, MAX_DESCRIPTION_SIZE, MAX_LIMIT_SECONDS, MAX_MEMBERS, MAX_SEGMENTS, Mode, Run, RunConfig};
pub use segment::{Encoding, MAX_LABEL, MAX_SEGMENT_LENGTH, Segment};
#[cfg(feature = "alloc")]
pub use server::{Opening, Receipt, Server, Step};
