//! Whole rounds: the sum is exactly the sum, in every suite, mode, graph, width and encoding, whole or piece by piece, round after
//! round and over new set-ups.

use crate::support::input::{Column, contribution, expected_sums, largest};
use crate::support::random::Generator;
use crate::support::setting::Setting;
use crate::support::simulation::{Faithful, Losing, Moment, Network, Outcome, Simulation};
use cloakwork_core::prg::Suite;
use cloakwork_core::ring::{Lane, center, lane_bytes};
use cloakwork_core::secagg::{Client, Encoding, Opening, Segment, Step};

const SUITES: [Suite; 2] = [Suite::ChaCha20, Suite::Aes128Ctr];

/// Residues of every width that is special, in lengths that are and are not multiples of 8.
fn residue_segments() -> Vec<Segment> {
    let widths = [(1, 9), (7, 65), (20, 8), (32, 17), (33, 10), (64, 16), (100, 3), (128, 5)];
    let segment = |(index, &(bits, length)): (usize, &(u8, u64))| {
        Segment::new(&format!("segment-{index}"), bits, length, Encoding::Residues).unwrap()
    };
    widths.iter().enumerate().map(segment).collect()
}

/// Fixed point in every lane, with many, no and negative fraction bits.
fn fixed_segments() -> Vec<Segment> {
    let shapes =
        [(7, 0, 9), (20, 8, 24), (32, 30, 7), (33, 2, 11), (64, 20, 13), (64, -3, 5), (100, 40, 4), (128, 120, 6)];
    let segment = |(index, &(bits, fraction, length)): (usize, &(u8, i8, u64))| {
        Segment::new(&format!("fixed.{index}"), bits, length, Encoding::FixedPoint { fraction }).unwrap()
    };
    shapes.iter().enumerate().map(segment).collect()
}

fn settings() -> Vec<(String, Setting)> {
    let mut found = Vec::new();
    for suite in SUITES {
        for (segments, kind) in [(residue_segments(), "residues"), (fixed_segments(), "fixed point")] {
            let shapes = [
                ("complete", Setting::complete(5, 3)),
                ("complete, colluders", Setting { colluders: 2, min_inputs: 4, ..Setting::complete(7, 5) }),
                ("sparse", Setting::sparse(10, 4, 3)),
                ("smallest", Setting::complete(3, 2)),
                ("no recovery", Setting::no_recovery(4)),
                ("no recovery, sparse", Setting { degree: 2, ..Setting::no_recovery(6) }),
                ("two, no recovery", Setting::no_recovery(2)),
            ];
            for (name, setting) in shapes {
                let setting = Setting { suite, segments: segments.clone(), ..setting };
                found.push((format!("{suite:?}, {kind}, {name}"), setting));
            }
        }
    }
    found
}

#[test]
fn the_sum_is_exact_in_every_shape_of_run() {
    for (name, setting) in settings() {
        let mut simulation = Simulation::<9>::ready(&setting, &name);
        for _ in 0..2 {
            let (outcome, refusals) = simulation.round(&mut Faithful);
            assert_eq!(refusals, [], "{name}");
            let everyone: Vec<usize> = (0..simulation.members()).collect();
            assert_eq!(outcome, simulation.expected(&everyone), "{name}");
        }
    }
}

#[test]
fn the_sum_is_exact_when_somebody_drops_out() {
    for (name, setting) in settings().into_iter().filter(|(_, setting)| setting.members >= 5 && setting.threshold > 0) {
        let mut simulation = Simulation::<9>::ready(&setting, &name);
        for lost in 0..simulation.members() {
            let mut network = Losing(|moment: Moment, member| moment.step == Step::Mask && member == lost);
            let (outcome, refusals) = simulation.round(&mut network);
            assert_eq!(refusals, [], "{name}");
            let left: Vec<usize> = (0..simulation.members()).filter(|&member| member != lost).collect();
            assert_eq!(outcome, simulation.expected(&left), "{name} without {lost}");
        }
    }
}

