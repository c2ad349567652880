//! Key agreement and what is derived from a pair key, microseconds each.

use core::hint::black_box;

use cloakwork_core::agreement::{FreshKey, Identity, PairKey, Party, Peer};
use criterion::{Criterion, criterion_group, criterion_main};
use getrandom::SysRng;

fn pairs(c: &mut Criterion) {
    let (own, own_fresh) = (Identity::generate(&mut SysRng).unwrap(), FreshKey::generate(&mut SysRng).unwrap());
    let peer_key = Identity::generate(&mut SysRng).unwrap().public_key();
    let peer_fresh = FreshKey::generate(&mut SysRng).unwrap().public_key();
    let party = Party { id: 1, position: 0, identity: &own, fresh: &own_fresh };
    let peer = Peer { id: 2, position: 1, key: &peer_key, fresh: &peer_fresh };
    let run_hash = [7; 32];
    let pair = PairKey::agree(&run_hash, &party, &peer).unwrap();

    let mut group = c.benchmark_group("agreement");
    group.bench_function("fresh key", |b| b.iter(|| FreshKey::generate(&mut SysRng).unwrap()));
    group.bench_function("pair key", |b| b.iter(|| PairKey::agree(&run_hash, &party, black_box(&peer)).unwrap()));
    group.bench_function("confirmation tag", |b| b.iter(|| pair.confirmation_tag(1, 2, black_box(3))));
    group.bench_function("round mask seed", |b| b.iter(|| pair.round_mask_seed(black_box(4), &run_hash)));
    group.bench_function("share key and seal", |b| {
        b.iter(|| pair.share_key(1, 2, 2, 4, &run_hash, &[5; 16]).seal(black_box(&[6; 32])).unwrap());
    });
    group.bench_function("low-order check", |b| b.iter(|| black_box(&peer_key).is_low_order()));
    group.finish();
}

criterion_group!(benches, pairs);
criterion_main!(benches);
