//! Places in a run at which a message is due: five members, t = 3, in their second set-up and third round, in which member 4 drops out.

use cloakwork_core::secagg::{Kind, Step, kind_of};
use cloakwork_core::{Error, Result};

use crate::support::setting::Setting;
use crate::support::simulation::{Moment, Network, Simulation, View, respond, saved};

/// The member that receives and sends what is tried.
pub(crate) const MEMBER: usize = 0;
/// The member that drops out.
pub(crate) const LOST: usize = 4;

pub(crate) const TO_CLIENT: [Kind; 7] =
    [Kind::Invite, Kind::Keys, Kind::Confirmations, Kind::Begin, Kind::Survivors, Kind::Open, Kind::Finished];
pub(crate) const TO_SERVER: [Kind; 5] = [Kind::Advertise, Kind::Confirm, Kind::Masked, Kind::Acknowledge, Kind::Unmask];

/// A run in which a message of one kind is due, to MEMBER or from it.
pub(crate) struct Place {
    pub(crate) simulation: Simulation<4>,
    pub(crate) kind: Kind,
    /// The message that is due. One to the server is already written and not yet delivered.
    pub(crate) message: Vec<u8>,
    /// What MEMBER received and sent before.
    pub(crate) past: Vec<Vec<u8>>,
}

/// Writes down what MEMBER receives and sends, and loses what LOST masks in the third round.
#[derive(Default)]
struct Recorder {
    past: Vec<Vec<u8>>,
    round: u32,
    /// MEMBER has already got what it is due at this moment.
    served: Option<Moment>,
}

impl Network for Recorder {
    fn to_client(&mut self, moment: Moment, receiver: usize, message: Vec<u8>) -> Vec<Vec<u8>> {
        if receiver == MEMBER {
            if self.served == Some(moment) {
                return Vec::new();
            }
            self.past.push(message.clone());
        }
        vec![message]
    }

    fn to_server(&mut self, moment: Moment, sender: usize, message: Vec<u8>) -> Vec<Vec<u8>> {
        if sender == MEMBER {
            self.past.push(message.clone());
        }
        if sender == LOST && moment.step == Step::Mask && self.round == 3 { Vec::new() } else { vec![message] }
    }
}

pub(crate) fn setting() -> Setting {
    Setting { max_rounds: 1000, max_passes: 2, ..Setting::complete(5, 3) }
}

impl Place {
    /// Plays up to where a message of this kind is due.
    pub(crate) fn at(kind: Kind) -> Self {
        let mut simulation = Simulation::<4>::new(&setting(), "refusals");
        let mut recorder = Recorder::default();
        simulation.set_up(&mut recorder);
        simulation.round(&mut recorder);
        let step = match kind {
            Kind::Invite | Kind::Advertise => Step::Advertise,
            Kind::Keys | Kind::Confirm => Step::Confirm,
            Kind::Confirmations => Step::Ready,
            Kind::Begin | Kind::Masked => Step::Mask,
            Kind::Survivors | Kind::Acknowledge => Step::Survive,
            Kind::Open | Kind::Unmask => Step::Unmask,
            _ => Step::Finished,
        };
        if matches!(step, Step::Advertise | Step::Confirm | Step::Ready) {
            simulation.invite().unwrap();
        } else {
            simulation.set_up(&mut recorder);
            simulation.round(&mut recorder);
            recorder.round = simulation.begin(None).unwrap();
        }
        while simulation.server.step() != step {
            if simulation.server.step() == Step::Sum {
                simulation.sum();
            } else {
                assert_eq!(simulation.step(&mut recorder), []);
            }
        }
        let mut message = simulation.due(MEMBER).unwrap();
        if TO_SERVER.contains(&kind) {
            recorder.past.push(message.clone());
            message = simulation.answer(MEMBER, &message).unwrap().unwrap();
        }
        assert_eq!(kind_of(&message), Ok(kind));
        Self { simulation, kind, message, past: recorder.past }
    }