/// The residues that the harness expects are themselves a claim; here the sums are decoded to numbers and compared with plain arithmetic.
#[test]
fn fixed_point_sums_decode_to_the_sums_of_the_numbers() {
    let fraction = 12;
    let segments = vec![
        Segment::new("float", 40, 50, Encoding::FixedPoint { fraction }).unwrap(),
        Segment::new("whole", 90, 50, Encoding::FixedPoint { fraction: 0 }).unwrap(),
    ];
    let setting = Setting { segments, ..Setting::complete(4, 3) };
    let mut simulation = Simulation::<3>::ready(&setting, "decoded sums");
    simulation.begin(None).unwrap();
    let mut floats = [0_f64; 50];
    let mut wholes = [0_i64; 50];
    let mut rng = Generator::new("numbers");
    for position in 0..4 {
        let message = simulation.due(position).unwrap();
        let float: Vec<f64> = (0..50).map(|_| (rng.below(1 << 30) as f64 - 5e8) / 4096.0).collect();
        let whole: Vec<i64> = (0..50).map(|_| rng.below(1 << 60) as i64 - (1 << 59)).collect();
        floats.iter_mut().zip(&float).for_each(|(sum, x)| *sum += x);
        wholes.iter_mut().zip(&whole).for_each(|(sum, x)| *sum += x);
        let client = &mut simulation.clients[position];
        client.begin(&message, &simulation.context).unwrap();
        let mut out = vec![0; client.masked_size().unwrap()];
        let values = [cloakwork_core::secagg::Values::F64(&float), cloakwork_core::secagg::Values::I64(&whole)];
        client.mask(&mut rng, &values, &mut out).unwrap();
        simulation.deliver(position, &out).unwrap();
    }
    assert_eq!(simulation.step(&mut Faithful), []);
    let opening = simulation.server.opening().unwrap();
    let payloads: Vec<&[u8]> = simulation.payloads.values().map(Vec::as_slice).collect();
    let sums: Vec<u64> = opening.sum(0, &payloads).unwrap();
    let mut decoded = [0.0; 50];
    simulation.run.fixed_point(0).unwrap().decode_f64(&sums, &mut decoded).unwrap();
    assert_eq!(decoded, floats);
    let sums: Vec<u128> = opening.sum(1, &payloads).unwrap();
    let mut decoded = [0; 50];
    simulation.run.fixed_point(1).unwrap().decode_i64(&sums, &mut decoded).unwrap();
    assert_eq!(decoded, wholes);
    let bits = simulation.run.config().segments[1].bits();
    assert!(sums.iter().zip(wholes).all(|(&sum, whole)| center(sum, bits) == i128::from(whole)));
}

/// Masks piece by piece, in pieces of random multiples of 8.
fn mask_in_pieces<const K: usize>(
    client: &mut Client<K>,
    input: &[Column],
    rng: &mut Generator,
    cuts: &mut Generator,
) -> Vec<u8> {
    let mut out = vec![0; client.masked_size().unwrap()];
    let head = client.masked_head_size().unwrap();
    let mut written = client.mask_begin(rng, &mut out).unwrap();
    assert_eq!(written, head);
    for column in input {
        let mut first = 0;
        while first < column.residues.len() {
            let end = (first + 8 * (1 + cuts.below(4))).min(column.residues.len());
            written += client.mask_chunk(&column.part(first, end), &mut out[written..]).unwrap();
            first = end;
        }
    }
    assert_eq!(written, out.len());
    out
}

