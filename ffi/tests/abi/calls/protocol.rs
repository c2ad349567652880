//! The next steps of the protocol, with any bytes and any room.

use core::ptr::null;

use cloakwork::client::mask::*;
use cloakwork::client::steps::*;
use cloakwork::client::*;
use cloakwork::lanes::*;
use cloakwork::layout::*;
use cloakwork::message::*;
use cloakwork::opening::*;
use cloakwork::rng::cloak_rng;
use cloakwork::server::*;
use cloakwork::values::*;

use super::*;

impl Objects {
    /// The next step of the protocol between a server and one of the first clients, as far as it goes.
    pub(super) fn advance(&mut self, choices: &mut Choices<'_>) {
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
    pub(super) fn step(
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
    pub(super) fn mask(&mut self, choices: &mut Choices<'_>, client: *mut cloak_client) -> Option<Vec<u8>> {
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

    pub(super) fn receive(&mut self, server: *mut cloak_server, sender: u64, message: &[u8]) {
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
    pub(super) fn sum(&mut self, choices: &mut Choices<'_>, opening: *mut cloak_opening) {
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
}