    /// All places, for what holds everywhere.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TO_CLIENT.into_iter().chain(TO_SERVER).map(Self::at)
    }

    pub(crate) fn is_to_client(&self) -> bool {
        TO_CLIENT.contains(&self.kind)
    }

    /// Gives a message to whom it is for, in the place of the one that is due, and asserts that a refusal changes nothing.
    pub(crate) fn give(&mut self, message: &[u8]) -> Result<Option<Vec<u8>>> {
        if self.is_to_client() {
            let before = saved(&self.simulation.clients[MEMBER]);
            let answer = self.give_to_client(message);
            if answer.is_err() {
                assert_eq!(saved(&self.simulation.clients[MEMBER]), before, "{:?} was refused", self.kind);
            }
            answer
        } else {
            let before = self.simulation.view();
            let id = self.simulation.id(MEMBER);
            let answer = self.simulation.server.receive(id, message).map(|_| None);
            if let Err(error) = answer {
                assert_eq!(self.simulation.view(), before, "{:?} was refused", self.kind);
                assert_eq!(error.party(), Some(id), "the server names the sender");
            }
            answer
        }
    }

    fn give_to_client(&mut self, message: &[u8]) -> Result<Option<Vec<u8>>> {
        let client = &mut self.simulation.clients[MEMBER];
        let mut out = vec![0; 1024];
        let size = match self.kind {
            Kind::Invite => client.advertise(message, &mut self.simulation.rng, &mut out)?,
            Kind::Keys => client.confirm(message, &mut out)?,
            Kind::Survivors => client.acknowledge(message, &mut out)?,
            Kind::Open => client.unmask(message, &mut out)?,
            Kind::Confirmations => return client.accept(message).map(|_| None),
            Kind::Begin => return client.begin(message, &self.simulation.context).map(|()| None),
            _ => return client.finish(message).map(|_| None),
        };
        out.truncate(size);
        Ok(Some(out))
    }

    /// The refusal of a message.
    pub(crate) fn refusal(&mut self, message: &[u8]) -> Error {
        match self.give(message) {
            Err(error) => error,
            Ok(_) => panic!("{:?}: {message:02x?} was accepted in the place of {:02x?}", self.kind, self.message),
        }
    }

    /// Tries a message and takes back what it changed, if it was accepted.
    pub(crate) fn attempt(&mut self, message: &[u8]) -> Result<Option<Vec<u8>>> {
        if !self.is_to_client() {
            let answer = self.give(message);
            if answer.is_ok() {
                self.simulation.server = self.simulation.rebuilt_server();
            }
            return answer;
        }
        let before = saved(&self.simulation.clients[MEMBER]);
        let answer = self.give(message);
        if answer.is_ok() {
            self.simulation.clients[MEMBER] = self.simulation.restored(MEMBER, &before).unwrap();
        }
        answer
    }

    /// What is seen of the server.
    pub(crate) fn view(&self) -> View {
        self.simulation.view()
    }

    /// The message that is due is accepted, the round goes on to its sum, and another one follows.
    pub(crate) fn complete(mut self) {
        let simulation = &mut self.simulation;
        let mut recorder = Recorder { round: simulation.server.last_round(), ..Recorder::default() };
        if TO_SERVER.contains(&self.kind) {
            recorder.served = Some(simulation.moment());
            simulation.deliver(MEMBER, &self.message).unwrap();
        }
        while matches!(simulation.server.step(), Step::Advertise | Step::Confirm) {
            assert_eq!(simulation.step(&mut recorder), []);
        }
        if simulation.server.step() == Step::Ready {
            assert_eq!(simulation.exchange(&mut recorder), []);
        } else {
            let finished = simulation.server.step() == Step::Finished;
            let (outcome, refusals) = simulation.play(&mut recorder);
            assert_eq!(refusals, []);
            if !finished {
                assert_eq!(outcome, simulation.expected(&[0, 1, 2, 3]));
            }
        }
        simulation.assert_round();
    }
}

#[test]
fn every_place_leads_to_a_sum() {
    Place::all().for_each(Place::complete);
}

/// The server rebuilt from what it took is the server.
#[test]
fn servers_are_rebuilt_from_their_log() {
    for place in Place::all() {
        let rebuilt = place.simulation.rebuilt_server();
        assert_eq!(place.simulation.view_of(&rebuilt), place.view());
    }
}

/// Messages to a client through another door: what the harness does with them is what the tests here do.
#[test]
fn answers_are_the_same_through_the_harness() {
    for kind in [Kind::Keys, Kind::Survivors, Kind::Open] {
        let mut place = Place::at(kind);
        let mut twin = place.simulation.twin(MEMBER);
        let message = place.message.clone();
        let answer = respond(&mut twin, &message, &mut place.simulation.rng).unwrap();
        assert_eq!(place.give(&message).unwrap(), answer);
    }
}
