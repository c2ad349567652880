//! Whole runs, message by message: each client gives the answer of the transcript, byte for byte, and the server each of its messages
//! and sums.

use std::collections::BTreeMap;

use cloakwork_core::agreement::Identity;
use cloakwork_core::privacy::pipeline::{Contribution, Pipeline};
use cloakwork_core::ring::{Lane, lane_bytes};
use cloakwork_core::secagg::{Client, Encoding, Kind, Run, Server, Step, Values};
use cloakwork_core::{Result, secagg};
use serde_json::Value;

use super::runs::members_of;
use crate::support::cbor;
use crate::support::random::Tape;
use crate::support::vectors::{array, bytes, integer, list, load, real, text};

/// Most neighbours in a transcript.
const CAPACITY: usize = 7;

/// All parties of a transcript, at some place in it.
pub(crate) struct Replay {
    file: Value,
    run: Run,
    parties: BTreeMap<u64, Party>,
    pub(crate) server: Server,
    payloads: BTreeMap<u64, Vec<u8>>,
}

struct Party {
    secret: [u8; 32],
    client: Client<CAPACITY>,
    tape: Tape,
}

/// A delivery of a transcript and where it belongs.
pub(crate) struct Delivery<'a> {
    pub(crate) step: &'a str,
    pub(crate) epoch: u64,
    pub(crate) round: Option<u64>,
    pub(crate) id: u64,
    pub(crate) message: Vec<u8>,
    pub(crate) answer: Option<Vec<u8>>,
}

