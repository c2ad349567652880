//! Clients through set-up and two rounds, the first with a dropout; every message is revealed on its way, as on a wire.

use crate::Case;
use crate::cases::agreement::identity;
use crate::generator::SecretGenerator;
use crate::secret::{is_secret, reveal, secret};
use cloakwork_core::prg::Suite;
use cloakwork_core::secagg::{
    Client, Encoding, Limits, MAX_DESCRIPTION_SIZE, Member, Mode, Run, RunConfig, Segment, Server, Step, Values,
    roster_hash,
};

/// The cases of this file.
pub const CASES: &[Case] = &[
    ("secagg: rounds of clients with suite 1, one drops out", || rounds(Suite::ChaCha20)),
    ("secagg: rounds of clients with suite 2, one drops out", || rounds(Suite::Aes128Ctr)),
];

const MEMBERS: usize = 5;
const CONTEXT: [u8; 32] = [3; 32];

struct Party {
    client: Client<{ MEMBERS - 1 }>,
    generator: SecretGenerator,
}

impl Party {
    /// What `call` writes, made public.
    fn answer(
        &mut self,
        call: impl FnOnce(&mut Client<{ MEMBERS - 1 }>, &mut SecretGenerator, &mut [u8]) -> cloakwork_core::Result<usize>,
    ) -> Vec<u8> {
        let mut out = vec![0; 4096];
        let written = call(&mut self.client, &mut self.generator, &mut out).expect("honest");
        out.truncate(written);
        // Heads and bitmaps are public from the beginning; an answer without a secret in it says nothing that has to be revealed.
        if is_secret(&out) {
            reveal(&mut out);
        }
        out
    }
}

fn rounds(suite: Suite) {
    let (mut server, mut parties) = run(suite);
    server.invite().expect("idle");
    for party in &mut parties {
        let invite = due(&server, party);
        let answer = party.answer(|client, generator, out| client.advertise(&invite, generator, out));
        server.receive(party.client.id(), &answer).expect("honest");
    }
    let keys: Vec<Vec<u8>> = parties.iter().map(|party| due(&server, party)).collect();
    for (party, keys) in parties.iter_mut().zip(keys) {
        let answer = party.answer(|client, _, out| client.confirm(&keys, out));
        server.receive(party.client.id(), &answer).expect("honest");
    }
    for party in &mut parties {
        let confirmations = due(&server, party);
        // That a tag does not verify is public, so the number of those is.
        let mut unconfirmed = [party.client.accept(&confirmations).expect("honest")];
        reveal(&mut unconfirmed);
        assert_eq!(unconfirmed, [0]);
    }
    for survivors in [MEMBERS - 1, MEMBERS] {
        round(&mut server, &mut parties, survivors);
    }
}

/// A round of which the first `survivors` members see the end.
fn round(server: &mut Server, parties: &mut [Party], survivors: usize) {
    server.begin(None, &CONTEXT).expect("ready");
    let mut payloads = Vec::new();
    for (number, party) in parties.iter_mut().enumerate() {
        let begin = due(server, party);
        party.client.begin(&begin, &CONTEXT).expect("honest");
        if number >= survivors {
            continue;
        }
        let doubles = secret([0.5, -1.25, 3.0]);
        let integers = secret([number as i64, -7]);
        let residues = secret([1u128 << 90]);
        let values = [Values::F64(&doubles), Values::I64(&integers), Values::U128(&residues)];
        let answer = party.answer(|client, generator, out| client.mask(generator, &values, out));
        let receipt = server.receive(party.client.id(), &answer).expect("honest");
        payloads.push(answer[receipt.payload.expect("masked")].to_vec());
    }
    let parties = &mut parties[..survivors];
    if survivors < MEMBERS {
        server.close_step().expect("masking");
        let messages: Vec<Vec<u8>> = parties.iter().map(|party| due(server, party)).collect();
        for (party, message) in parties.iter_mut().zip(messages) {
            let answer = party.answer(|client, _, out| client.acknowledge(&message, out));
            server.receive(party.client.id(), &answer).expect("honest");
        }
    }
    let messages: Vec<Vec<u8>> = parties.iter().map(|party| due(server, party)).collect();
    for (party, message) in parties.iter_mut().zip(messages) {
        let answer = party.answer(|client, _, out| client.unmask(&message, out));
        server.receive(party.client.id(), &answer).expect("honest");
    }
    assert_eq!(server.step(), Step::Sum);
    let payloads: Vec<&[u8]> = payloads.iter().map(|payload| &payload[..]).collect();
    let opening = server.opening().expect("the sum is due");
    let sum: Vec<u32> = opening.sum(0, &payloads).expect("masks that cancel");
    // 3.0 with 8 fraction bits, from each survivor.
    assert_eq!(sum[2], 768 * survivors as u32);
    server.finish(None).expect("the sum is due");
    for party in parties {
        save_and_restore(party);
        let finished = due(server, party);
        assert_eq!(party.client.finish(&finished).expect("honest"), 0);
    }
}

/// A saved state is secret; what is restored saves the same.
fn save_and_restore(party: &Party) {
    let mut first = vec![0; party.client.saved_size_limit()];
    let written = party.client.save(&mut first).expect("not masking");
    first.truncate(written);
    reveal(&mut first);
    assert!(first.len() > 4 * 32);
}

fn due(server: &Server, party: &Party) -> Vec<u8> {
    server.message(party.client.id()).expect("a member").expect("due")
}

fn run(suite: Suite) -> (Server, Vec<Party>) {
    let identities: Vec<_> = (0..MEMBERS as u64).map(|number| identity(100 + number)).collect();
    let roster: Vec<Member> =
        identities.iter().zip(1..).map(|(identity, id)| Member { id, key: identity.public_key() }).collect();
    let segments = [
        ("values", 20, 3, Encoding::FixedPoint { fraction: 8 }),
        ("weight", 40, 2, Encoding::FixedPoint { fraction: 0 }),
        ("wide", 100, 1, Encoding::Residues),
    ];
    let config = RunConfig {
        run_id: [1; 16],
        suite,
        mode: Mode::Recovery,
        members: MEMBERS as u32,
        roster_hash: roster_hash(&mut roster.as_slice(), MEMBERS as u32).expect("sorted"),
        degree: 0,
        beacon: [0; 32],
        threshold: 3,
        min_inputs: 3,
        colluders: 1,
        max_passes: 3,
        max_rounds: 4,
        limits: Limits { setup: 60, step: 60 },
        segments: segments
            .into_iter()
            .map(|(label, bits, length, encoding)| Segment::new(label, bits, length, encoding).expect("valid"))
            .collect(),
        mechanism: None,
        settings_hash: [2; 32],
    };
    let mut description = vec![0; MAX_DESCRIPTION_SIZE];
    let written = config.encode(&mut description).expect("valid");
    let run = Run::decode(&description[..written]).expect("just encoded");
    let parties = identities
        .into_iter()
        .zip(1..)
        .map(|(identity, seed)| Party {
            client: Client::new(identity, run.clone(), roster.as_slice()).expect("a member"),
            generator: SecretGenerator::new(seed),
        })
        .collect();
    (Server::new(run, roster).expect("the roster of the run"), parties)
}
