//! The first frame of each side: version, session, key, and the proof that its owner is at this end of this connection.

use cloakwork_core::ErrorKind;
use cloakwork_core::agreement::{KEY_SIZE, PROOF_SIZE, PublicKey};
use rustls::Connection;

use crate::error::{Error, Result};
use crate::session::Session;
use crate::tls;

const VERSION: u8 = 1;
const HASH_SIZE: usize = 32;
/// Bytes of the frame; nobody who has not proven anything may send more.
pub(crate) const SIZE: u32 = 97;
const _: () = assert!(SIZE as usize == 1 + HASH_SIZE + KEY_SIZE + PROOF_SIZE);

/// What the frame of somebody says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// It is whoever has this place, in this session.
    Member(usize),
    /// It is whoever has this place, and means another session.
    OtherSession(usize),
    /// It is nobody that was waited for.
    Stranger,
}

/// The own frame for whoever has a place.
pub(crate) fn hello(session: &Session, connection: &Connection, to: usize) -> Result<Vec<u8>> {
    let invalid = || Error::InvalidSession { kind: ErrorKind::UnknownParty, peer: Some(session.peer(to)) };
    let own = session.public_key(session.index()).ok_or_else(invalid)?;
    let peer = session.public_key(to).ok_or_else(invalid)?;
    let key = session.link_key(to).ok_or_else(invalid)?;
    let exported = tls::exported(connection)?;
    let proof = key.proof(&own, &peer, session.hash(), &exported);
    let mut frame = Vec::with_capacity(SIZE as usize);
    frame.push(VERSION);
    frame.extend_from_slice(session.hash());
    frame.extend_from_slice(own.as_bytes());
    frame.extend_from_slice(&proof);
    Ok(frame)
}

/// Who sent a frame.
pub(crate) fn read(session: &Session, connection: &Connection, body: &[u8]) -> Result<Greeting> {
    let Some((&version, rest)) = body.split_first() else { return Ok(Greeting::Stranger) };
    let Some((named, rest)) = rest.split_first_chunk::<HASH_SIZE>() else { return Ok(Greeting::Stranger) };
    let Some((key, rest)) = rest.split_first_chunk::<KEY_SIZE>() else { return Ok(Greeting::Stranger) };
    let (Ok(proof), VERSION) = (<&[u8; PROOF_SIZE]>::try_from(rest), version) else { return Ok(Greeting::Stranger) };
    let from = PublicKey::from_bytes(*key);
    let Some(place) = session.place_of(&from) else { return Ok(Greeting::Stranger) };
    let (Some(link), Some(own)) = (session.link_key(place), session.public_key(session.index())) else {
        return Ok(Greeting::Stranger);
    };
    let exported = tls::exported(connection)?;
    if link.verify(&from, &own, named, &exported, proof).is_err() {
        return Ok(Greeting::Stranger);
    }
    Ok(if named == session.hash() { Greeting::Member(place) } else { Greeting::OtherSession(place) })
}

#[cfg(test)]
mod tests {
    use cloakwork_core::agreement::Identity;

    use super::*;
    use crate::session::Member;
    use crate::tls::Tls;

    fn identity(number: u8) -> Identity {
        Identity::from_bytes(&core::array::from_fn(|place| u8::try_from(place).unwrap() + number)).unwrap()
    }

    fn session(own: u8, name: &[u8]) -> Session {
        let member = |number| Member { key: identity(number).public_key(), address: String::new() };
        Session::new(&identity(own), vec![member(0), member(1), member(2)], name).unwrap()
    }

    /// The two ends of a connection whose handshake is over.
    fn connected() -> (Connection, Connection) {
        let (mut client, mut server) = (Tls::new().unwrap().dial().unwrap(), Tls::new().unwrap().accept().unwrap());
        while client.is_handshaking() || server.is_handshaking() {
            carry(&mut client, &mut server);
            carry(&mut server, &mut client);
        }
        (client, server)
    }

    fn carry(from: &mut Connection, to: &mut Connection) {
        let mut bytes = Vec::new();
        while from.wants_write() {
            from.write_tls(&mut bytes).unwrap();
        }
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            to.read_tls(&mut rest).unwrap();
            to.process_new_packets().unwrap();
        }
    }

    #[test]
    fn a_party_is_known_by_its_proof() {
        let (client, server) = connected();
        let (first, second) = (session(0, b"x"), session(1, b"x"));
        let frame = hello(&second, &client, 0).unwrap();
        assert_eq!(frame.len(), SIZE as usize);
        assert_eq!(read(&first, &server, &frame).unwrap(), Greeting::Member(1));
        // It is meant for one party alone.
        assert_eq!(read(&session(2, b"x"), &server, &frame).unwrap(), Greeting::Stranger);
        assert_eq!(read(&session(0, b"y"), &server, &frame).unwrap(), Greeting::OtherSession(1));
        // Sent back.
        assert_eq!(read(&second, &server, &frame).unwrap(), Greeting::Stranger);
    }

    #[test]
    fn a_relay_between_two_connections_proves_nothing() {
        // In the middle sits somebody who speaks TLS with both sides and hands on what is inside.
        let ((client, _), (_, server)) = (connected(), connected());
        let frame = hello(&session(1, b"x"), &client, 0).unwrap();
        assert_eq!(read(&session(0, b"x"), &server, &frame).unwrap(), Greeting::Stranger);
    }

    #[test]
    fn every_bit_of_the_frame_counts() {
        let (client, server) = connected();
        let (first, second) = (session(0, b"x"), session(1, b"x"));
        let frame = hello(&second, &client, 0).unwrap();
        for bit in 0..8 * frame.len() {
            let mut altered = frame.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&first, &server, &altered).unwrap(), Greeting::Stranger, "bit {bit}");
        }
        for length in 0..frame.len() {
            assert_eq!(read(&first, &server, &frame[..length]).unwrap(), Greeting::Stranger);
        }
    }
}
