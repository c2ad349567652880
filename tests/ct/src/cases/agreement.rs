//! Identities, pair keys and what is derived from them, channels.

use crate::Case;
use crate::generator::SecretGenerator;
use crate::secret::{is_secret, publish, revealed, secret};
use cloakwork_core::agreement::{
    ChannelKey, Direction, FreshKey, Identity, PairKey, Party, Peer, PublicKey, Request, Side,
};

/// The cases of this file.
pub const CASES: &[Case] = &[
    ("agreement: generate and restore an identity", identities),
    ("agreement: pair key, tags and acknowledgements", pair),
    ("seal: encrypt and decrypt a share", seal),
    ("agreement: channel key and MAC", channel),
];

/// A key pair whose public half is public.
pub fn identity(seed: u64) -> Identity {
    let mut identity = Identity::generate(&mut SecretGenerator::new(seed)).expect("a generator that does not fail");
    publish(&mut identity, |identity| *identity.public_key().as_bytes());
    identity
}

fn fresh(seed: u64) -> FreshKey {
    let mut fresh = FreshKey::generate(&mut SecretGenerator::new(seed)).expect("a generator that does not fail");
    publish(&mut fresh, |fresh| *fresh.public_key().as_bytes());
    fresh
}

fn identities() {
    let first = identity(1);
    let bytes = first.to_bytes();
    assert!(is_secret(&*bytes));
    let again = Identity::from_bytes(&bytes).expect("not constant");
    assert_eq!(revealed(*again.public_key().as_bytes()), *first.public_key().as_bytes());
}

/// The pair keys of two parties, from either side.
fn pair_keys() -> (PairKey, PairKey) {
    let (first, second) = ((identity(2), fresh(3)), (identity(4), fresh(5)));
    let agree = |own: &(Identity, FreshKey), own_number: u32, peer: &(Identity, FreshKey), peer_number: u32| {
        let (key, fresh): (PublicKey, PublicKey) = (peer.0.public_key(), peer.1.public_key());
        let own = Party { id: own_number.into(), position: own_number, identity: &own.0, fresh: &own.1 };
        let peer = Peer { id: peer_number.into(), position: peer_number, key: &key, fresh: &fresh };
        PairKey::agree(&[9; 32], &own, &peer).expect("honest keys")
    };
    (agree(&first, 0, &second, 1), agree(&second, 1, &first, 0))
}

fn pair() {
    let (first, second) = pair_keys();
    assert_eq!(revealed(first.confirmation_tag(0, 1, 7)), revealed(second.confirmation_tag(0, 1, 7)));
    let acknowledgement = |key: &PairKey| revealed(key.acknowledgement(0, 1, 3, &[4; 32], &[5; 32]));
    assert_eq!(acknowledgement(&first), acknowledgement(&second));
}

fn seal() {
    let (first, second) = pair_keys();
    let key = |pair: &PairKey| pair.share_key(0, 1, 2, 3, &[4; 32], &[5; 16]);
    let sealed = revealed(key(&first).seal(&secret([6; 32])).expect("short"));
    let opened = key(&second).open(&sealed).expect("authentic");
    assert_eq!(revealed(*opened), [6; 32]);
}

fn channel() {
    let (client, server) = (identity(6), identity(7));
    let request = Request {
        direction: Direction::Request,
        method: b"POST",
        path: b"/runs",
        query: b"",
        body_hash: &[8; 32],
        run: None,
        counter: 9,
    };
    let mac = ChannelKey::new(&client, Side::Client, &server.public_key()).and_then(|key| key.mac(&request));
    let mac = revealed(mac.expect("honest keys"));
    ChannelKey::new(&server, Side::Server, &client.public_key())
        .and_then(|key| key.verify(&request, &mac))
        .expect("authentic");
}
