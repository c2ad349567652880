//! What the tests share: a deterministic generator, the two-call way to read a buffer, and a small run with its parties.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use cloakwork::channel::*;
use cloakwork::client::mask::*;
use cloakwork::client::state::*;
use cloakwork::client::steps::*;
use cloakwork::client::*;
use cloakwork::identity::*;
use cloakwork::privacy::mechanism::cloak_mechanism;
use cloakwork::rng::cloak_rng;
use cloakwork::roster::cloak_member;
use cloakwork::run::*;
use cloakwork::segment::*;
use cloakwork::server::*;
use cloakwork::status::cloak_status::{self, CLOAK_ERR_BUFFER_TOO_SMALL, CLOAK_OK};
use cloakwork::values::*;

/// Splitmix64: not secret, but the same in every run of the tests.
pub struct Generator(pub u64);

impl Generator {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn rng(&mut self) -> cloak_rng {
        cloak_rng { fill: Some(fill), userdata: (&raw mut *self).cast() }
    }
}

unsafe extern "C" fn fill(userdata: *mut c_void, out: *mut u8, length: usize) -> i32 {
    let generator = unsafe { &mut *userdata.cast::<Generator>() };
    let out = unsafe { core::slice::from_raw_parts_mut(out, length) };
    for piece in out.chunks_mut(8) {
        piece.copy_from_slice(&generator.next().to_le_bytes()[..piece.len()]);
    }
    0
}

/// Calls a function with a vector as output twice: for its size, then with exactly that much room.
pub fn vector<T: Clone + Default>(mut call: impl FnMut(*mut T, usize, *mut usize) -> cloak_status) -> Vec<T> {
    let mut length = usize::MAX;
    match call(null_mut(), 0, &mut length) {
        CLOAK_OK => {
            assert_eq!(length, 0, "nothing fits in no room");
            return Vec::new();
        }
        status => assert_eq!(status, CLOAK_ERR_BUFFER_TOO_SMALL),
    }
    let needed = length;
    let mut out = vec![T::default(); needed];
    assert_eq!(call(out.as_mut_ptr(), needed, &mut length), CLOAK_OK);
    assert_eq!(length, needed);
    out
}

/// Calls a function that makes an object.
pub fn object<T>(call: impl FnOnce(*mut *mut T) -> cloak_status) -> *mut T {
    let mut object = null_mut();
    assert_eq!(call(&mut object), CLOAK_OK);
    assert!(!object.is_null());
    object
}

pub fn identity(number: u64) -> *mut cloak_identity {
    let mut generator = Generator(number);
    let rng = generator.rng();
    object(|out| unsafe { cloak_identity_new(&rng, out) })
}

pub fn public_key(identity: *const cloak_identity) -> [u8; 32] {
    let mut key = [0; 32];
    assert_eq!(unsafe { cloak_identity_public_key(identity, key.as_mut_ptr()) }, CLOAK_OK);
    key
}

pub fn segment(label: &str, bits: u8, length: u64, encoding: u8, fraction: i8) -> cloak_segment {
    let mut segment = cloak_segment { length, label: [0; 33], bits, encoding, fraction };
    for (place, character) in segment.label.iter_mut().zip(label.bytes()) {
        *place = core::ffi::c_char::from_ne_bytes([character]);
    }
    segment
}

pub const fn config(threshold: u32) -> cloak_run_config {
    cloak_run_config {
        run_id: [1; 16],
        beacon: [2; 32],
        settings_hash: [3; 32],
        degree: 0,
        threshold,
        min_inputs: 2,
        colluders: 1,
        max_rounds: 10,
        setup_seconds: 60,
        step_seconds: 60,
        suite: CLOAK_SUITE_CHACHA20,
        mode: CLOAK_MODE_RECOVERY,
        max_passes: 3,
        reserved: 0,
    }
}

/// A run of `count` members with its clients, ids 10, 20, ... and a server, before set-up.
pub struct World {
    pub run: *mut cloak_run,
    pub identities: Vec<*mut cloak_identity>,
    pub clients: Vec<*mut cloak_client>,
    pub server: *mut cloak_server,
    pub generator: Generator,
}

pub const CONTEXT: [u8; 32] = [7; 32];

impl World {
    pub fn new(count: u64, config: &cloak_run_config, segments: &[cloak_segment]) -> Self {
        Self::with_noise(count, config, None, segments)
    }

    pub fn with_noise(
        count: u64,
        config: &cloak_run_config,
        mechanism: Option<&cloak_mechanism>,
        segments: &[cloak_segment],
    ) -> Self {
        let identities: Vec<_> = (1..=count).map(identity).collect();
        let members: Vec<cloak_member> =
            (1..).zip(&identities).map(|(n, i)| cloak_member { id: 10 * n, key: public_key(*i) }).collect();
        let mechanism = mechanism.map_or(null(), core::ptr::from_ref);
        let (parts, roster) = ((segments.as_ptr(), segments.len()), (members.as_ptr(), members.len()));
        let run = object(|out| unsafe {
            cloak_run_new(config, mechanism, parts.0, parts.1, roster.0, roster.1, out, null_mut())
        });
        let clients = identities
            .iter()
            .map(|identity| object(|out| unsafe { cloak_client_new(run, *identity, out, null_mut()) }))
            .collect();
        let server = object(|out| unsafe { cloak_server_new(run, out, null_mut()) });
        Self { run, identities, clients, server, generator: Generator(99) }
    }

