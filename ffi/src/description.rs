//! The fields of a run description, for whoever defines a run, reads one, or is a client of one.

use cloakwork_core::secagg::{Mode, Run, RunConfig};

/// `cloak_run_config.suite`: X25519, HKDF-SHA256, ChaCha20. For runs with microcontrollers.
pub const CLOAK_SUITE_CHACHA20: u8 = 1;
/// `cloak_run_config.suite`: the same with AES-128-CTR masks. For servers with AES instructions.
pub const CLOAK_SUITE_AES128_CTR: u8 = 2;
/// `cloak_run_config.mode`: no self masks; a round needs every participant.
pub const CLOAK_MODE_NO_RECOVERY: u8 = 0;
/// `cloak_run_config.mode`: a round survives dropouts.
pub const CLOAK_MODE_RECOVERY: u8 = 1;

/// The fields of a run description beside its segments and its roster; their bounds are in the protocol document, section 2.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_run_config {
    /// Names the run: 16 random bytes.
    pub run_id: [u8; 16],
    /// Public randomness that decides the graph, drawn after the roster was fixed and unpredictable to whoever fixed it.
    pub beacon: [u8; 32],
    /// SHA-256 of whatever else the hosts agree on.
    pub settings_hash: [u8; 32],
    /// Neighbours of each member: 0 for the complete graph, else even and below the number of members.
    pub degree: u32,
    /// Shares t that recover a seed: 1 <= t <= k and 2t > k + colluders, for k neighbours; 0 without recovery.
    pub threshold: u32,
    /// Smallest set whose sum may be opened: 2 (without recovery `colluders` + 2) to the number of members.
    pub min_inputs: u32,
    /// At most so many of the neighbours of any member are assumed to collude with the server.
    pub colluders: u32,
    /// Rounds of the run, at least 1.
    pub max_rounds: u32,
    /// Seconds for each step of set-up: 1 to 604800.
    pub setup_seconds: u32,
    /// Seconds for each step of a round: 1 to 604800.
    pub step_seconds: u32,
    /// `CLOAK_SUITE_CHACHA20` or `CLOAK_SUITE_AES128_CTR`.
    pub suite: u8,
    /// `CLOAK_MODE_RECOVERY` or `CLOAK_MODE_NO_RECOVERY`.
    pub mode: u8,
    /// How often the surviving set may shrink in a round: 1 to 255; 0 without recovery.
    pub max_passes: u8,
    /// Zero.
    pub reserved: u8,
}

/// Numbers that follow from a run.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cloak_run_info {
    /// Bytes of the payload of a masked message.
    pub payload_size: u64,
    /// Number of members.
    pub members: u32,
    /// Neighbours that each member has.
    pub neighbours: u32,
    /// Number of segments.
    pub segments: u32,
    /// 1 if the run has a noise mechanism, whose private vector is then its only segment; else 0.
    pub private_vector: u32,
}

impl From<&RunConfig> for cloak_run_config {
    fn from(config: &RunConfig) -> Self {
        Self {
            run_id: config.run_id,
            beacon: config.beacon,
            settings_hash: config.settings_hash,
            degree: config.degree,
            threshold: config.threshold,
            min_inputs: config.min_inputs,
            colluders: config.colluders,
            max_rounds: config.max_rounds,
            setup_seconds: config.limits.setup,
            step_seconds: config.limits.step,
            suite: config.suite.id(),
            mode: match config.mode {
                Mode::NoRecovery => CLOAK_MODE_NO_RECOVERY,
                Mode::Recovery => CLOAK_MODE_RECOVERY,
            },
            max_passes: config.max_passes,
            reserved: 0,
        }
    }
}

impl From<&Run> for cloak_run_info {
    fn from(run: &Run) -> Self {
        let config = run.config();
        Self {
            payload_size: run.payload_size(),
            members: config.members,
            neighbours: run.graph().degree(),
            segments: config.segments.iter().fold(0, |count, _| count + 1),
            #[cfg(feature = "noise")]
            private_vector: config.mechanism.is_some().into(),
            #[cfg(not(feature = "noise"))]
            private_vector: 0,
        }
    }
}
