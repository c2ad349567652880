//! A whole round at n = 100 and 10^6 values of 20 bits, suite 2, on the complete graph: one client's masking, and the server's opening with
//! nobody and with 10 % dropped out before the masked message; Shamir included.

use cloakwork_core::agreement::Identity;
use cloakwork_core::prg::Suite;
use cloakwork_core::secagg::{
    Client, Encoding, Limits, Member, Mode, Run, RunConfig, Segment, Server, Step, Values, roster_hash,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use getrandom::SysRng;

const MEMBERS: u32 = 100;
const LENGTH: usize = 1_000_000;

struct Round {
    server: Server,
    clients: Vec<Client<128>>,
    payloads: Vec<Option<Vec<u8>>>,
}

fn set_up() -> (Server, Vec<Client<128>>) {
    let identities: Vec<Identity> = (0..MEMBERS).map(|_| Identity::generate(&mut SysRng).unwrap()).collect();
    let roster: Vec<Member> =
        (1..).zip(&identities).map(|(id, identity)| Member { id, key: identity.public_key() }).collect();
    let segment = Segment::new("values", 20, LENGTH as u64, Encoding::FixedPoint { fraction: 10 }).unwrap();
    let config = RunConfig {
        run_id: [1; 16],
        suite: Suite::Aes128Ctr,
        mode: Mode::Recovery,
        members: MEMBERS,
        roster_hash: roster_hash(&mut roster.as_slice(), MEMBERS).unwrap(),
        degree: 0,
        beacon: [2; 32],
        threshold: 67,
        min_inputs: 67,
        colluders: 33,
        max_passes: 3,
        max_rounds: 1_000_000,
        limits: Limits { setup: 60, step: 60 },
        segments: [segment].into_iter().collect(),
        mechanism: None,
        settings_hash: [0; 32],
    };
    let mut description = [0; 640];
    let size = config.encode(&mut description).unwrap();
    let run = Run::decode(&description[..size]).unwrap();
    let mut server = Server::new(run.clone(), roster.clone()).unwrap();
    let mut clients: Vec<Client<128>> =
        identities.into_iter().map(|identity| Client::new(identity, run.clone(), roster.as_slice()).unwrap()).collect();
    let mut out = vec![0; 1 << 16];
    server.invite().unwrap();
    for client in &mut clients {
        let message = server.message(client.id()).unwrap().unwrap();
        let size = client.advertise(&message, &mut SysRng, &mut out).unwrap();
        server.receive(client.id(), &out[..size]).unwrap();
    }
    for client in &mut clients {
        let message = server.message(client.id()).unwrap().unwrap();
        let size = client.confirm(&message, &mut out).unwrap();
        server.receive(client.id(), &out[..size]).unwrap();
    }
    for client in &mut clients {
        let message = server.message(client.id()).unwrap().unwrap();
        client.accept(&message).unwrap();
    }
    (server, clients)
}

/// Plays a round until the sum is due; every tenth client drops out if `dropping`.
fn play(server: Server, clients: Vec<Client<128>>, dropping: bool) -> Round {
    let mut round = Round { server, clients, payloads: vec![None; MEMBERS as usize] };
    let context = [3; 32];
    let values: Vec<f64> = (0..LENGTH).map(|i| (i as f64 * 0.001).sin()).collect();
    round.server.begin(None, &context).unwrap();
    let mut out = vec![0; 4 * LENGTH];
    let stays = |id: u64| !dropping || !id.is_multiple_of(10);
    for client in round.clients.iter_mut() {
        let message = round.server.message(client.id()).unwrap().unwrap();
        client.begin(&message, &context).unwrap();
        if stays(client.id()) {
            let size = client.mask(&mut SysRng, &[Values::F64(&values)], &mut out).unwrap();
            let receipt = round.server.receive(client.id(), &out[..size]).unwrap();
            round.payloads[client.id() as usize - 1] = Some(out[receipt.payload.unwrap()].to_vec());
        }
    }
    if dropping {
        round.server.close_step().unwrap();
        for client in round.clients.iter_mut().filter(|client| stays(client.id())) {
            let message = round.server.message(client.id()).unwrap().unwrap();
            let size = client.acknowledge(&message, &mut out).unwrap();
            round.server.receive(client.id(), &out[..size]).unwrap();
        }
    }
    for client in round.clients.iter_mut().filter(|client| stays(client.id())) {
        let message = round.server.message(client.id()).unwrap().unwrap();
        let size = client.unmask(&message, &mut out).unwrap();
        round.server.receive(client.id(), &out[..size]).unwrap();
    }
    assert_eq!(round.server.step(), Step::Sum);
    round
}

fn rounds(c: &mut Criterion) {
    let (server, clients) = set_up();
    let mut group = c.benchmark_group("secagg");
    group.sample_size(10).throughput(Throughput::Elements(LENGTH as u64));
    let mut round = play(server, clients, false);
    for dropping in [false, true] {
        let name = if dropping { "10 % dropped" } else { "nobody dropped" };
        group.bench_function(format!("server: seeds and unmasking, {name}"), |b| {
            b.iter(|| {
                let mut sum = vec![0u32; LENGTH + 4];
                round.server.opening().unwrap().unmask(0, 0, &mut sum).unwrap();
                sum
            });
        });
        let payloads: Vec<&[u8]> = round.payloads.iter().flatten().map(Vec::as_slice).collect();
        group.bench_function(format!("server: seeds, addition and unmasking, {name}"), |b| {
            b.iter(|| round.server.opening().unwrap().sum::<u32>(0, &payloads).unwrap());
        });
        if !dropping {
            round.server.finish(None).unwrap();
            round = play(round.server, round.clients, true);
        }
    }
    round.server.finish(None).unwrap();
    client(&mut group, &mut round);
    group.finish();
}

fn client(group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>, round: &mut Round) {
    let context = [4; 32];
    let values: Vec<f64> = (0..LENGTH).map(|i| (i as f64 * 0.001).sin()).collect();
    let client = &mut round.clients[50];
    let mut out = vec![0; 4 * LENGTH];
    group.bench_function("client: quantise, 100 masks, pack", |b| {
        b.iter_custom(|iterations| {
            let mut spent = std::time::Duration::ZERO;
            for _ in 0..iterations {
                round.server.begin(None, &context).unwrap();
                let message = round.server.message(client.id()).unwrap().unwrap();
                client.begin(&message, &context).unwrap();
                let start = std::time::Instant::now();
                client.mask(&mut SysRng, &[Values::F64(&values)], &mut out).unwrap();
                spent += start.elapsed();
                round.server.stop().unwrap();
            }
            spent
        });
    });
}

criterion_group!(benches, rounds);
criterion_main!(benches);
