//! A client of ten with 10,000 parameters, and its server: set-up, contribution, unmasking.

use crate::count;
use crate::generator::Generator;
use cloakwork_core::agreement::Identity;
use cloakwork_core::prg::Suite;
use cloakwork_core::secagg::{
    Client, Encoding, Limits, MAX_DESCRIPTION_SIZE, Member, Mode, Run, RunConfig, Segment, Server, Values, roster_hash,
};

const MEMBERS: usize = 10;
const LENGTH: usize = 10_000;
const CONTEXT: [u8; 32] = [3; 32];

type Party = Client<{ MEMBERS - 1 }>;

/// Counts the cases of this file.
pub fn count_all() {
    for (name, suite) in [("ChaCha20", Suite::ChaCha20), ("AES-128-CTR", Suite::Aes128Ctr)] {
        count_run(name, suite);
    }
}

fn count_run(name: &str, suite: Suite) {
    let (mut server, mut clients) = run(suite);
    let mut rng = Generator::new(2);
    let mut out = vec![0; 64 * 1024];
    server.invite().expect("idle");
    for client in &mut clients {
        let invite = due(&server, client);
        let written = client.advertise(&invite, &mut rng, &mut out).expect("honest");
        server.receive(client.id(), &out[..written]).expect("honest");
    }
    let keys: Vec<Vec<u8>> = clients.iter().map(|client| due(&server, client)).collect();
    for (number, (client, keys)) in clients.iter_mut().zip(keys).enumerate() {
        let mut confirm = || client.confirm(&keys, &mut out).expect("honest");
        let counted = number == 0 && suite == Suite::ChaCha20;
        let written = if counted { count("client: agree with 9 neighbours", confirm) } else { confirm() };
        server.receive(client.id(), &out[..written]).expect("honest");
    }
    for client in &mut clients {
        let confirmations = due(&server, client);
        client.accept(&confirmations).expect("honest");
    }
    server.begin(None, &CONTEXT).expect("ready");
    let values: Vec<f64> = (0..LENGTH).map(|number| (number % 601) as f64 / 16.0 - 18.7).collect();
    let mut payloads = Vec::new();
    for (number, client) in clients.iter_mut().enumerate() {
        let begin = due(&server, client);
        client.begin(&begin, &CONTEXT).expect("honest");
        let mut mask = || client.mask(&mut rng, &[Values::F64(&values)], &mut out).expect("honest");
        let written = if number == 0 { count(&format!("client: mask 10,000 values, {name}"), mask) } else { mask() };
        let receipt = server.receive(client.id(), &out[..written]).expect("honest");
        payloads.push(out[receipt.payload.expect("masked")].to_vec());
    }
    for client in &mut clients {
        let open = due(&server, client);
        let written = client.unmask(&open, &mut out).expect("honest");
        server.receive(client.id(), &out[..written]).expect("honest");
    }
    let payloads: Vec<&[u8]> = payloads.iter().map(|payload| &payload[..]).collect();
    let sum: Vec<u32> = count(&format!("server: open the sum of 10 clients, {name}"), || {
        server.opening().and_then(|opening| opening.sum(0, &payloads))
    })
    .expect("masks that cancel");
    assert_eq!(sum.len(), LENGTH);
}

fn due(server: &Server, client: &Party) -> Vec<u8> {
    server.message(client.id()).expect("a member").expect("due")
}

fn run(suite: Suite) -> (Server, Vec<Party>) {
    let mut rng = Generator::new(1);
    let identities: Vec<Identity> =
        (0..MEMBERS).map(|_| Identity::generate(&mut rng).expect("a generator that does not fail")).collect();
    let roster: Vec<Member> =
        identities.iter().zip(1..).map(|(identity, id)| Member { id, key: identity.public_key() }).collect();
    let values = Segment::new("values", 20, LENGTH as u64, Encoding::FixedPoint { fraction: 8 }).expect("valid");
    let config = RunConfig {
        run_id: [1; 16],
        suite,
        mode: Mode::Recovery,
        members: MEMBERS as u32,
        roster_hash: roster_hash(&mut roster.as_slice(), MEMBERS as u32).expect("sorted"),
        degree: 0,
        beacon: [0; 32],
        threshold: 6,
        min_inputs: 3,
        colluders: 1,
        max_passes: 3,
        max_rounds: 4,
        limits: Limits { setup: 60, step: 60 },
        segments: [values].into_iter().collect(),
        mechanism: None,
        settings_hash: [2; 32],
    };
    let mut description = vec![0; MAX_DESCRIPTION_SIZE];
    let written = config.encode(&mut description).expect("valid");
    let run = Run::decode(&description[..written]).expect("just encoded");
    let clients = identities
        .into_iter()
        .map(|identity| Client::new(identity, run.clone(), roster.as_slice()).expect("a member"))
        .collect();
    (Server::new(run, roster).expect("the roster of the run"), clients)
}
