//! Calls that are not the next step of the protocol.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use cloakwork::channel::*;
use cloakwork::client::mask::*;
use cloakwork::client::state::*;
use cloakwork::client::*;
use cloakwork::error::cloak_error;
use cloakwork::fingerprint::*;
use cloakwork::identity::*;
use cloakwork::opening::*;
use cloakwork::rng::cloak_rng;
use cloakwork::run::*;
use cloakwork::server::lists::*;
use cloakwork::server::*;

use super::*;

impl Objects {
    /// One call that is not the next step of the protocol.
    pub(super) fn call(&mut self, choices: &mut Choices<'_>) {
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
        match choices.below(27) {
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
            22..=24 => self.noise(choices, &others),
            25 => unsafe { cloak_client_free(self.nothing.as_mut_ptr().cast()) },
            _ => unsafe { cloak_server_free(others[choices.below(2)].cast()) },
        }
    }

    pub(super) fn open(&mut self, choices: &mut Choices<'_>, server: *mut cloak_server) {
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

    pub(super) fn look(&mut self, client: *mut cloak_client, server: *mut cloak_server) {
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
