//! A device that takes part in a run.
//!
//! Its identity, its values and what pins the run are in its provisioning. Every request, every MAC and every check is made here; the gateway at the other end of
//! the line carries bytes, and learns no more than the server.
#![no_std]
#![no_main]

mod board;
mod clock;
mod failure;
mod line;
mod member;
mod panic;
mod provision;
mod server;
mod text;
mod vectors;

use cloakwork_core::agreement::Identity;

use crate::failure::Failure;
use crate::line::Told;
use crate::member::{Membership, Room, message_buffer, tell_last};
use crate::provision::PROVISION;
use crate::server::Server;

#[cortex_m_rt::entry]
fn main() -> ! {
    board::mask_interrupts();
    board::start();
    match take_part() {
        Ok(()) => tell_last(Told::Closed, 0, Failure(0), 0),
        Err((failure, kind)) => tell_last(Told::Stopped, kind, failure, 0),
    }
    loop {
        board::sleep();
    }
}

fn take_part() -> Result<(), (Failure, u8)> {
    let mut message = message_buffer();
    let (identity, server) = open().map_err(nowhere)?;
    // It is made here, where it stays: the stack has no room for two.
    let mut client = Room::unjoined(identity);
    Membership::join(&mut client, server, &mut message).map_err(nowhere)?.serve(&mut message)
}

/// A failure that is about no message.
const fn nowhere(failure: Failure) -> (Failure, u8) {
    (failure, 0)
}

fn open() -> Result<(Identity, Server), Failure> {
    if !PROVISION.is_written() {
        return Err(Failure::CONFIGURATION);
    }
    let identity = Identity::from_bytes(&PROVISION.secret)?;
    let server = Server::open(&identity)?;
    line::give(line::HELLO, &[identity.public_key().as_bytes()]);
    line::go()?;
    Ok((identity, server))
}
