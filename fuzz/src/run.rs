//! A run of five members on the complete graph that survives one dropout.

use crate::generator::Generator;
use cloakwork_core::agreement::Identity;
use cloakwork_core::prg::Suite;
use cloakwork_core::secagg::{
    Client, Encoding, Limits, MAX_DESCRIPTION_SIZE, Member, Mode, Run, RunConfig, Segment, Server, Values, roster_hash,
};
use std::sync::OnceLock;

/// Members of the run.
pub const MEMBERS: usize = 5;

/// Its client type: room for four neighbours.
pub type Party = Client<{ MEMBERS - 1 }>;

/// Bytes that hold any message of the run.
pub const MESSAGE_SIZE: usize = 2048;

/// What every round is about.
pub const CONTEXT: [u8; 32] = [3; 32];

/// The run with its roster.
pub struct Setting {
    /// Canonical description.
    pub description: Vec<u8>,
    /// The decoded description.
    pub run: Run,
    /// Members with ids 10, 20, ...
    pub roster: Vec<Member>,
}

/// The one setting of all targets.
pub fn setting() -> &'static Setting {
    static SETTING: OnceLock<Setting> = OnceLock::new();
    SETTING.get_or_init(|| {
        let roster: Vec<Member> =
            (0..MEMBERS).map(|index| Member { id: id(index), key: identity(index).public_key() }).collect();
        let mut segments = heapless::Vec::new();
        for (label, bits, length, encoding) in [
            ("values", 20, 10, Encoding::FixedPoint { fraction: 8 }),
            ("weight", 40, 2, Encoding::FixedPoint { fraction: 0 }),
            ("wide", 100, 1, Encoding::Residues),
        ] {
            segments.push(Segment::new(label, bits, length, encoding).expect("valid")).expect("room for eight");
        }
        let config = RunConfig {
            run_id: [1; 16],
            suite: Suite::ChaCha20,
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
            segments,
            mechanism: None,
            settings_hash: [2; 32],
        };
        let mut description = vec![0; MAX_DESCRIPTION_SIZE];
        let written = config.encode(&mut description).expect("valid");
        description.truncate(written);
        let run = Run::decode(&description).expect("just encoded");
        Setting { description, run, roster }
    })
}

/// The id of a member.
pub const fn id(index: usize) -> u64 {
    10 * (index as u64 + 1)
}

/// The key pair of a member.
pub fn identity(index: usize) -> Identity {
    Identity::generate(&mut Generator::new(1000 + index as u64)).expect("a generator that does not fail")
}

/// A new client.
pub fn client(index: usize) -> Party {
    let setting = setting();
    Client::new(identity(index), setting.run.clone(), setting.roster.as_slice()).expect("a member")
}

/// A client with a saved state.
pub fn restored(index: usize, saved: &[u8]) -> cloakwork_core::Result<Party> {
    let setting = setting();
    Client::restore(identity(index), setting.run.clone(), setting.roster.as_slice(), saved)
}

/// The saved state of a client; nothing while it masks piece by piece.
pub fn saved(client: &Party) -> Option<Vec<u8>> {
    let mut bytes = vec![0; client.saved_size_limit()];
    let written = client.save(&mut bytes).ok()?;
    bytes.truncate(written);
    Some(bytes)
}

/// A new server.
pub fn server() -> Server {
    let setting = setting();
    Server::new(setting.run.clone(), setting.roster.clone()).expect("the roster of the run")
}

/// What each member contributes.
pub const CONTRIBUTION: [Values<'static>; 3] = [
    Values::F64(&[0.5, -1.25, 3.0, 0.0, 7.5, -2.0, 1.0, 1.0, 0.25, 100.0]),
    Values::I64(&[12, -7]),
    Values::U128(&[1 << 90]),
];
