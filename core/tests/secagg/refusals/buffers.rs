//! Buffers that are too small: the size that is needed is said, nothing is written, nothing changes, and exactly that size suffices.

use cloakwork_core::ErrorKind;
use cloakwork_core::Result;
use cloakwork_core::secagg::{Client, Kind, RunConfig, Values};

use super::place::{MEMBER, Place};
use crate::support::input::Column;
use crate::support::random::Generator;
use crate::support::setting::{Setting, roster_of, secrets};
use crate::support::simulation::saved;

/// Tries a call with every size up to the one that suffices.
fn every_size(place: &Place, client: &mut Client<4>, mut call: impl FnMut(&mut Client<4>, &mut [u8]) -> Result<usize>) {
    let before = saved(client);
    let mut size = 0;
    loop {
        let mut out = vec![0xee; size];
        match call(client, &mut out) {
            Ok(written) => {
                assert_eq!(written, size, "{:?}", place.kind);
                assert_ne!(saved(client), before, "{:?}", place.kind);
                return;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::BufferTooSmall, "{:?}: {error}", place.kind);
                assert!(out.iter().all(|&byte| byte == 0xee), "{:?}: nothing is written", place.kind);
                assert_eq!(saved(client), before, "{:?}", place.kind);
                let needed = usize::try_from(error.bound().unwrap()).unwrap();
                assert!(needed > size);
                size = if size == 0 {
                    1
                } else if size == 1 {
                    needed - 1
                } else {
                    needed
                };
            }
        }
    }
}

#[test]
fn answers_of_clients() {
    for kind in [Kind::Invite, Kind::Keys, Kind::Survivors, Kind::Open] {
        let place = Place::at(kind);
        let mut client = place.simulation.twin(MEMBER);
        every_size(&place, &mut client, |client, out| match kind {
            Kind::Invite => client.advertise(&place.message, &mut Generator::new("fresh"), out),
            Kind::Keys => client.confirm(&place.message, out),
            Kind::Survivors => client.acknowledge(&place.message, out),
            _ => client.unmask(&place.message, out),
        });
        place.complete();
    }
}

#[test]
fn contributions() {
    let place = Place::at(Kind::Begin);
    let mut client = place.simulation.twin(MEMBER);
    client.begin(&place.message, &place.simulation.context).unwrap();
    let values: Vec<Values<'_>> = place.simulation.inputs[MEMBER].iter().map(Column::values).collect();
    every_size(&place, &mut client, |client, out| client.mask(&mut Generator::new("masks"), &values, out));

    let mut client = place.simulation.twin(MEMBER);
    client.begin(&place.message, &place.simulation.context).unwrap();
    let before = saved(&client);
    let head = client.masked_head_size().unwrap();
    for size in [0, 1, head - 1] {
        let mut out = vec![0xee; size];
        let error = client.mask_begin(&mut Generator::new("masks"), &mut out).unwrap_err();
        assert_eq!((error.kind(), error.bound()), (ErrorKind::BufferTooSmall, Some(head as u64)));
        assert!(out.iter().all(|&byte| byte == 0xee));
        assert_eq!(saved(&client), before);
    }
    assert_eq!(client.mask_begin(&mut Generator::new("masks"), &mut vec![0; head]), Ok(head));
    place.complete();
}

#[test]
fn saved_states() {
    for place in Place::all() {
        let client = &place.simulation.clients[MEMBER];
        let state = saved(client);
        assert!(state.len() <= client.saved_size_limit());
        for size in [0, 1, state.len() - 1] {
            let mut out = vec![0xee; size];
            let error = client.save(&mut out).unwrap_err();
            assert_eq!((error.kind(), error.bound()), (ErrorKind::BufferTooSmall, Some(state.len() as u64)));
            assert!(out.iter().all(|&byte| byte == 0xee), "no secret is written");
        }
        let mut out = vec![0; state.len()];
        assert_eq!(client.save(&mut out), Ok(state.len()));
        assert_eq!(out, state);
    }
}

#[test]
fn run_descriptions() {
    let roster = roster_of(&secrets(&mut Generator::new("description"), 4));
    let config: RunConfig = Setting::complete(4, 2).config(&roster);
    let mut whole = [0; cloakwork_core::secagg::MAX_DESCRIPTION_SIZE];
    let needed = config.encode(&mut whole).unwrap();
    for size in [0, 1, needed - 1] {
        let mut out = vec![0xee; size];
        let error = config.encode(&mut out).unwrap_err();
        assert_eq!((error.kind(), error.bound()), (ErrorKind::BufferTooSmall, Some(needed as u64)));
        assert!(out.iter().all(|&byte| byte == 0xee));
    }
    assert_eq!(config.encode(&mut vec![0; needed]), Ok(needed));
}
