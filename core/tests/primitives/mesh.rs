//! Sums in a mesh: against plain sums, the definition of the masks, and messages that were altered.

use cloakwork_core::ErrorKind;
use cloakwork_core::kdf::hash;
use cloakwork_core::mesh::{Mesh, PIECE_SIZE, finish, zero_coordinates};
use cloakwork_core::prg::{StreamKey, Suite, keystream};
use cloakwork_core::ring::{Bits, Lane, add_packed, packed_len};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::random::{Generator, Stuck};

const RUN: [u8; 32] = [9; 32];

fn bits(width: u8) -> Bits {
    Bits::new(width).unwrap()
}

/// Parties that have exchanged their pieces, and the pieces: `[from][to]`.
fn agreed(suite: Suite, parties: usize, run: &[u8; 32]) -> (Vec<Mesh>, Vec<Vec<[u8; PIECE_SIZE]>>) {
    let mut random = Generator::new("mesh");
    let mut made: Vec<Mesh> =
        (0..parties).map(|index| Mesh::new(suite, parties, index, &mut random).unwrap()).collect();
    let piece = |from: &Mesh, to| from.piece(to).map_or([0; PIECE_SIZE], |piece| *piece);
    let pieces: Vec<Vec<_>> = made.iter().map(|from| (0..parties).map(|to| piece(from, to)).collect()).collect();
    for (index, party) in made.iter_mut().enumerate() {
        let received: Vec<_> = pieces.iter().map(|from| from[index]).collect();
        party.agree(run, received.iter()).unwrap();
    }
    (made, pieces)
}

fn message<L: Lane>(party: &mut Mesh, width: Bits, values: &[L]) -> Vec<u8> {
    let mut vector = values.to_vec();
    // What stands in the places of the zeros does not count.
    vector.resize(values.len() + zero_coordinates(width), L::from_u128(7));
    let mut out = vec![0; packed_len(width, vector.len() as u64) as usize];
    assert_eq!(party.mask(width, &mut vector, &mut out).unwrap(), out.len());
    out
}

fn opened<L: Lane>(width: Bits, length: usize, messages: &[Vec<u8>]) -> Result<Vec<L>, ErrorKind> {
    let mut sum = vec![L::default(); length + zero_coordinates(width)];
    for message in messages {
        add_packed(width, message, &mut sum).map_err(|error| error.kind())?;
    }
    finish(width, &mut sum).map_err(|error| error.kind())?;
    sum.truncate(length);
    Ok(sum)
}

fn sums_are_those_of_the_values<L: Lane>(width: u8, suite: Suite) {
    let width = bits(width);
    let mut random = Generator::new("values");
    for parties in [2, 3, 5] {
        let (mut made, _) = agreed(suite, parties, &RUN);
        for length in [0, 1, 9, 100] {
            let values: Vec<Vec<L>> = (0..parties)
                .map(|_| (0..length).map(|_| L::from_u128(random.wide()).reduce(width)).collect())
                .collect();
            let messages: Vec<_> =
                made.iter_mut().zip(&values).map(|(party, own)| message(party, width, own)).collect();
            let expected: Vec<L> = (0..length)
                .map(|place| values.iter().fold(L::default(), |sum, own| sum.wrapping_add(own[place])).reduce(width))
                .collect();
            assert_eq!(opened::<L>(width, length, &messages).unwrap(), expected);
        }
    }
}

#[test]
fn everybody_opens_the_sum() {
    for suite in [Suite::ChaCha20, Suite::Aes128Ctr] {
        sums_are_those_of_the_values::<u32>(1, suite);
        sums_are_those_of_the_values::<u32>(20, suite);
        sums_are_those_of_the_values::<u64>(64, suite);
        sums_are_those_of_the_values::<u128>(100, suite);
        sums_are_those_of_the_values::<u128>(128, suite);
    }
}

/// The formulas of the module, by other implementations of HKDF, for the second sum of three parties.
#[test]
fn masks_follow_the_definition() {
    let (mut made, pieces) = agreed(Suite::Aes128Ctr, 3, &RUN);
    let expand = |key: &[u8; 32], label: &str, parts: &[&[u8]]| -> [u8; 32] {
        let label = format!("cloakwork/1 {label}");
        let mut info = Vec::new();
        for part in core::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
            info.extend_from_slice(&u32::try_from(part.len()).unwrap().to_le_bytes());
            info.extend_from_slice(part);
        }
        let mut out = [0; 32];
        Hkdf::<Sha256>::from_prk(key).unwrap().expand(&info, &mut out).unwrap();
        out
    };
    let values = [3u128, u128::MAX];
    message(&mut made[1], bits(128), &values);
    let sent = message(&mut made[1], bits(128), &values);
    let mut expected = [3u128, u128::MAX, 0];
    for (low, high, other_is_low) in [(0usize, 1usize, true), (1, 2, false)] {
        let both = [pieces[low][high], pieces[high][low]].concat();
        let (prk, _) = Hkdf::<Sha256>::extract(Some(&hash("mesh", &[])), &both);
        let places = [(low as u64).to_le_bytes(), (high as u64).to_le_bytes()];
        let pair = expand(&prk.into(), "mesh pair", &[&RUN, &places[0], &places[1]]);
        let seed = expand(&pair, "mesh sum", &[&1u64.to_le_bytes()]);
        // The length of an output is not a part of what HKDF derives it from, so the first 16 bytes are the key.
        let key = StreamKey::from_bytes(expand(&seed, "stream", &[&[2], &[0], b"mesh", &[128], &3u64.to_le_bytes()]));
        let mut stream = [0; 48];
        keystream(Suite::Aes128Ctr, &key, 0, &mut stream).unwrap();
        for (element, bytes) in expected.iter_mut().zip(stream.chunks(16)) {
            let mask = u128::from_le_bytes(bytes.try_into().unwrap());
            *element = if other_is_low { element.wrapping_add(mask) } else { element.wrapping_sub(mask) };
        }
    }
    assert_eq!(sent, expected.iter().flat_map(|element| element.to_le_bytes()).collect::<Vec<_>>());
}

