//! Run descriptions for tests.

use cloakwork_core::agreement::Identity;
use cloakwork_core::prg::Suite;
use cloakwork_core::privacy::mechanism::Mechanism;
use cloakwork_core::secagg::{
    Encoding, Limits, MAX_DESCRIPTION_SIZE, Member, Mode, Run, RunConfig, Segment, roster_hash,
};

use super::random::Generator;

/// A run description with everything filled in; tests change what they are about.
#[derive(Clone)]
pub struct Setting {
    pub suite: Suite,
    pub mode: Mode,
    pub members: u32,
    pub degree: u32,
    pub threshold: u32,
    pub min_inputs: u32,
    pub colluders: u32,
    pub max_passes: u8,
    pub max_rounds: u32,
    pub segments: Vec<Segment>,
    pub mechanism: Option<Mechanism>,
    pub run_id: [u8; 16],
}

impl Setting {
    /// The complete graph on n members with threshold t.
    pub fn complete(members: u32, threshold: u32) -> Self {
        Self {
            suite: Suite::ChaCha20,
            mode: Mode::Recovery,
            members,
            degree: 0,
            threshold,
            min_inputs: 2,
            colluders: 0,
            max_passes: 3,
            max_rounds: u32::MAX,
            segments: vec![Segment::new("value", 16, 3, Encoding::Residues).unwrap()],
            mechanism: None,
            run_id: [0x5a; 16],
        }
    }

    /// The graph of degree k on n members with threshold t.
    pub fn sparse(members: u32, degree: u32, threshold: u32) -> Self {
        Self { degree, ..Self::complete(members, threshold) }
    }

    /// Without self masks: everyone has to answer.
    pub fn no_recovery(members: u32) -> Self {
        Self { mode: Mode::NoRecovery, max_passes: 0, ..Self::complete(members, 0) }
    }

    /// The fields over a roster.
    pub fn config(&self, roster: &[Member]) -> RunConfig {
        let mut segments = heapless::Vec::new();
        for segment in &self.segments {
            segments.push(segment.clone()).unwrap();
        }
        RunConfig {
            run_id: self.run_id,
            suite: self.suite,
            mode: self.mode,
            members: self.members,
            roster_hash: roster_hash(&mut { roster }, self.members).unwrap(),
            degree: self.degree,
            beacon: [0xbe; 32],
            threshold: self.threshold,
            min_inputs: self.min_inputs,
            colluders: self.colluders,
            max_passes: self.max_passes,
            max_rounds: self.max_rounds,
            limits: Limits { setup: 60, step: 60 },
            segments,
            mechanism: self.mechanism,
            settings_hash: [0x5e; 32],
        }
    }

    /// The run over a roster.
    pub fn run(&self, roster: &[Member]) -> Run {
        run_of(&self.config(roster))
    }
}

/// The run of a description.
pub fn run_of(config: &RunConfig) -> Run {
    let mut description = [0; MAX_DESCRIPTION_SIZE];
    let size = config.encode(&mut description).unwrap();
    Run::decode(&description[..size]).unwrap()
}

/// The id of the member at a position: ascending with gaps, from the smallest number to the largest.
pub fn id_at(position: usize, members: usize) -> u64 {
    match position {
        0 => 0,
        last if last + 1 == members => u64::MAX,
        inner => 1000 + 17 * inner as u64,
    }
}

/// Secret static keys for a roster.
pub fn secrets(rng: &mut Generator, members: usize) -> Vec<[u8; 32]> {
    (0..members).map(|_| rng.bytes()).collect()
}

/// The roster of these identities.
pub fn roster_of(secrets: &[[u8; 32]]) -> Vec<Member> {
    let key = |secret| Identity::from_bytes(secret).unwrap().public_key();
    let members = secrets.iter().enumerate();
    members.map(|(position, secret)| Member { id: id_at(position, secrets.len()), key: key(secret) }).collect()
}
