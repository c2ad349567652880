//! Values that a segment does not take, and generators that fail: nothing is drawn, written or changed.

use cloakwork_core::ErrorKind;
use cloakwork_core::secagg::{Client, ClientState, Encoding, Kind, Segment, Values};
use rand_core::TryCryptoRng;

use super::place::{MEMBER, Place};
use crate::support::random::{Generator, Stuck, Tape};
use crate::support::setting::Setting;
use crate::support::simulation::{Faithful, Simulation, saved};

/// Two segments: numbers of at most 2^18 / 4 in quarters, and residues of 20 bits.
fn begun() -> Simulation<3> {
    let segments = vec![
        Segment::new("fixed", 21, 16, Encoding::FixedPoint { fraction: 2 }).unwrap(),
        Segment::new("residues", 20, 9, Encoding::Residues).unwrap(),
    ];
    let mut simulation = Simulation::<3>::ready(&Setting { segments, ..Setting::complete(4, 2) }, "values");
    simulation.begin(None).unwrap();
    let begin = simulation.due(MEMBER).unwrap();
    simulation.clients[MEMBER].begin(&begin, &simulation.context).unwrap();
    simulation
}

/// The largest number that a member may contribute: floor((2^20 - 1) / 4) / 4.
const LARGEST: f64 = 262_143.0 / 4.0;

#[test]
fn values_that_do_not_fit() {
    let mut simulation = begun();
    let client = &mut simulation.clients[MEMBER];
    let before = saved(client);
    let size = client.masked_size().unwrap();
    let good = ([1.5; 16], [7_u32; 9]);
    let mut refused = |values: &[Values<'_>]| {
        let mut out = vec![0xee; size];
        // A generator that fails if it is asked.
        let error = client.mask(&mut Tape::empty(), values, &mut out).unwrap_err();
        assert_eq!(saved(client), before);
        assert!(out.iter().all(|&byte| byte == 0xee), "nothing is written");
        (error.kind(), error.bound())
    };
    let fixed = Values::F64(&good.0);
    let residues = Values::U32(&good.1);

    assert_eq!(refused(&[]), (ErrorKind::InvalidLength, Some(2)));
    assert_eq!(refused(&[fixed]), (ErrorKind::InvalidLength, Some(2)));
    assert_eq!(refused(&[fixed, residues, residues]), (ErrorKind::InvalidLength, Some(2)));
    assert_eq!(refused(&[Values::F64(&good.0[..15]), residues]), (ErrorKind::InvalidLength, Some(16)));
    assert_eq!(refused(&[Values::F64(&[0.0; 17]), residues]), (ErrorKind::InvalidLength, Some(16)));
    assert_eq!(refused(&[fixed, Values::U32(&[])]), (ErrorKind::InvalidLength, Some(9)));

    for unfit in [Values::U32(&[0; 16]), Values::U64(&[0; 16]), Values::U128(&[0; 16])] {
        assert_eq!(refused(&[unfit, residues]).0, ErrorKind::InvalidArgument);
    }
    for unfit in [Values::F64(&[0.0; 9]), Values::F32(&[0.0; 9]), Values::I64(&[0; 9]), Values::I32(&[0; 9])] {
        assert_eq!(refused(&[fixed, unfit]).0, ErrorKind::InvalidArgument);
    }

    for place in [0, 7, 15] {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut values = good.0;
            values[place] = bad;
            assert_eq!(refused(&[Values::F64(&values), residues]).0, ErrorKind::NotFinite);
            let values = values.map(|x| x as f32);
            assert_eq!(refused(&[Values::F32(&values), residues]).0, ErrorKind::NotFinite);
        }
        for bad in [LARGEST + 0.25, -LARGEST - 0.25, 1e300, f64::MAX, -f64::MAX] {
            let mut values = good.0;
            values[place] = bad;
            assert_eq!(refused(&[Values::F64(&values), residues]), (ErrorKind::OutOfRange, Some(262_143)));
        }
        for bad in [65_536_i64, -65_536, i64::MIN, i64::MAX] {
            let mut values = [1; 16];
            values[place] = bad;
            assert_eq!(refused(&[Values::I64(&values), residues]), (ErrorKind::OutOfRange, Some(262_143)));
        }
        let mut values = [1; 16];
        values[place] = i32::MIN;
        assert_eq!(refused(&[Values::I32(&values), residues]), (ErrorKind::OutOfRange, Some(262_143)));
    }
    for place in [0, 8] {
        for bad in [1_u128 << 20, (1 << 20) + 5, u128::MAX] {
            let mut values = [3; 9];
            values[place] = bad;
            assert_eq!(refused(&[fixed, Values::U128(&values)]), (ErrorKind::OutOfRange, Some((1 << 20) - 1)));
        }
        let mut values = [3; 9];
        values[place] = 1 << 20;
        assert_eq!(refused(&[fixed, Values::U32(&values)]).0, ErrorKind::OutOfRange);
        let mut values = [3; 9];
        values[place] = u64::MAX;
        assert_eq!(refused(&[fixed, Values::U64(&values)]).0, ErrorKind::OutOfRange);
    }

    // The values at the bounds are taken.
    let (mut values, mut wide) = (good.0, [3_u32; 9]);
    (values[0], values[15], wide[4]) = (LARGEST, -LARGEST, (1 << 20) - 1);
    let mut out = vec![0; size];
    let written = client.mask(&mut Generator::new("bounds"), &[Values::F64(&values), Values::U32(&wide)], &mut out);
    assert_eq!(written, Ok(size));
    simulation.deliver(MEMBER, &out).unwrap();
}

