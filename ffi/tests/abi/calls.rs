//! Arbitrary calls of the C ABI: any order, NULL, handles of another kind, ended handles, buffers of any room, messages that are cut, altered or
//! another's. [`exercise`] reads the calls from bytes, so the fuzz target and the test below share it.
//!
//! Every call keeps to what the header demands of pointers. After each one: no panic, a known status, no output that was not earned, and
//! nothing written behind a buffer.
#![allow(unsafe_code, reason = "stands where a C program stands")]
#![allow(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    clippy::panic,
    clippy::integer_division_remainder_used,
    clippy::missing_panics_doc,
    reason = "a program of tests: pointers are valid or NULL, what is wrong stops it"
)]

use core::ffi::{CStr, c_void};
use core::ptr::{null, null_mut};

use cloakwork::channel::*;
use cloakwork::client::*;
use cloakwork::identity::*;
use cloakwork::opening::*;
use cloakwork::rng::cloak_rng;
use cloakwork::roster::cloak_member;
use cloakwork::run::*;
use cloakwork::segment::*;
use cloakwork::server::*;
use cloakwork::status::cloak_status::{self, *};
use cloakwork::status::cloak_status_text;

#[path = "calls/noise.rs"]
mod noise;
#[path = "calls/others.rs"]
mod others;
#[path = "calls/protocol.rs"]
mod protocol;

/// Members of the run that every exercise starts with.
const MEMBERS: usize = 4;
/// Values of its only segment.
const VALUES: usize = 12;
/// Calls of one exercise at most.
const MOST_CALLS: usize = 200;
const CANARY: u8 = 0xc3;
const CONTEXT: [u8; 32] = [7; 32];

/// The bytes that decide; zeros when they are used up.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound
    }

    /// True about once in so many times, and never when the bytes are used up.
    fn rarely(&mut self, times: u8) -> bool {
        self.byte() % times == 1
    }
}

/// A generator that counts, and fails when it is told to.
struct Source {
    count: u64,
    fails: bool,
}

unsafe extern "C" fn fill(userdata: *mut c_void, out: *mut u8, length: usize) -> i32 {
    let source = unsafe { &mut *userdata.cast::<Source>() };
    let out = unsafe { core::slice::from_raw_parts_mut(out, length) };
    for byte in out {
        source.count = source.count.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        *byte = source.count.to_be_bytes()[0];
    }
    i32::from(source.fails)
}

/// Every object of an exercise and every message that was seen.
struct Objects {
    source: Source,
    identities: Vec<*mut cloak_identity>,
    runs: Vec<*mut cloak_run>,
    clients: Vec<*mut cloak_client>,
    servers: Vec<*mut cloak_server>,
    openings: Vec<*mut cloak_opening>,
    channels: Vec<*mut cloak_channel>,
    messages: Vec<Vec<u8>>,
    payloads: Vec<Vec<u8>>,
    reached: Reached,
    /// Aligned memory that is no handle.
    nothing: Box<[u128; 64]>,
}

fn well(status: cloak_status) -> bool {
    let text = unsafe { CStr::from_ptr(cloak_status_text(status as i32)) };
    assert!(!text.is_empty());
    assert_ne!(status, CLOAK_ERR_PANIC, "a bug");
    assert_ne!(status, CLOAK_ERR_MISALIGNED, "nothing here is misaligned");
    assert_ne!(status, CLOAK_ERR_OVERLAP, "nothing here overlaps");
    status == CLOAK_OK
}

/// A pointer from a pool, NULL, or one that is no handle of the kind.
fn pick<T>(choices: &mut Choices<'_>, pool: &[*mut T], others: &[*mut c_void], nothing: &mut [u128; 64]) -> *mut T {
    match choices.byte() {
        250 => null_mut(),
        251 => nothing.as_mut_ptr().cast(),
        252.. => others.get(choices.below(others.len().max(1))).copied().unwrap_or(null_mut()).cast(),
        index if pool.is_empty() => nothing.as_mut_ptr().wrapping_add(usize::from(index & 1)).cast(),
        index => pool[usize::from(index) % pool.len()],
    }
}

/// Runs a call with a vector as output, with any room, and returns what it wrote.
fn written<T: Copy + PartialEq>(
    choices: &mut Choices<'_>,
    canary: T,
    most: usize,
    call: impl FnOnce(*mut T, usize, *mut usize) -> cloak_status,
) -> Option<Vec<T>> {
    let room = match choices.byte() {
        0..=239 => most,
        240..=247 => 0,
        part => usize::from(part) % most.max(1),
    };
    let mut out = vec![canary; room + 4];
    let mut length = usize::MAX;
    let place = if room == 0 { null_mut() } else { out.as_mut_ptr() };
    let status = call(place, room, &mut length);
    let good = well(status);
    let wrote = if good { length } else { 0 };
    assert!(wrote <= room, "more than fits");
    // A call that fails for another reason than too little room may use the room that it has.
    let touched = if good { wrote } else { room * usize::from(status != CLOAK_ERR_BUFFER_TOO_SMALL) };
    assert!(out[touched..].iter().all(|element| *element == canary), "written behind the end");
    match status {
        CLOAK_OK => {}
        CLOAK_ERR_BUFFER_TOO_SMALL => assert!(length > room, "the size that is needed"),
        _ => assert_eq!(length, usize::MAX, "an output of a call that failed"),
    }
    good.then(|| {
        out.truncate(wrote);
        out
    })
}

