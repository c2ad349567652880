//! What the tests of the protocol share: a run with one server and n clients in one process, a hostile network between them, a
//! generator whose every draw is fixed, and a reader and writer of CBOR that shares no code with the core.
//!
//! Test programs include this module and use a part of it.
#![allow(dead_code, unreachable_pub, reason = "a program may use a part")]

pub mod attacker;
pub mod cbor;
pub mod input;
pub mod model;
pub mod random;
pub mod setting;
pub mod simulation;
pub mod vectors;