/// What a test does around each delivery.
pub(crate) trait Observer {
    fn before_message(&mut self, _replay: &mut Replay, _delivery: &Delivery<'_>) {}
    fn before_answer(&mut self, _replay: &mut Replay, _delivery: &Delivery<'_>) {}
    fn after_delivery(&mut self, _replay: &mut Replay, _delivery: &Delivery<'_>) {}

    /// What reaches the server in the place of an answer.
    fn replacement(&mut self, _delivery: &Delivery<'_>) -> Option<Vec<u8>> {
        None
    }

    /// How a round ends, where it ends otherwise than the transcript says; nothing is played after it.
    fn outcome(&self, _round: u32) -> Option<u64> {
        None
    }
}

struct Nothing;

impl Observer for Nothing {}

impl Replay {
    pub(crate) fn new(name: &str) -> Self {
        let file = load(name);
        let run = Run::decode(&bytes(&file["description"])).unwrap();
        assert_eq!(run.hash(), &array::<32>(&file["run_hash"]));
        let members = members_of(&bytes(&file["roster"]));
        let server = Server::new(run.clone(), members.clone()).unwrap();
        let party = |case: &Value| {
            let secret = array(&case["static_secret"]);
            let identity = Identity::from_bytes(&secret).unwrap();
            assert_eq!(identity.public_key().as_bytes(), &array::<32>(&case["static_public"]));
            let client = Client::new(identity, run.clone(), members.as_slice()).unwrap();
            assert_eq!(client.id(), integer(&case["id"]));
            (client.id(), Party { secret, client, tape: Tape::new(bytes(&case["rng_tape"])) })
        };
        let parties = list(&file["clients"]).iter().map(party).collect();
        Self { parties, run, server, payloads: BTreeMap::new(), file }
    }

    /// Plays everything and checks every byte.
    pub(crate) fn play(&mut self, observer: &mut impl Observer) {
        let steps = self.file["steps"].clone();
        for step in list(&steps) {
            self.play_step(step, observer);
            if self.server.step() == Step::Finished && observer.outcome(self.server.last_round()).is_some() {
                return;
            }
        }
        assert!(self.parties.values().all(|party| party.tape.is_used_up()), "every random byte was drawn");
    }

    fn play_step(&mut self, step: &Value, observer: &mut impl Observer) {
        let name = text(&step["step"]);
        self.prepare(name, step);
        let (server_step, pass) = (self.server.step(), self.server.pass());
        for delivery in list(&step["deliveries"]) {
            let at = Delivery {
                step: name,
                epoch: integer(&step["epoch"]),
                round: step["round"].as_u64(),
                id: integer(&delivery["id"]),
                message: bytes(&delivery["message"]),
                answer: delivery["answer"].as_str().map(|_| bytes(&delivery["answer"])),
            };
            let message = self.server.message(at.id).unwrap();
            assert_eq!(message.as_ref(), Some(&at.message), "{name} to {}", at.id);
            observer.before_message(self, &at);
            let answer = self.answer(at.id, secagg::kind_of(&at.message).unwrap(), &at.message).unwrap();
            assert_eq!(answer, at.answer, "{name} answered by {}", at.id);
            observer.before_answer(self, &at);
            if let (Some(answer), Some(false)) = (&answer, delivery["lost"].as_bool()) {
                self.deliver(at.id, &observer.replacement(&at).unwrap_or_else(|| answer.clone()));
            }
            observer.after_delivery(self, &at);
        }
        let waits = matches!(server_step, Step::Advertise | Step::Confirm | Step::Mask | Step::Survive | Step::Unmask);
        if waits && self.server.step() == server_step && self.server.pass() == pass {
            self.server.close_step().unwrap();
        }
        if self.server.step() == Step::Sum {
            let failure = self.check_sums().err().map(|error| error.kind());
            self.server.finish(failure).unwrap();
        }
        if self.server.step() == Step::Finished {
            let outcome = observer.outcome(self.server.last_round()).or(self.record()["outcome"].as_u64());
            assert_eq!(Some(u64::from(self.server.outcome())), outcome);
        }
    }

    /// Brings the server to the epoch and round of a step: the numbers of a transcript may leave gaps, those of the server do not.
    fn prepare(&mut self, name: &str, step: &Value) {
        if name == "invite" {
            while u64::from(self.server.epoch()) < integer(&step["epoch"]) {
                self.server.invite().unwrap();
            }
        }
        if name == "begin" {
            let number = integer(&step["round"]);
            while u64::from(self.server.last_round()) + 1 < number {
                self.server.begin(None, &[0; 32]).unwrap();
                self.server.stop().unwrap();
            }
            let record = self.record_of(number);
            let participants: Vec<u64> = list(&record["participants"]).iter().map(integer).collect();
            let context = array(&record["context_hash"]);
            assert_eq!(u64::from(self.server.begin(Some(&participants), &context).unwrap()), number);
            self.payloads.clear();
        }
    }

    fn record_of(&self, round: u64) -> &Value {
        list(&self.file["rounds"]).iter().find(|record| integer(&record["round"]) == round).unwrap()
    }

    fn record(&self) -> &Value {
        self.record_of(self.server.last_round().into())
    }

    /// Hands a message to a client as one of a kind.
    pub(crate) fn answer(&mut self, id: u64, kind: Kind, message: &[u8]) -> Result<Option<Vec<u8>>> {
        if kind == Kind::Begin {
            return self.contribute(id, message).map(Some);
        }
        let Party { client, tape, .. } = self.parties.get_mut(&id).unwrap();
        respond(client, kind, message, tape)
    }

    /// Begins the round and masks what the transcript says.
    fn contribute(&mut self, id: u64, message: &[u8]) -> Result<Vec<u8>> {
        let record = self.record().clone();
        let Party { client, tape, .. } = self.parties.get_mut(&id).unwrap();
        client.begin(message, &array(&record["context_hash"]))?;
        let input = list(&record["inputs"]).iter().find(|input| integer(&input["id"]) == id).unwrap();
        if let Ok(pipeline) = self.run.pipeline() {
            assert_eq!(client.rotation_seed()?, array(&record["rotation_seed"]));
            return match lane_bytes(pipeline.bits()) {
                4 => mask_parts::<u32>(client, tape, pipeline, input, |whole| Values::PrivateU32(whole)),
                _ => mask_parts::<u64>(client, tape, pipeline, input, |whole| Values::PrivateU64(whole)),
            };
        }
        let segments = list(&input["segments"]);
        let floats: Vec<Vec<f64>> = segments
            .iter()
            .map(|segment| segment["values"].as_array().into_iter().flatten().map(|x| x.as_f64().unwrap()).collect())
            .collect();
        let residues: Vec<Vec<u128>> = segments
            .iter()
            .map(|segment| list(&segment["residues"]).iter().map(|x| text(x).parse().unwrap()).collect())
            .collect();
        let values: Vec<Values<'_>> = self
            .run
            .config()
            .segments
            .iter()
            .enumerate()
            .map(|(index, segment)| match segment.encoding() {
                Encoding::FixedPoint { .. } => Values::F64(&floats[index]),
                Encoding::Residues => Values::U128(&residues[index]),
            })
            .collect();
        masked(client, tape, &values)
    }

    fn deliver(&mut self, id: u64, answer: &[u8]) {
        let receipt = self.server.receive(id, answer).unwrap();
        if let Some(payload) = receipt.payload {
            self.payloads.insert(id, answer[payload].to_vec());
        }
    }

    /// The sums are those of the transcript, unless the masks did not cancel.
    fn check_sums(&self) -> Result<()> {
        let record = self.record();
        let survivors: Vec<u64> = list(&record["survivors"]).iter().map(integer).collect();
        assert_eq!(self.server.survivors(), survivors);
        let payloads: Vec<&[u8]> = survivors.iter().map(|id| self.payloads[id].as_slice()).collect();
        let opening = self.server.opening().unwrap();
        for (index, (segment, expected)) in self.run.config().segments.iter().zip(list(&record["sums"])).enumerate() {
            let sum: Vec<u128> = match lane_bytes(segment.bits()) {
                4 => opening.sum::<u32>(index, &payloads)?.into_iter().map(u128::from).collect(),
                8 => opening.sum::<u64>(index, &payloads)?.into_iter().map(u128::from).collect(),
                _ => opening.sum::<u128>(index, &payloads)?,
            };
            let residues: Vec<u128> = list(&expected["residues"]).iter().map(|x| text(x).parse().unwrap()).collect();
            assert_eq!(sum, residues, "{}", segment.label());
            if let Ok(fixed) = self.run.fixed_point(index) {
                let mut decoded = vec![0.0; sum.len()];
                match lane_bytes(segment.bits()) {
                    4 => fixed.decode_f64(&opening.sum::<u32>(index, &payloads)?, &mut decoded)?,
                    8 => fixed.decode_f64(&opening.sum::<u64>(index, &payloads)?, &mut decoded)?,
                    _ => fixed.decode_f64(&sum, &mut decoded)?,
                }
                let values: Vec<f64> = list(&expected["values"]).iter().map(|x| x.as_f64().unwrap()).collect();
                assert_eq!(decoded, values, "{}", segment.label());
            }
        }
        if let Ok(pipeline) = self.run.pipeline() {
            let seed = opening.rotation_seed();
            assert_eq!(seed, array(&record["rotation_seed"]));
            let decoded = match lane_bytes(pipeline.bits()) {
                4 => decode(&pipeline, &seed, &opening.sum::<u32>(0, &payloads)?)?,
                _ => decode(&pipeline, &seed, &opening.sum::<u64>(0, &payloads)?)?,
            };
            let expected: Vec<u64> = list(&record["decoded"]).iter().map(|value| real(value).to_bits()).collect();
            assert_eq!(decoded.into_iter().map(f64::to_bits).collect::<Vec<_>>(), expected);
        }
        Ok(())
    }

    /// The state of a client.
    pub(crate) fn saved(&self, id: u64) -> Vec<u8> {
        saved(&self.parties[&id].client)
    }

    /// Everything that can be seen of the server.
    pub(crate) fn view(&self) -> impl PartialEq + core::fmt::Debug + use<> {
        let server = &self.server;
        let ids: Vec<u64> = self.parties.keys().copied().collect();
        let messages: Vec<_> = ids.iter().map(|&id| server.message(id).unwrap()).collect();
        let lists = [server.waiting(), server.confirmed(), server.participants(), server.survivors()];
        (server.step(), server.pass(), server.epoch(), server.last_round(), server.outcome(), lists, messages)
    }

    /// A client in the state of the one with an id.
    pub(crate) fn twin(&self, id: u64) -> Client<CAPACITY> {
        let members = members_of(&bytes(&self.file["roster"]));
        let identity = Identity::from_bytes(&self.parties[&id].secret).unwrap();
        Client::restore(identity, self.run.clone(), members.as_slice(), &self.saved(id)).unwrap()
    }

    /// Replaces a client by one restored from its saved state.
    fn restart(&mut self, id: u64) {
        self.parties.get_mut(&id).unwrap().client = self.twin(id);
    }
}

fn masked(client: &mut Client<CAPACITY>, tape: &mut Tape, values: &[Values<'_>]) -> Result<Vec<u8>> {
    let mut out = vec![0; client.masked_size()?];
    let size = client.mask(tape, values, &mut out)?;
    assert_eq!(size, out.len());
    Ok(out)
}

/// Makes the contribution of a run with noise, whose part seeds come from the tape, and masks it.
fn mask_parts<L: Lane>(
    client: &mut Client<CAPACITY>,
    tape: &mut Tape,
    pipeline: Pipeline,
    input: &Value,
    values: impl for<'a> Fn(&'a Contribution<'a, L>) -> Values<'a>,
) -> Result<Vec<u8>> {
    let (mechanism, max) = (*pipeline.mechanism(), pipeline.bits().max_residue());
    let mut lanes = vec![L::default(); mechanism.padded().try_into().unwrap()];
    let mut work = vec![0; mechanism.block().try_into().unwrap()];
    let mut contribution = Contribution::new(pipeline, &client.rotation_seed()?, &mut lanes)?;
    for part in list(&input["parts"]) {
        let part: Vec<f64> = list(part).iter().map(real).collect();
        contribution.add_part(tape, &part, &mut work)?;
    }
    let residues: Vec<u128> = contribution.residues()?.iter().map(|lane| lane.to_u128() & max).collect();
    let expected: Vec<u128> =
        list(&input["segments"][0]["residues"]).iter().map(|residue| text(residue).parse().unwrap()).collect();
    assert_eq!(residues, expected, "{}", input["id"]);
    masked(client, tape, &[values(&contribution)])
}

fn decode<L: Lane>(pipeline: &Pipeline, seed: &[u8; 32], sum: &[L]) -> Result<Vec<f64>> {
    let mechanism = pipeline.mechanism();
    let mut work = vec![0; mechanism.block().try_into().unwrap()];
    let mut values = vec![0.0; mechanism.config().dimension.try_into().unwrap()];
    pipeline.decode(seed, sum, &mut work, &mut values)?;
    Ok(values)
}

/// The state of a client.
pub(crate) fn saved(client: &Client<CAPACITY>) -> Vec<u8> {
    let mut state = vec![0; client.saved_size_limit()];
    let size = client.save(&mut state).unwrap();
    state.truncate(size);
    state
}

/// Hands a message of a kind to a client and returns its answer, if the kind has one. `begin` is answered by masking, which is another call.
pub(crate) fn respond(
    client: &mut Client<CAPACITY>,
    kind: Kind,
    message: &[u8],
    tape: &mut Tape,
) -> Result<Option<Vec<u8>>> {
    let mut out = vec![0; 4096];
    let size = match kind {
        Kind::Invite => client.advertise(message, tape, &mut out)?,
        Kind::Keys => client.confirm(message, &mut out)?,
        Kind::Survivors => client.acknowledge(message, &mut out)?,
        Kind::Open => client.unmask(message, &mut out)?,
        Kind::Confirmations => return client.accept(message).map(|_| None),
        Kind::Finished => return client.finish(message).map(|_| None),
        Kind::Begin => return client.begin(message, cbor::item(message, 5).bytes().try_into().unwrap()).map(|()| None),
        other => panic!("{other:?} is not for clients"),
    };
    out.truncate(size);
    Ok(Some(out))
}

/// Restarts the client before and after each message.
struct Restarting;

impl Observer for Restarting {
    fn before_message(&mut self, replay: &mut Replay, delivery: &Delivery<'_>) {
        replay.restart(delivery.id);
    }

    fn before_answer(&mut self, replay: &mut Replay, delivery: &Delivery<'_>) {
        replay.restart(delivery.id);
    }
}

/// The transcripts, found in their folder.
fn transcripts() -> Vec<String> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/round");
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: Vec<String> = names.filter(|name| name.ends_with(".json")).map(|name| format!("round/{name}")).collect();
    assert!(found.len() >= 9, "{} transcripts", found.len());
    found
}

#[test]
fn transcripts_byte_for_byte() {
    for name in transcripts() {
        Replay::new(&name).play(&mut Nothing);
    }
}

#[test]
fn transcripts_with_clients_restarted_at_every_message() {
    for name in transcripts() {
        Replay::new(&name).play(&mut Restarting);
    }
}