impl Objects {
    fn new() -> Self {
        let mut source = Source { count: 1, fails: false };
        let rng = cloak_rng { fill: Some(fill), userdata: (&raw mut source).cast() };
        let mut objects = Self {
            source: Source { count: 2, fails: false },
            identities: Vec::new(),
            runs: Vec::new(),
            clients: Vec::new(),
            servers: Vec::new(),
            openings: Vec::new(),
            channels: Vec::new(),
            messages: vec![Vec::new()],
            payloads: Vec::new(),
            reached: Reached::default(),
            nothing: Box::new([0x4141_4141_4141_4141_4141_4141_4141_4141; 64]),
        };
        for _ in 0..MEMBERS {
            let mut identity = null_mut();
            assert!(well(unsafe { cloak_identity_new(&rng, &mut identity) }));
            objects.identities.push(identity);
        }
        let run = objects.plan(&config());
        objects.runs.extend(run);
        for index in 0..MEMBERS {
            let mut client = null_mut();
            let status =
                unsafe { cloak_client_new(objects.runs[0], objects.identities[index], &mut client, null_mut()) };
            assert!(well(status));
            objects.clients.push(client);
        }
        let mut server = null_mut();
        assert!(well(unsafe { cloak_server_new(objects.runs[0], &mut server, null_mut()) }));
        objects.servers.push(server);
        objects
    }

    fn plan(&self, config: &cloak_run_config) -> Option<*mut cloak_run> {
        let members: Vec<cloak_member> =
            (1..).zip(&self.identities).take(MEMBERS).map(|(id, identity)| member(id, *identity)).collect();
        let mut label = [0; 33];
        label[0] = 0x78;
        let encoding = CLOAK_ENCODING_FIXED_POINT;
        let segment = cloak_segment { length: VALUES as u64, label, bits: 20, encoding, fraction: 4 };
        let mut run = null_mut();
        let (roster, count) = (members.as_ptr(), members.len());
        let status = unsafe { cloak_run_new(config, null(), &segment, 1, roster, count, &mut run, null_mut()) };
        well(status).then_some(run)
    }

    /// A message that was seen, perhaps cut or altered.
    fn message(&self, choices: &mut Choices<'_>) -> Vec<u8> {
        let index = choices.below(self.messages.len());
        // The last ones are the most likely to be expected.
        let mut message = self.messages[self.messages.len() - 1 - index].clone();
        if choices.rarely(8) {
            let place = choices.below(message.len().max(1));
            match choices.byte() {
                0..=99 => message.truncate(place),
                100..=199 => {
                    let change = choices.byte();
                    if let Some(byte) = message.get_mut(place) {
                        *byte ^= change;
                    }
                }
                byte => message.push(byte),
            }
        }
        message
    }

    fn keep(&mut self, message: Option<Vec<u8>>) {
        self.messages.extend(message.filter(|message| !message.is_empty()));
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        unsafe {
            self.openings.iter().for_each(|opening| cloak_opening_free(*opening));
            self.channels.iter().for_each(|channel| cloak_channel_free(*channel));
            self.clients.iter().for_each(|client| cloak_client_free(*client));
            self.servers.iter().for_each(|server| cloak_server_free(*server));
            self.runs.iter().for_each(|run| cloak_run_free(*run));
            self.identities.iter().for_each(|identity| cloak_identity_free(*identity));
        }
    }
}

fn member(id: u64, identity: *const cloak_identity) -> cloak_member {
    let mut key = [0; 32];
    assert!(well(unsafe { cloak_identity_public_key(identity, key.as_mut_ptr()) }));
    cloak_member { id, key }
}

const fn config() -> cloak_run_config {
    cloak_run_config {
        run_id: [1; 16],
        beacon: [2; 32],
        settings_hash: [3; 32],
        degree: 0,
        // 2 > 3 / 2: one of four may drop out.
        threshold: 2,
        min_inputs: 2,
        colluders: 0,
        max_rounds: 100,
        setup_seconds: 60,
        step_seconds: 60,
        suite: CLOAK_SUITE_CHACHA20,
        mode: CLOAK_MODE_RECOVERY,
        max_passes: 3,
        reserved: 0,
    }
}

/// How far an exercise got.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reached {
    /// Steps that the server was in, by number.
    pub steps: [bool; 9],
    /// States that clients were in, by number.
    pub states: [bool; 9],
    /// Rounds that were opened.
    pub openings: u32,
    /// Contributions to runs with noise that were whole.
    pub contributions: u32,
    /// Plans that were found.
    pub plans: u32,
}

/// Makes the calls that `data` spells.
pub fn exercise(data: &[u8]) -> Reached {
    let mut choices = Choices(data);
    let mut objects = Objects::new();
    for _ in 0..MOST_CALLS {
        if choices.0.is_empty() {
            break;
        }
        if choices.byte() < 216 { objects.advance(&mut choices) } else { objects.call(&mut choices) }
    }
    objects.reached
}