    pub const fn id(index: usize) -> u64 {
        10 * (index as u64 + 1)
    }

    /// The message that the server has for a client.
    pub fn message(&self, index: usize) -> Vec<u8> {
        vector(|out, capacity, length| unsafe {
            cloak_server_message(self.server, Self::id(index), out, capacity, length)
        })
    }

    pub fn receive(&self, index: usize, message: &[u8]) -> cloak_receipt {
        let mut receipt = cloak_receipt { payload_offset: 0, payload_length: 0, kind: 0, counted: 0 };
        let status = unsafe {
            cloak_server_receive(self.server, Self::id(index), message.as_ptr(), message.len(), &mut receipt)
        };
        assert_eq!(status, CLOAK_OK);
        receipt
    }

    pub fn step(&self) -> i32 {
        let mut phase = cloak_phase { step: -1, epoch: 0, round: 0, pass: 0, outcome: 0 };
        assert_eq!(unsafe { cloak_server_get_phase(self.server, &mut phase) }, CLOAK_OK);
        phase.step
    }

    /// Set-up of everyone.
    pub fn set_up(&mut self) {
        let mut epoch = 0;
        assert_eq!(unsafe { cloak_server_invite(self.server, &mut epoch) }, CLOAK_OK);
        for index in 0..self.clients.len() {
            let answer = self.advertise(index);
            self.receive(index, &answer);
        }
        assert_eq!(self.step(), cloak_step::CLOAK_STEP_CONFIRM as i32);
        let keys: Vec<_> = (0..self.clients.len()).map(|index| self.message(index)).collect();
        for (index, keys) in keys.iter().enumerate() {
            let client = self.clients[index];
            let answer = vector(|out, capacity, length| unsafe {
                cloak_client_confirm(client, keys.as_ptr(), keys.len(), out, capacity, length)
            });
            self.receive(index, &answer);
        }
        for (index, client) in self.clients.iter().enumerate() {
            let message = self.message(index);
            let mut unconfirmed = usize::MAX;
            let status = unsafe { cloak_client_accept(*client, message.as_ptr(), message.len(), &mut unconfirmed) };
            assert_eq!((status, unconfirmed), (CLOAK_OK, 0));
        }
        assert_eq!(self.step(), cloak_step::CLOAK_STEP_READY as i32);
    }

    pub fn advertise(&mut self, index: usize) -> Vec<u8> {
        let rng = self.generator.rng();
        let message = self.message(index);
        vector(|out, capacity, length| unsafe {
            cloak_client_advertise(self.clients[index], &rng, message.as_ptr(), message.len(), out, capacity, length)
        })
    }

    /// Begins a round of everyone, at the server and at the clients.
    pub fn begin(&self) {
        let mut round = 0;
        let status = unsafe { cloak_server_begin(self.server, null(), 0, CONTEXT.as_ptr(), &mut round) };
        assert_eq!(status, CLOAK_OK);
        for (index, client) in self.clients.iter().enumerate() {
            let message = self.message(index);
            let status = unsafe { cloak_client_begin(*client, message.as_ptr(), message.len(), CONTEXT.as_ptr()) };
            assert_eq!(status, CLOAK_OK);
        }
    }

    /// The masked message of a client.
    pub fn mask(&mut self, index: usize, values: &[cloak_values]) -> Vec<u8> {
        let rng = self.generator.rng();
        let client = self.clients[index];
        let mut size = 0;
        assert_eq!(unsafe { cloak_client_masked_size(client, &mut size) }, CLOAK_OK);
        let message = vector(|out, capacity, length| unsafe {
            cloak_client_mask(client, &rng, values.as_ptr(), values.len(), out, capacity, length)
        });
        assert_eq!(message.len(), size);
        message
    }

    pub fn state(&self, index: usize) -> i32 {
        let mut info = cloak_client_info { id: 0, state: -1, epoch: 0, round: 0, neighbours: 0 };
        assert_eq!(unsafe { cloak_client_get_info(self.clients[index], &mut info) }, CLOAK_OK);
        assert_eq!(info.id, Self::id(index));
        info.state
    }
}

impl Drop for World {
    fn drop(&mut self) {
        unsafe {
            cloak_run_free(self.run);
            cloak_server_free(self.server);
            self.identities.iter().for_each(|identity| cloak_identity_free(*identity));
            self.clients.iter().for_each(|client| cloak_client_free(*client));
        }
    }
}

pub fn values_f64(values: &[f64]) -> cloak_values {
    cloak_values { r#type: cloak_type::CLOAK_F64 as i32, data: values.as_ptr().cast(), length: values.len() }
}

pub fn values_u64(values: &[u64]) -> cloak_values {
    cloak_values { r#type: cloak_type::CLOAK_U64 as i32, data: values.as_ptr().cast(), length: values.len() }
}

pub fn channel(identity: *const cloak_identity, side: u8, peer: &[u8; 32]) -> *mut cloak_channel {
    object(|out| unsafe { cloak_channel_new(identity, side, peer.as_ptr(), out) })
}
