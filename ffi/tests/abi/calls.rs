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
use cloakwork::client::mask::*;
use cloakwork::client::state::*;
use cloakwork::client::steps::*;
use cloakwork::client::*;
use cloakwork::error::cloak_error;
use cloakwork::fingerprint::*;
use cloakwork::identity::*;
use cloakwork::lanes::*;
use cloakwork::message::*;
use cloakwork::opening::*;
use cloakwork::rng::cloak_rng;
use cloakwork::roster::cloak_member;
use cloakwork::run::*;
use cloakwork::segment::*;
use cloakwork::server::lists::*;
use cloakwork::server::*;
use cloakwork::status::cloak_status::{self, *};
use cloakwork::status::cloak_status_text;
use cloakwork::values::*;

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
        let status =
            unsafe { cloak_run_new(config, &segment, 1, members.as_ptr(), members.len(), &mut run, null_mut()) };
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

    /// The next step of the protocol between a server and one of the first clients, as far as it goes.
    fn advance(&mut self, choices: &mut Choices<'_>) {
        let index = choices.below(MEMBERS);
        let (server, id) = (self.servers[0], index as u64 + 1);
        let mut phase = cloak_phase { step: 0, epoch: 0, round: 0, pass: 0, outcome: 0 };
        let mut number = 0;
        if well(unsafe { cloak_server_get_phase(server, &mut phase) }) {
            self.reached.steps[phase.step.unsigned_abs() as usize] = true;
            let is = |step: cloak_step| phase.step == step as i32;
            if is(cloak_step::CLOAK_STEP_IDLE) {
                well(unsafe { cloak_server_invite(server, &mut number) });
            } else if (is(cloak_step::CLOAK_STEP_READY) || is(cloak_step::CLOAK_STEP_FINISHED)) && choices.rarely(8) {
                well(unsafe { cloak_server_begin(server, null(), 0, CONTEXT.as_ptr(), &mut number) });
            } else if is(cloak_step::CLOAK_STEP_SUM) {
                self.open(choices, server);
                well(unsafe { cloak_server_finish(server, 0) });
            } else if choices.rarely(16) {
                well(unsafe { cloak_server_close_step(server) });
            }
        }
        let mut message = vec![0; 4096];
        let mut length = 0;
        if !well(unsafe { cloak_server_message(server, id, message.as_mut_ptr(), message.len(), &mut length) }) {
            return;
        }
        message.truncate(length);
        let answer = self.answer(choices, index, &message);
        self.keep(Some(message));
        if let Some(answer) = answer {
            self.receive(server, id, &answer);
            self.keep(Some(answer));
        }
    }

    /// What a client does with a message, by its kind.
    fn answer(&mut self, choices: &mut Choices<'_>, client: usize, message: &[u8]) -> Option<Vec<u8>> {
        let &client = self.clients.get(client)?;
        self.look(client, self.servers[0]);
        let mut kind = 0;
        well(unsafe { cloak_message_kind(message.as_ptr(), message.len(), &mut kind) });
        self.step(choices, client, kind, message)
    }

    /// One of the steps of a client.
    fn step(
        &mut self,
        choices: &mut Choices<'_>,
        client: *mut cloak_client,
        kind: i32,
        message: &[u8],
    ) -> Option<Vec<u8>> {
        let (data, size) = (message.as_ptr(), message.len());
        self.source.fails = choices.rarely(30);
        let rng = cloak_rng { fill: Some(fill), userdata: (&raw mut self.source).cast() };
        if kind == cloak_kind::CLOAK_INVITE as i32 {
            written(choices, CANARY, 200, |out, room, length| unsafe {
                cloak_client_advertise(client, &rng, data, size, out, room, length)
            })
        } else if kind == cloak_kind::CLOAK_KEYS as i32 {
            written(choices, CANARY, 200, |out, room, length| unsafe {
                cloak_client_confirm(client, data, size, out, room, length)
            })
        } else if kind == cloak_kind::CLOAK_CONFIRMATIONS as i32 {
            let mut unconfirmed = usize::MAX;
            let good = well(unsafe { cloak_client_accept(client, data, size, &mut unconfirmed) });
            assert_eq!(good, unconfirmed != usize::MAX);
            None
        } else if kind == cloak_kind::CLOAK_BEGIN as i32 {
            well(unsafe { cloak_client_begin(client, data, size, CONTEXT.as_ptr()) });
            self.mask(choices, client)
        } else if kind == cloak_kind::CLOAK_SURVIVORS as i32 {
            written(choices, CANARY, 500, |out, room, length| unsafe {
                cloak_client_acknowledge(client, data, size, out, room, length)
            })
        } else if kind == cloak_kind::CLOAK_OPEN as i32 {
            written(choices, CANARY, 500, |out, room, length| unsafe {
                cloak_client_unmask(client, data, size, out, room, length)
            })
        } else {
            let mut outcome = 0;
            well(unsafe { cloak_client_finish(client, data, size, &mut outcome) });
            None
        }
    }

    /// Masks a contribution, whole or in pieces, with any type and any values.
    fn mask(&mut self, choices: &mut Choices<'_>, client: *mut cloak_client) -> Option<Vec<u8>> {
        let rng = cloak_rng { fill: Some(fill), userdata: (&raw mut self.source).cast() };
        let numbers = [f64::from(choices.byte()) * 64.0; VALUES + 4];
        let length = if choices.rarely(10) { choices.below(VALUES + 4) } else { VALUES };
        let r#type = if choices.rarely(10) { i32::from(choices.byte()) - 1 } else { cloak_type::CLOAK_F64 as i32 };
        let r#type = if r#type == cloak_type::CLOAK_U128 as i32 { 0 } else { r#type };
        let values = cloak_values { r#type, data: numbers.as_ptr().cast(), length };
        if choices.rarely(4) {
            let head = written(choices, CANARY, 1000, |out, room, length| unsafe {
                cloak_client_mask_begin(client, &rng, out, room, length)
            });
            let piece = cloak_values { length: 8, ..values };
            let first = written(choices, CANARY, 100, |out, room, length| unsafe {
                cloak_client_mask_chunk(client, &piece, out, room, length)
            });
            let piece = cloak_values { length: length.saturating_sub(8), ..values };
            let last = written(choices, CANARY, 100, |out, room, length| unsafe {
                cloak_client_mask_chunk(client, &piece, out, room, length)
            });
            return Some([head?, first?, last?].concat());
        }
        let count = if choices.rarely(20) { 0 } else { 1 };
        written(choices, CANARY, 1000, |out, room, length| unsafe {
            cloak_client_mask(client, &rng, &values, count, out, room, length)
        })
    }

    fn receive(&mut self, server: *mut cloak_server, sender: u64, message: &[u8]) {
        let mut receipt = cloak_receipt { payload_offset: 0, payload_length: 0, kind: 0, counted: 9 };
        let status = unsafe { cloak_server_receive(server, sender, message.as_ptr(), message.len(), &mut receipt) };
        if well(status) {
            assert!(receipt.counted < 2);
            let payload = &message[receipt.payload_offset..][..receipt.payload_length];
            if !payload.is_empty() {
                self.payloads.push(payload.to_vec());
            }
        }
    }

    /// Adds payloads up and takes masks off, in any range.
    fn sum(&mut self, choices: &mut Choices<'_>, opening: *mut cloak_opening) {
        let mut sum = [0u128; 8];
        let r#type = if choices.rarely(8) { i32::from(choices.byte()) } else { cloak_type::CLOAK_U32 as i32 };
        // Elements of 16 bytes are the largest: eight of any type fit.
        let length = if r#type == cloak_type::CLOAK_U32 as i32 { VALUES + 4 } else { choices.below(9) };
        let lanes = cloak_lanes { r#type, data: sum.as_mut_ptr().cast(), length };
        let first = if choices.rarely(4) { u64::from(choices.byte()) } else { 0 };
        let segment = u32::from(choices.rarely(10));
        for payload in &self.payloads {
            well(unsafe { cloak_opening_add(opening, segment, first, payload.as_ptr(), payload.len(), &lanes) });
        }
        well(unsafe { cloak_opening_unmask(opening, segment, first, &lanes) });
        let zeros = cloak_values { r#type, data: sum.as_ptr().cast(), length: choices.below(9) };
        well(unsafe { cloak_opening_check_zeros(opening, segment, &zeros) });
        let (mut numbers, mut integers) = ([0.0; VALUES], [0; VALUES]);
        let residues = cloak_values { length, ..zeros };
        well(unsafe { cloak_run_to_f64(self.runs[0], segment, &residues, numbers.as_mut_ptr(), length.min(VALUES)) });
        well(unsafe { cloak_run_to_i64(self.runs[0], segment, &residues, integers.as_mut_ptr(), length.min(VALUES)) });
    }

    /// One call that is not the next step of the protocol.
    fn call(&mut self, choices: &mut Choices<'_>) {
        let others: Vec<*mut c_void> = [
            self.identities[0].cast(),
            self.runs[0].cast(),
            self.servers[0].cast(),
            self.clients.first().map_or(null_mut(), |client| client.cast()),
            self.openings.first().map_or(null_mut(), |opening| opening.cast()),
            self.channels.first().map_or(null_mut(), |channel| channel.cast()),
        ]
        .into();
        let client = pick(choices, &self.clients, &others, &mut self.nothing);
        let server = pick(choices, &self.servers, &others, &mut self.nothing);
        let mut number = 0;
        match choices.below(24) {
            0 => {
                let message = self.message(choices);
                let kind = [16, 17, 18, 19, 20, 21, 22][choices.below(7)];
                let answer = self.step(choices, client, kind, &message);
                self.keep(answer);
            }
            1 => {
                let answer = self.mask(choices, client);
                self.keep(answer);
            }
            2 => {
                let message = self.message(choices);
                self.receive(server, choices.below(MEMBERS + 2) as u64, &message);
            }
            3 => {
                well(unsafe { cloak_server_close_step(server) });
            }
            4 if choices.rarely(4) => {
                well(unsafe { cloak_server_stop(server) });
            }
            5 => {
                well(unsafe { cloak_server_finish(server, [0, 407, 101, -1][choices.below(4)]) });
            }
            6 if choices.rarely(4) => {
                well(unsafe { cloak_server_invite(server, &mut number) });
            }
            7 => {
                let ids = [1, 2, 3, 4, 9];
                let count = choices.below(6);
                well(unsafe { cloak_server_begin(server, ids.as_ptr(), count, CONTEXT.as_ptr(), &mut number) });
            }
            8 => self.open(choices, server),
            9 => {
                let opening = pick(choices, &self.openings, &others, &mut self.nothing);
                self.sum(choices, opening);
            }
            10 => self.lists(choices, server),
            11 => self.look(client, server),
            12 => self.save(choices, client),
            13 if choices.rarely(4) => self.replace_client(choices),
            14 => self.run(choices, &others),
            15 => self.replan(choices),
            16 => self.identity(choices, &others),
            17 => self.channel(choices, &others),
            18 => self.fingerprint(choices),
            19 => {
                let message = written(choices, CANARY, 4096, |out, room, length| unsafe {
                    cloak_server_confirmations(server, 1, out, room, length)
                });
                self.keep(message);
            }
            20 => {
                let id = choices.below(MEMBERS + 2) as u64;
                let message = written(choices, CANARY, 4096, |out, room, length| unsafe {
                    cloak_server_message(server, id, out, room, length)
                });
                self.keep(message);
            }
            21 => {
                let opening = self.openings.pop();
                unsafe { cloak_opening_free(opening.unwrap_or(null_mut())) };
            }
            22 => unsafe { cloak_client_free(self.nothing.as_mut_ptr().cast()) },
            _ => unsafe { cloak_server_free(others[choices.below(2)].cast()) },
        }
    }

    fn open(&mut self, choices: &mut Choices<'_>, server: *mut cloak_server) {
        let mut opening = null_mut();
        if well(unsafe { cloak_server_opening(server, &mut opening) }) {
            self.openings.push(opening);
            self.reached.openings += 1;
            self.sum(choices, opening);
        } else {
            assert!(opening.is_null());
        }
    }

    fn lists(&self, choices: &mut Choices<'_>, server: *mut cloak_server) {
        for list in [cloak_server_waiting, cloak_server_confirmed, cloak_server_participants, cloak_server_survivors] {
            let ids = written(choices, 77, MEMBERS, |out, room, count| unsafe { list(server, out, room, count) });
            assert!(ids.unwrap_or_default().windows(2).all(|pair| pair[0] < pair[1]));
        }
        let id = choices.below(MEMBERS + 2) as u64;
        written(choices, 77, MEMBERS, |out, room, count| unsafe {
            cloak_run_neighbours(self.runs[0], id, out, room, count)
        });
    }

    fn look(&mut self, client: *mut cloak_client, server: *mut cloak_server) {
        let mut error = cloak_error { status: -1, present: 0, party: 0, bound: 0 };
        well(unsafe { cloak_client_last_error(client, &mut error) });
        well(unsafe { cloak_server_last_error(server, &mut error) });
        let mut info = cloak_client_info { id: 0, state: -1, epoch: 0, round: 0, neighbours: 0 };
        if well(unsafe { cloak_client_get_info(client, &mut info) }) {
            self.reached.states[info.state.unsigned_abs() as usize] = true;
        }
        let mut size = 0;
        well(unsafe { cloak_client_masked_size(client, &mut size) });
        well(unsafe { cloak_client_masked_head_size(client, &mut size) });
    }

    /// Saves a client and loads what was saved, perhaps altered, for any identity.
    fn save(&mut self, choices: &mut Choices<'_>, client: *mut cloak_client) {
        let saved =
            written(choices, CANARY, 1000, |out, room, length| unsafe { cloak_client_save(client, out, room, length) });
        let Some(mut saved) = saved else { return };
        if choices.rarely(3) {
            let place = choices.below(saved.len());
            saved[place] ^= choices.byte();
        }
        let identity = self.identities[choices.below(self.identities.len())];
        let mut loaded = null_mut();
        let status =
            unsafe { cloak_client_load(self.runs[0], identity, saved.as_ptr(), saved.len(), &mut loaded, null_mut()) };
        if well(status) {
            self.clients.push(loaded);
        } else {
            assert!(loaded.is_null());
        }
    }

    fn replace_client(&mut self, choices: &mut Choices<'_>) {
        let index = choices.below(MEMBERS);
        let mut client = null_mut();
        let status = unsafe { cloak_client_new(self.runs[0], self.identities[index], &mut client, null_mut()) };
        assert!(well(status));
        unsafe { cloak_client_free(core::mem::replace(&mut self.clients[index], client)) };
    }

    fn run(&mut self, choices: &mut Choices<'_>, others: &[*mut c_void]) {
        let run = pick(choices, &self.runs, others, &mut self.nothing);
        let description =
            written(choices, CANARY, 640, |out, room, length| unsafe { cloak_run_description(run, out, room, length) });
        let roster =
            written(choices, CANARY, 400, |out, room, length| unsafe { cloak_run_roster(run, out, room, length) });
        let (Some(mut description), Some(roster)) = (description, roster) else { return };
        if choices.rarely(2) {
            let place = choices.below(description.len());
            description[place] ^= choices.byte();
        }
        let mut decoded = null_mut();
        let status = unsafe {
            cloak_run_decode(
                description.as_ptr(),
                description.len(),
                roster.as_ptr(),
                roster.len(),
                &mut decoded,
                null_mut(),
            )
        };
        if well(status) {
            let mut hash = [0; 32];
            assert!(well(unsafe { cloak_run_hash(decoded, hash.as_mut_ptr()) }));
            self.runs.push(decoded);
        } else {
            assert!(decoded.is_null());
        }
    }

    fn replan(&mut self, choices: &mut Choices<'_>) {
        let mut config = config();
        config.threshold = u32::from(choices.byte() % 6);
        config.degree = u32::from(choices.byte() % 6);
        config.mode = choices.byte() % 3;
        config.max_passes = choices.byte();
        config.min_inputs = u32::from(choices.byte() % 6);
        let run = self.plan(&config);
        self.runs.extend(run);
    }

    fn identity(&mut self, choices: &mut Choices<'_>, others: &[*mut c_void]) {
        self.source.fails = choices.rarely(4);
        let rng = cloak_rng { fill: Some(fill), userdata: (&raw mut self.source).cast() };
        let mut identity = null_mut();
        if well(unsafe { cloak_identity_new(&rng, &mut identity) }) {
            self.identities.push(identity);
        } else {
            assert!(identity.is_null());
        }
        let any = pick(choices, &self.identities, others, &mut self.nothing);
        let mut key = [0; 32];
        well(unsafe { cloak_identity_public_key(any, key.as_mut_ptr()) });
        well(unsafe { cloak_identity_export(any, key.as_mut_ptr()) });
    }

    fn channel(&mut self, choices: &mut Choices<'_>, others: &[*mut c_void]) {
        let identity = pick(choices, &self.identities, others, &mut self.nothing);
        let peer = [choices.byte(); 32];
        let mut channel = null_mut();
        if well(unsafe { cloak_channel_new(identity, choices.byte() % 3, peer.as_ptr(), &mut channel) }) {
            self.channels.push(channel);
        }
        let channel = pick(choices, &self.channels, others, &mut self.nothing);
        let part = self.message(choices);
        let request = cloak_request {
            counter: u64::from(choices.byte()),
            method: part.as_ptr(),
            method_length: choices.below(part.len() + 1),
            path: part.as_ptr(),
            path_length: part.len(),
            query: null(),
            query_length: 0,
            run: null(),
            body_hash: [0; 32],
            direction: choices.byte() % 3,
        };
        let mut mac = [0; 32];
        if well(unsafe { cloak_channel_mac(channel, &request, mac.as_mut_ptr()) }) {
            assert!(well(unsafe { cloak_channel_verify(channel, &request, mac.as_ptr()) }));
            mac[choices.below(32)] ^= 1 << choices.below(8);
            assert!(!well(unsafe { cloak_channel_verify(channel, &request, mac.as_ptr()) }));
        }
    }

    fn fingerprint(&self, choices: &mut Choices<'_>) {
        let key = [choices.byte(); 32];
        let mut text = [0u8; 80];
        let room = choices.below(text.len() + 1);
        let good = well(unsafe { cloak_fingerprint_encode(key.as_ptr(), text.as_mut_ptr().cast(), room) });
        assert_eq!(good, room >= 74);
        text[choices.below(79)] ^= choices.byte();
        let mut decoded = [0; 32];
        if well(unsafe { cloak_fingerprint_decode(text.as_ptr().cast(), decoded.as_mut_ptr()) }) {
            assert!(room >= 74);
        }
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