#[test]
fn no_two_sums_have_the_same_masks() {
    let (mut made, _) = agreed(Suite::ChaCha20, 2, &RUN);
    let first = message::<u128>(&mut made[0], bits(128), &[0; 4]);
    assert_ne!(first, message::<u128>(&mut made[0], bits(128), &[0; 4]));
    let (mut other, _) = agreed(Suite::ChaCha20, 2, &[8; 32]);
    assert_ne!(first, message::<u128>(&mut other[0], bits(128), &[0; 4]));
}

#[test]
fn what_does_not_cancel_is_refused() {
    let (mut made, _) = agreed(Suite::ChaCha20, 3, &RUN);
    let width = bits(64);
    let messages: Vec<_> = made.iter_mut().map(|party| message::<u64>(party, width, &[1, 2])).collect();
    assert_eq!(opened::<u64>(width, 2, &messages).unwrap(), [3, 6]);
    // One party is missing, one is there twice, one is a sum ahead.
    assert_eq!(opened::<u64>(width, 2, &messages[..2]).unwrap_err(), ErrorKind::MasksDidNotCancel);
    let twice = [messages[0].clone(), messages[1].clone(), messages[1].clone()];
    assert_eq!(opened::<u64>(width, 2, &twice).unwrap_err(), ErrorKind::MasksDidNotCancel);
    let ahead = message::<u64>(&mut made[2], width, &[1, 2]);
    let mixed = [messages[0].clone(), messages[1].clone(), ahead];
    assert_eq!(opened::<u64>(width, 2, &mixed).unwrap_err(), ErrorKind::MasksDidNotCancel);
    let mut altered = messages.clone();
    *altered[1].last_mut().unwrap() ^= 0x80;
    assert_eq!(opened::<u64>(width, 2, &altered).unwrap_err(), ErrorKind::MasksDidNotCancel);
    assert_eq!(opened::<u64>(width, 3, &messages).unwrap_err(), ErrorKind::InvalidLength);
}

#[test]
fn what_is_refused() {
    let mut random = Generator::new("refused");
    let kind = |result: cloakwork_core::Result<Mesh>| result.unwrap_err().kind();
    assert_eq!(kind(Mesh::new(Suite::ChaCha20, 1, 0, &mut random)), ErrorKind::InvalidArgument);
    assert_eq!(kind(Mesh::new(Suite::ChaCha20, 1025, 0, &mut random)), ErrorKind::InvalidArgument);
    assert_eq!(kind(Mesh::new(Suite::ChaCha20, 3, 3, &mut random)), ErrorKind::UnknownParty);
    assert_eq!(kind(Mesh::new(Suite::ChaCha20, 3, 0, &mut Stuck(0))), ErrorKind::Randomness);
    let mut party = Mesh::new(Suite::ChaCha20, 3, 1, &mut random).unwrap();
    for to in [1, 3] {
        assert_eq!(party.piece(to).unwrap_err().kind(), ErrorKind::UnknownParty);
    }
    let (width, mut out) = (bits(128), [0; 32]);
    let mut vector = [5u128, 6];
    assert_eq!(party.mask(width, &mut vector, &mut out).unwrap_err().kind(), ErrorKind::OutOfOrder);
    let pieces = [[1; PIECE_SIZE]; 3];
    assert_eq!(party.agree(&RUN, pieces[..2].iter()).unwrap_err().kind(), ErrorKind::InvalidLength);
    party.agree(&RUN, pieces.iter()).unwrap();
    assert_eq!(party.agree(&RUN, pieces.iter()).unwrap_err().kind(), ErrorKind::OutOfOrder);
    assert_eq!(party.piece(0).unwrap_err().kind(), ErrorKind::OutOfOrder);
    let small = party.mask(width, &mut vector, &mut out[1..]).unwrap_err();
    assert_eq!((small.kind(), small.bound()), (ErrorKind::BufferTooSmall, Some(32)));
    assert_eq!(party.mask(width, &mut [0u64; 2], &mut out).unwrap_err().kind(), ErrorKind::InvalidWidth);
    assert_eq!(party.mask::<u128>(width, &mut [], &mut out).unwrap_err().kind(), ErrorKind::InvalidLength);
    assert_eq!((vector, out), ([5, 6], [0; 32]));
    assert_eq!(format!("{party:?}"), "Mesh(..)");
}