/// A generator that fails at any byte, or that is stuck, is noticed before anything leaves.
#[test]
fn generators_that_fail() {
    let mut place = Place::at(Kind::Invite);
    let message = place.message.clone();
    let client = &mut place.simulation.clients[MEMBER];
    let before = saved(client);
    for bytes in 0..32 {
        advertise_fails(client, &message, &mut Tape::new(vec![7; bytes]));
    }
    for byte in [0, 0x55, 0xff] {
        advertise_fails(client, &message, &mut Stuck(byte));
    }
    assert_eq!(saved(client), before);
    place.complete();

    // Three coefficients of 32 bytes and a salt of 16.
    let mut simulation = Simulation::<4>::ready(&super::place::setting(), "generators");
    simulation.begin(None).unwrap();
    let begin = simulation.due(MEMBER).unwrap();
    let client = &mut simulation.clients[MEMBER];
    client.begin(&begin, &simulation.context).unwrap();
    let before = saved(client);
    let good: Vec<u8> = Generator::new("drawn").bytes::<112>().to_vec();
    let mut out = vec![0; client.masked_size().unwrap()];
    let values = [1_u32; 3];
    for bytes in 0..112 {
        let mut tape = Tape::new(good[..bytes].to_vec());
        let error = client.mask(&mut tape, &[Values::U32(&values)], &mut out).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Randomness, "{bytes} bytes");
        assert_eq!(saved(client), before);
    }
    for byte in [0, 0xff] {
        let error = client.mask(&mut Stuck(byte), &[Values::U32(&values)], &mut out).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Randomness);
        assert_eq!(saved(client), before);
    }
    let mut tape = Tape::new(good);
    client.mask(&mut tape, &[Values::U32(&values)], &mut out).unwrap();
    assert!(tape.is_used_up());
}

fn advertise_fails<R: TryCryptoRng>(client: &mut Client<4>, message: &[u8], rng: &mut R) {
    let mut out = [0xee; 128];
    let error = client.advertise(message, rng, &mut out).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Randomness);
    assert_eq!(out, [0xee; 128]);
}

/// A piece that does not fit is refused, and the pieces after it continue the vector.
#[test]
fn pieces_that_do_not_fit() {
    let mut simulation = begun();
    let client = &mut simulation.clients[MEMBER];
    let mut whole = vec![0; client.masked_size().unwrap()];
    let (fixed, residues) = ([2.25; 16], [5_u32; 9]);
    let mut twin_out = whole.clone();
    let mut rng = Generator::new("pieces");
    let mut written = client.mask_begin(&mut rng, &mut whole).unwrap();
    assert_eq!(client.state(), ClientState::Masking);
    let mut pieces: Vec<(Values<'_>, usize)> = vec![
        (Values::F64(&fixed[..8]), 21),
        (Values::F64(&fixed[8..]), 32),
        (Values::U32(&residues[..8]), 20),
        (Values::U32(&residues[8..]), 13),
    ];
    for (index, (piece, size)) in pieces.drain(..).enumerate() {
        let mut refused = |values: Values<'_>, out: &mut [u8], kind: ErrorKind| {
            let copy = out.to_vec();
            assert_eq!(client.mask_chunk(&values, out).unwrap_err().kind(), kind, "piece {index}");
            assert_eq!(out, copy, "nothing is written");
        };
        let mut out = vec![0xee; 256];
        match index {
            0 | 1 => {
                refused(Values::F64(&[]), &mut out, ErrorKind::InvalidLength);
                refused(Values::F64(&[1.0; 7]), &mut out, ErrorKind::InvalidLength);
                refused(Values::F64(&[1.0; 17]), &mut out, ErrorKind::InvalidLength);
                refused(Values::F64(&[f64::NAN; 8]), &mut out, ErrorKind::NotFinite);
                refused(Values::F64(&[1e9; 8]), &mut out, ErrorKind::OutOfRange);
                refused(Values::U32(&[1; 8]), &mut out, ErrorKind::InvalidArgument);
            }
            2 => {
                refused(Values::U32(&[1; 10]), &mut out, ErrorKind::InvalidLength);
                refused(Values::U32(&[1; 4]), &mut out, ErrorKind::InvalidLength);
                refused(Values::U32(&[u32::MAX; 8]), &mut out, ErrorKind::OutOfRange);
            }
            _ => refused(Values::U32(&[1; 8]), &mut out, ErrorKind::InvalidLength),
        }
        for short in [0, size - 1] {
            refused(piece, &mut vec![0xee; short], ErrorKind::BufferTooSmall);
        }
        written += client.mask_chunk(&piece, &mut whole[written..]).unwrap();
    }
    assert_eq!((written, client.state()), (whole.len(), ClientState::Masked));

    let mut twin = begun();
    let client = &mut twin.clients[MEMBER];
    client.mask(&mut Generator::new("pieces"), &[Values::F64(&fixed), Values::U32(&residues)], &mut twin_out).unwrap();
    assert_eq!(whole, twin_out, "refused pieces leave no trace");
    simulation.deliver(MEMBER, &whole).unwrap();
    for position in 1..4 {
        let begin = simulation.due(position).unwrap();
        let masked = simulation.answer(position, &begin).unwrap().unwrap();
        simulation.deliver(position, &masked).unwrap();
    }
    assert_eq!(simulation.step(&mut Faithful), []);
    let payloads: Vec<&[u8]> = simulation.payloads.values().map(Vec::as_slice).collect();
    let sum: Vec<u32> = simulation.server.opening().unwrap().sum(1, &payloads).unwrap();
    let others = |place: usize| (1..4).map(|member| simulation.inputs[member][1].residues[place]).sum::<u128>();
    assert!((0..9).all(|place| u128::from(sum[place]) == (others(place) + 5) % (1 << 20)));
}