#[test]
fn masking_in_pieces_gives_the_bytes_of_masking_whole() {
    for (name, setting) in settings() {
        let mut simulation = Simulation::<9>::ready(&setting, &name);
        simulation.begin(None).unwrap();
        let mut cuts = Generator::new(&name);
        for position in 0..simulation.members() {
            let message = simulation.due(position).unwrap();
            let mut client = simulation.twin(position);
            client.begin(&message, &simulation.context).unwrap();
            let input = &simulation.inputs[position];
            let pieces = mask_in_pieces(&mut client, input, &mut Generator::new("masking"), &mut cuts);
            let client = &mut simulation.clients[position];
            client.begin(&message, &simulation.context).unwrap();
            let whole = crate::support::simulation::mask(client, input, &mut Generator::new("masking")).unwrap();
            assert_eq!(pieces, whole, "{name}, member {position}");
            simulation.deliver(position, &pieces).unwrap();
        }
        let (outcome, refusals) = simulation.play(&mut Faithful);
        assert_eq!(refusals, [], "{name}");
        let everyone: Vec<usize> = (0..simulation.members()).collect();
        assert_eq!(outcome, simulation.expected(&everyone), "{name}");
    }
}

/// A segment longer than the block in which a client masks, so that masking whole has pieces of its own.
#[test]
fn a_segment_longer_than_the_working_block() {
    for bits in [13, 47, 128] {
        let segments = vec![Segment::new("long", bits, 20_011, Encoding::Residues).unwrap()];
        let setting = Setting { segments, suite: Suite::Aes128Ctr, ..Setting::complete(3, 2) };
        Simulation::<2>::ready(&setting, "long").assert_round();
    }
}

/// The sum of one segment as a host makes it: range by range, out of order, zeros checked at the end.
fn sum_by_ranges<L: Lane>(
    opening: &Opening,
    index: usize,
    segment: &Segment,
    payloads: &[&[u8]],
    cuts: &mut Generator,
) -> Vec<L> {
    let total = segment.total() as usize;
    let mut ranges = Vec::new();
    let mut first = 0;
    while first < total {
        let end = (first + 8 * (1 + cuts.below(3))).min(total);
        ranges.push((first, end));
        first = end;
    }
    cuts.shuffle(&mut ranges);
    let mut sum = vec![L::default(); total];
    for (first, end) in ranges {
        let part = &mut sum[first..end];
        for payload in payloads {
            opening.accumulate(index, first as u64, payload, part).unwrap();
        }
        opening.unmask(index, first as u64, part).unwrap();
    }
    let zeros = sum.split_off(segment.length() as usize);
    opening.check_zeros(index, &zeros).unwrap();
    sum
}

#[test]
fn opening_range_by_range_gives_the_sum_of_opening_whole() {
    for (name, setting) in settings() {
        let mut simulation = Simulation::<9>::ready(&setting, &name);
        let mut cuts = Generator::new("ranges");
        simulation.begin(None).unwrap();
        while simulation.server.step() != Step::Sum {
            assert_eq!(simulation.step(&mut Faithful), []);
        }
        let opening = simulation.server.opening().unwrap();
        let payloads: Vec<&[u8]> = simulation.payloads.values().map(Vec::as_slice).collect();
        let expected = expected_sums(&simulation.run, simulation.inputs.iter());
        for (index, segment) in simulation.run.config().segments.iter().enumerate() {
            let sum: Vec<u128> = match lane_bytes(segment.bits()) {
                4 => sum_by_ranges::<u32>(&opening, index, segment, &payloads, &mut cuts)
                    .into_iter()
                    .map(Lane::to_u128)
                    .collect(),
                8 => sum_by_ranges::<u64>(&opening, index, segment, &payloads, &mut cuts)
                    .into_iter()
                    .map(Lane::to_u128)
                    .collect(),
                _ => sum_by_ranges::<u128>(&opening, index, segment, &payloads, &mut cuts),
            };
            assert_eq!(sum, expected[index], "{name}, segment {index}");
        }
    }
}

