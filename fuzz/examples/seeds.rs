//! Writes genuine inputs of every target below a folder, for `tools/fuzz.py search` to start from.

use cloakwork_core::fingerprint::Fingerprint;
use cloakwork_core::mpc::correlation::Correlation;
use cloakwork_core::mpc::dealer::Request;
use cloakwork_core::mpc::local::comparison::Width;
use cloakwork_core::mpc::verified;
use cloakwork_core::privacy::mechanism::{Mechanism, MechanismConfig};
use cloakwork_core::ring::{Bits, pack, packed_len};
use cloakwork_core::secagg::{Encoding, MAX_DESCRIPTION_SIZE, Segment};
use cloakwork_fuzz::noise::{GENUINE, written};
use cloakwork_fuzz::run::{MEMBERS, identity, setting};
use cloakwork_fuzz::transcript::{Event, transcript};
use std::path::PathBuf;

/// The run of all targets with a private vector.
fn private_description() -> Vec<u8> {
    let mechanism = Mechanism::new(GENUINE).expect("valid");
    let segment = Segment::new("private", 20, mechanism.padded(), Encoding::Residues).expect("valid");
    let mut config = setting().run.config().clone();
    config.segments = heapless::Vec::from_slice(&[segment]).expect("room for eight");
    config.mechanism = Some(mechanism);
    let mut description = vec![0; MAX_DESCRIPTION_SIZE];
    let size = config.encode(&mut description).expect("valid");
    description.truncate(size);
    description
}

/// Requests with every kind of correlation.
fn requests() -> [Vec<Correlation>; 2] {
    let (low, signed) = (Width::low(16).expect("1 to 64"), Width::signed(64).expect("2 to 64"));
    let masks = |fraction, width| Correlation::Masks { count: 3, fraction, width };
    [
        vec![
            Correlation::Products { count: 5 },
            Correlation::Squares { count: 1 },
            Correlation::MatrixProduct { rows: 2, inner: 3, columns: 4 },
            Correlation::Selectors { count: 7, width: signed },
        ],
        vec![
            masks(Some(16), Some(low)),
            masks(None, None),
            masks(Some(62), None),
            Correlation::Bits { count: 100 },
            Correlation::Ands { count: 64 },
            Correlation::SharedAnds { count: 0 },
        ],
    ]
}

/// Correlations with MACs: another kind of dealer knows them.
fn verified_requests() -> Vec<verified::Correlation> {
    use verified::Correlation as Verified;
    vec![
        Verified::Known { owner: 1, count: 3 },
        Verified::Masks { count: 2 },
        Verified::Products { count: 5 },
        Verified::Squares { count: 1 },
        Verified::MatrixProduct { rows: 2, inner: 3, columns: 4 },
        Verified::Truncations { count: 3, fraction: 16 },
    ]
}

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder"));
    let write = |target: &str, number: usize, bytes: &[u8]| {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder).expect("a folder that can be written");
        std::fs::write(folder.join(format!("genuine-{number:02}")), bytes).expect("a folder that can be written");
    };
    let numbered = |number: usize, message: &[u8]| [&[number as u8], message].concat();

    write("run_description", 0, &setting().description);
    write("run_description", 1, &private_description());
    for (number, unit) in (0..3).enumerate() {
        let delta_and_rounds = [&1e-5f64.to_le_bytes()[..], &10u32.to_le_bytes()].concat();
        let tail = [&[20][..], &0.25f64.to_le_bytes(), &[unit, 1], &100u32.to_le_bytes(), &delta_and_rounds].concat();
        write("mechanism", number, &[written(&GENUINE), tail].concat());
    }
    // With more noise than signal a wrong account of the noise would show.
    let strong = MechanismConfig { noise: 1000.0, ..GENUINE };
    for (number, (config, [bits, suite])) in
        [(GENUINE, [20, 0]), (strong, [40, 1]), (GENUINE, [8, 1])].into_iter().enumerate()
    {
        // A shape, and the values of a part.
        let part = [&[0][..], &0.3f64.to_le_bytes().repeat(GENUINE.dimension as usize)].concat();
        write("private_vector", number, &[written(&config), [bits, suite, 7].to_vec(), part.repeat(4)].concat());
    }
    let roster: Vec<u8> = setting().roster.iter().flat_map(|member| member.to_bytes()).collect();
    write("roster", 0, &numbered(MEMBERS, &roster));
    for (number, correlations) in requests().into_iter().enumerate() {
        write("dealer_request", number, &Request::new(0, correlations).expect("a few").encode());
    }
    write("dealer_request", 2, &Request::new(0, verified_requests()).expect("a few").encode());
    write("member_set", 0, &[5, 0, 0b11011]);
    write("fingerprint", 0, Fingerprint::new(&identity(0).public_key()).as_str().as_bytes());
    for (number, bits) in [1, 20, 33, 64, 100, 128].into_iter().enumerate() {
        let width = Bits::new(bits).expect("1 to 128");
        let mut packed = vec![0; packed_len(width, 9) as usize];
        if bits > 64 {
            pack(width, &[u128::MAX / 3; 9], &mut packed).expect("exact length");
        } else if bits > 32 {
            pack(width, &[u64::MAX / 3; 9], &mut packed).expect("exact length");
        } else {
            pack(width, &[u32::MAX / 3; 9], &mut packed).expect("exact length");
        }
        write("packing", number, &[&[bits, 9][..], &packed].concat());
        write("fixed_point", number, &[&[bits, 8, 5, 0][..], &0.3f64.to_bits().to_le_bytes().repeat(4)].concat());
    }
    for (number, delivery) in transcript().deliveries.iter().enumerate() {
        write("client_messages", number, &numbered(number, &delivery.message));
        write("saved_state", number, &delivery.before);
    }
    let received = transcript().events.iter().filter_map(|event| match event {
        Event::Receive(_, message) => Some(message),
        _ => None,
    });
    for (number, message) in received.enumerate() {
        write("server_messages", number, &numbered(number, message));
    }
    // A list of actions is read as: a one for `another`, then the number of the action in 32 bits; 0 is to proceed.
    for (number, actions) in [10, 20, 60].into_iter().enumerate() {
        let proceed = [1, 0, 0, 0, 0].repeat(actions);
        write("client_machine", number, &proceed);
        write("server_machine", number, &proceed);
        // Choices of calls: any bytes.
        write("c_abi", number, &transcript().deliveries[number].before);
    }
}
