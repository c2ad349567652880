//! The line to the gateway: frames of a kind, a length and as many bytes, as `c/line.h` describes them.

use crate::{board, clock};

pub(crate) const HELLO: u8 = 1;
pub(crate) const BODY: u8 = 2;
pub(crate) const REQUEST: u8 = 3;
pub(crate) const READ: u8 = 4;
pub(crate) const TOLD: u8 = 5;
pub(crate) const MEASURED: u8 = 6;
pub(crate) const ANSWER: u8 = 65;
pub(crate) const DATA: u8 = 66;
const GO: u8 = 67;

/// What the device tells.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Told {
    Message = 1,
    Finished = 2,
    Refused = 3,
    Late = 4,
    Closed = 5,
    Stopped = 6,
}

/// The line is silent, or what came is not what was waited for.
#[derive(Debug)]
pub(crate) struct Broken;

/// Sends a frame, in parts.
pub(crate) fn give(kind: u8, parts: &[&[u8]]) {
    let length = parts.iter().fold(0, |length, part| length + part.len()) as u16;
    clock::pause();
    board::send(kind);
    for part in [&length.to_le_bytes()].into_iter().map(<[u8; 2]>::as_slice).chain(parts.iter().copied()) {
        part.iter().copied().for_each(board::send);
    }
    clock::resume();
}

/// Takes a frame of this kind and exactly this length.
pub(crate) fn take(kind: u8, out: &mut [u8]) -> Result<(), Broken> {
    clock::pause();
    let taken = take_bytes(kind, out);
    clock::resume();
    taken
}

fn take_bytes(kind: u8, out: &mut [u8]) -> Result<(), Broken> {
    let mut head = [0; 3];
    fill(&mut head)?;
    let [found, length @ ..] = head;
    if found != kind || usize::from(u16::from_le_bytes(length)) != out.len() {
        return Err(Broken);
    }
    fill(out)
}

fn fill(out: &mut [u8]) -> Result<(), Broken> {
    for byte in out {
        *byte = board::receive().ok_or(Broken)?;
    }
    Ok(())
}

/// Waits until the gateway lets the device go on.
pub(crate) fn go() -> Result<(), Broken> {
    take(GO, &mut [])
}