#[test]
fn residues_wrap_and_extremes_survive() {
    for (name, setting) in settings().into_iter().filter(|(name, _)| name.contains("residues")) {
        let mut simulation = Simulation::<9>::ready(&setting, &name);
        simulation.begin(None).unwrap();
        let run = simulation.run.clone();
        let mut rng = Generator::new("masks of extremes");
        for position in 0..simulation.members() {
            let largest_values: Vec<Vec<u128>> = run
                .config()
                .segments
                .iter()
                .map(|segment| vec![largest(segment.bits().get()); segment.length() as usize])
                .collect();
            let values: Vec<_> = largest_values.iter().map(|list| cloakwork_core::secagg::Values::U128(list)).collect();
            let message = simulation.due(position).unwrap();
            let client = &mut simulation.clients[position];
            client.begin(&message, &simulation.context).unwrap();
            let mut out = vec![0; client.masked_size().unwrap()];
            client.mask(&mut rng, &values, &mut out).unwrap();
            simulation.deliver(position, &out).unwrap();
        }
        let members = simulation.members() as u128;
        let (outcome, _) = simulation.play(&mut Faithful);
        let Outcome::Sum { sums, .. } = outcome else { panic!("{name}: {outcome:?}") };
        for (sum, segment) in sums.iter().zip(&run.config().segments) {
            let largest = largest(segment.bits().get());
            // n * (2^b - 1) = -n mod 2^b.
            assert!(sum.iter().all(|&value| value == 0_u128.wrapping_sub(members) & largest), "{name}");
        }
    }
}

/// Messages in another order for every step of every round.
struct Shuffling(Generator);

impl Network for Shuffling {
    fn order(&mut self, receivers: &mut [usize]) {
        self.0.shuffle(receivers);
    }
}

#[test]
fn a_run_of_many_rounds_and_new_set_ups() {
    let segments = vec![
        Segment::new("model", 24, 40, Encoding::FixedPoint { fraction: 9 }).unwrap(),
        Segment::new("weight", 64, 1, Encoding::Residues).unwrap(),
    ];
    let setting = Setting { segments, min_inputs: 4, ..Setting::complete(6, 4) };
    let mut simulation = Simulation::<5>::ready(&setting, "many rounds");
    let mut network = Shuffling(Generator::new("orders"));
    for number in 1..=60_u32 {
        let (outcome, refusals) = simulation.round(&mut network);
        assert_eq!(refusals, []);
        assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3, 4, 5]));
        assert_eq!(simulation.server.last_round(), number);
        assert!(simulation.clients.iter().all(|client| client.last_round() == number));
        if number % 15 == 0 {
            assert_eq!(simulation.set_up(&mut network), []);
            assert_eq!(simulation.server.epoch(), number / 15 + 1);
        }
    }
}

/// The server chooses who takes part; the others sit the round out and come back.
#[test]
fn rounds_over_chosen_participants() {
    let mut simulation = Simulation::<6>::ready(&Setting { min_inputs: 3, ..Setting::complete(7, 4) }, "chosen");
    for absent in [vec![], vec![0], vec![6], vec![2, 5], vec![0, 1], vec![]] {
        let chosen: Vec<usize> = (0..7).filter(|position| !absent.contains(position)).collect();
        simulation.begin(Some(&chosen)).unwrap();
        let (outcome, refusals) = simulation.play(&mut Faithful);
        assert_eq!(refusals, []);
        assert_eq!(outcome, simulation.expected(&chosen));
    }
}

#[test]
fn masks_hide_a_contribution_and_differ_from_round_to_round() {
    for setting in [Setting::complete(3, 2), Setting::no_recovery(3)] {
        let segments = vec![Segment::new("zeros", 8, 64, Encoding::Residues).unwrap()];
        let mut simulation = Simulation::<2>::ready(&Setting { segments, ..setting }, "hiding");
        let mut seen: Vec<Vec<u8>> = Vec::new();
        for _ in 0..5 {
            simulation.begin(None).unwrap();
            simulation.inputs = vec![contribution(&simulation.run, &mut Generator::new("the same")); 3];
            simulation.step(&mut Faithful);
            seen.extend(simulation.payloads.values().cloned());
            simulation.play(&mut Faithful);
        }
        // Two payloads of 72 uniform bytes share more than 8 of them with probability below 2^-37; there are 105 pairs.
        for (index, payload) in seen.iter().enumerate() {
            for other in &seen[..index] {
                let equal = payload.iter().zip(other).filter(|(a, b)| a == b).count();
                assert!(payload.len() == 72 && equal <= 8);
            }
        }
    }
}
