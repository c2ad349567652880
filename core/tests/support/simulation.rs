//! A server, its clients and the network between them in one process.

use std::collections::BTreeMap;

use cloakwork_core::agreement::Identity;
use cloakwork_core::secagg::{Client, Kind, Member, Receipt, Run, Server, Step, Values, kind_of};
use cloakwork_core::{Error, ErrorKind, Result};

use super::input::{Column, contribution, expected_sums, opened_sums};
use super::random::Generator;
use super::setting::{Setting, roster_of, secrets};

/// One run with all its parties. Members are named by position.
pub struct Simulation<const K: usize> {
    pub run: Run,
    pub roster: Vec<Member>,
    pub secrets: Vec<[u8; 32]>,
    pub clients: Vec<Client<K>>,
    pub server: Server,
    pub rng: Generator,
    /// Hash of what the server hands out in the present round.
    pub context: [u8; 32],
    /// What each client contributes in the present round.
    pub inputs: Vec<Vec<Column>>,
    /// What a host keeps of the round: the payloads received, by position.
    pub payloads: BTreeMap<usize, Vec<u8>>,
    /// Everything that the server took, to rebuild it from.
    log: Vec<Event>,
}

/// What changes a server.
#[derive(Clone)]
enum Event {
    Invite,
    Receive(usize, Vec<u8>),
    Close,
    Begin(Option<Vec<u64>>, [u8; 32]),
    Stop,
    Finish(Option<ErrorKind>),
}

/// Where a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    ByClient(usize, Error),
    ByServer(usize, Error),
}

/// How a round ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The sums, by segment, over these positions.
    Sum { survivors: Vec<usize>, sums: Vec<Vec<u128>> },
    /// The code of the abort.
    Aborted(u32),
}

/// What the network does to messages: nothing, unless a method says otherwise. An empty list withholds a message, two entries repeat it.
pub trait Network {
    fn order(&mut self, _receivers: &mut [usize]) {}

    fn to_client(&mut self, _moment: Moment, _receiver: usize, message: Vec<u8>) -> Vec<Vec<u8>> {
        vec![message]
    }

    fn to_server(&mut self, _moment: Moment, _sender: usize, message: Vec<u8>) -> Vec<Vec<u8>> {
        vec![message]
    }
}

/// What the server waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub step: Step,
    pub pass: u8,
}

/// Delivers everything.
pub struct Faithful;

impl Network for Faithful {}

/// Loses the answers of the members for whom the function holds.
pub struct Losing<F>(pub F);

impl<F: FnMut(Moment, usize) -> bool> Network for Losing<F> {
    fn to_server(&mut self, moment: Moment, sender: usize, message: Vec<u8>) -> Vec<Vec<u8>> {
        if (self.0)(moment, sender) { Vec::new() } else { vec![message] }
    }
}

/// Everything that can be seen of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub step: Step,
    numbers: (u32, u32, u8, u32),
    lists: [Vec<u64>; 4],
    messages: Vec<[Result<Option<Vec<u8>>>; 2]>,
}

impl<const K: usize> Simulation<K> {
    /// The parties of a run before set-up.
    pub fn new(setting: &Setting, name: &str) -> Self {
        let mut rng = Generator::new(name);
        let secrets = secrets(&mut rng, setting.members as usize);
        let roster = roster_of(&secrets);
        let run = setting.run(&roster);
        let client = |secret| Client::new(Identity::from_bytes(secret).unwrap(), run.clone(), roster.as_slice());
        Self {
            clients: secrets.iter().map(|secret| client(secret).unwrap()).collect(),
            server: Server::new(run.clone(), roster.clone()).unwrap(),
            run,
            roster,
            secrets,
            rng,
            context: [0xc0; 32],
            inputs: Vec::new(),
            payloads: BTreeMap::new(),
            log: Vec::new(),
        }
    }

    /// The parties of a run after a set-up in which everyone took part.
    pub fn ready(setting: &Setting, name: &str) -> Self {
        let mut simulation = Self::new(setting, name);
        simulation.set_up(&mut Faithful);
        assert_eq!(simulation.server.step(), Step::Ready);
        simulation
    }

    pub fn members(&self) -> usize {
        self.roster.len()
    }

    pub fn id(&self, position: usize) -> u64 {
        self.roster[position].id
    }

    pub fn position(&self, id: u64) -> usize {
        self.roster.iter().position(|member| member.id == id).unwrap()
    }

    pub fn positions(&self, ids: &[u64]) -> Vec<usize> {
        ids.iter().map(|&id| self.position(id)).collect()
    }

    /// Positions of the neighbours of a member, ascending.
    pub fn neighbours(&self, position: usize) -> Vec<usize> {
        let mut list = Vec::new();
        self.run.graph().for_each_neighbour(u32::try_from(position).unwrap(), |other| list.push(other as usize));
        list.sort_unstable();
        list
    }

    /// The bitmap of these positions.
    pub fn bitmap(&self, positions: &[usize]) -> Vec<u8> {
        let mut bitmap = vec![0; self.members().div_ceil(8)];
        for position in positions {
            bitmap[position / 8] |= 1 << (position % 8);
        }
        bitmap
    }

    // The server, with everything logged.

    pub fn invite(&mut self) -> Result<u32> {
        let epoch = self.server.invite()?;
        self.log.push(Event::Invite);
        Ok(epoch)
    }

    pub fn begin(&mut self, participants: Option<&[usize]>) -> Result<u32> {
        let ids: Option<Vec<u64>> = participants.map(|list| list.iter().map(|&position| self.id(position)).collect());
        let number = self.server.begin(ids.as_deref(), &self.context)?;
        self.log.push(Event::Begin(ids, self.context));
        self.payloads.clear();
        self.inputs = (0..self.members()).map(|_| contribution(&self.run, &mut self.rng)).collect();
        Ok(number)
    }

    pub fn deliver(&mut self, sender: usize, message: &[u8]) -> Result<Receipt> {
        let receipt = self.server.receive(self.id(sender), message)?;
        self.log.push(Event::Receive(sender, message.to_vec()));
        if let Some(payload) = &receipt.payload {
            self.payloads.insert(sender, message[payload.clone()].to_vec());
        }
        Ok(receipt)
    }

    pub fn close_step(&mut self) -> Result<()> {
        let closed = self.server.close_step();
        self.log.push(Event::Close);
        closed
    }

    pub fn stop(&mut self) -> Result<()> {
        self.server.stop()?;
        self.log.push(Event::Stop);
        Ok(())
    }

    pub fn finish(&mut self, failure: Option<ErrorKind>) -> Result<()> {
        self.server.finish(failure)?;
        self.log.push(Event::Finish(failure));
        Ok(())
    }

    /// The message that a member is due.
    pub fn due(&self, position: usize) -> Option<Vec<u8>> {
        self.server.message(self.id(position)).unwrap()
    }

    /// The same server, made anew from what it took.
    pub fn rebuilt_server(&self) -> Server {
        let mut server = Server::new(self.run.clone(), self.roster.clone()).unwrap();
        for event in &self.log {
            match event {
                Event::Invite => drop(server.invite().unwrap()),
                Event::Receive(sender, message) => drop(server.receive(self.id(*sender), message).unwrap()),
                // A set-up that fails when a step is closed is part of the history.
                Event::Close => drop(server.close_step()),
                Event::Begin(ids, context) => drop(server.begin(ids.as_deref(), context).unwrap()),
                Event::Stop => server.stop().unwrap(),
                Event::Finish(failure) => server.finish(*failure).unwrap(),
            }
        }
        server
    }

    /// Everything that can be seen of the server.
    pub fn view(&self) -> View {
        self.view_of(&self.server)
    }

    pub fn view_of(&self, server: &Server) -> View {
        let ids = self.roster.iter().map(|member| member.id);
        View {
            step: server.step(),
            numbers: (server.epoch(), server.last_round(), server.pass(), server.outcome()),
            lists: [server.waiting(), server.confirmed(), server.participants(), server.survivors()],
            messages: ids.map(|id| [server.message(id), server.confirmations(id)]).collect(),
        }
    }

    // The clients.

    /// A client in the same state as the one at a position, made from its saved state.
    pub fn twin(&self, position: usize) -> Client<K> {
        self.restored(position, &saved(&self.clients[position])).unwrap()
    }

    /// The client at a position in a saved state.
    pub fn restored(&self, position: usize, state: &[u8]) -> Result<Client<K>> {
        let identity = Identity::from_bytes(&self.secrets[position]).unwrap();
        Client::restore(identity, self.run.clone(), self.roster.as_slice(), state)
    }

    /// Hands a message to a client and returns its answer, if its kind has one. `begin` is answered with the masked contribution.
    pub fn answer(&mut self, position: usize, message: &[u8]) -> Result<Option<Vec<u8>>> {
        let client = &mut self.clients[position];
        if kind_of(message)? == Kind::Begin {
            client.begin(message, &self.context)?;
            return mask(client, &self.inputs[position], &mut self.rng).map(Some);
        }
        respond(client, message, &mut self.rng)
    }

    // Whole steps.

    /// One step of the server: everyone gets what it is due and answers, then the step is closed if it still waits.
    pub fn step(&mut self, network: &mut impl Network) -> Vec<Refusal> {
        let moment = self.moment();
        let refusals = self.exchange(network);
        let waits = matches!(moment.step, Step::Advertise | Step::Confirm | Step::Mask | Step::Survive | Step::Unmask);
        if waits && self.moment() == moment {
            // Whether set-up goes on shows in the step of the server.
            let _ = self.close_step();
        }
        refusals
    }

    pub fn moment(&self) -> Moment {
        Moment { step: self.server.step(), pass: self.server.pass() }
    }

    /// Everyone gets what it is due in the present step, and what it answers goes to the server as long as the step lasts.
    pub fn exchange(&mut self, network: &mut impl Network) -> Vec<Refusal> {
        let moment = self.moment();
        let mut due: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        for position in 0..self.members() {
            due.extend(self.due(position).map(|message| (position, message)));
        }
        let mut receivers: Vec<usize> = due.keys().copied().collect();
        network.order(&mut receivers);
        let mut refusals = Vec::new();
        for receiver in receivers {
            for message in network.to_client(moment, receiver, due[&receiver].clone()) {
                let answer = match self.answer(receiver, &message) {
                    Ok(answer) => answer,
                    Err(error) => {
                        refusals.push(Refusal::ByClient(receiver, error));
                        continue;
                    }
                };
                for message in answer.into_iter().flat_map(|answer| network.to_server(moment, receiver, answer)) {
                    // Shares that come when enough are there are accepted and not counted.
                    let late = moment.step == Step::Unmask && self.server.step() == Step::Sum;
                    if !late && self.moment() != moment {
                        continue;
                    }
                    if let Err(error) = self.deliver(receiver, &message) {
                        refusals.push(Refusal::ByServer(receiver, error));
                    }
                }
            }
        }
        refusals
    }

    /// A whole set-up.
    pub fn set_up(&mut self, network: &mut impl Network) -> Vec<Refusal> {
        self.invite().unwrap();
        let mut refusals = Vec::new();
        while matches!(self.server.step(), Step::Advertise | Step::Confirm) {
            refusals.extend(self.step(network));
        }
        if self.server.step() == Step::Ready {
            refusals.extend(self.exchange(network));
        }
        refusals
    }

    /// A whole round with everyone who can take part.
    pub fn round(&mut self, network: &mut impl Network) -> (Outcome, Vec<Refusal>) {
        self.begin(None).unwrap();
        self.play(network)
    }

    /// The rest of a round that has begun, up to and with `finished`.
    pub fn play(&mut self, network: &mut impl Network) -> (Outcome, Vec<Refusal>) {
        let mut refusals = Vec::new();
        while matches!(self.server.step(), Step::Mask | Step::Survive | Step::Unmask) {
            refusals.extend(self.step(network));
        }
        let outcome =
            if self.server.step() == Step::Sum { self.sum() } else { Outcome::Aborted(self.server.outcome()) };
        refusals.extend(self.exchange(&mut Faithful));
        (outcome, refusals)
    }

    /// Opens the sum and finishes the round.
    pub fn sum(&mut self) -> Outcome {
        let survivors = self.positions(&self.server.survivors());
        let payloads: Vec<&[u8]> = survivors.iter().map(|position| self.payloads[position].as_slice()).collect();
        let opened = self.server.opening().and_then(|opening| opened_sums(&self.run, &opening, &payloads));
        match opened {
            Ok(sums) => {
                self.finish(None).unwrap();
                Outcome::Sum { survivors, sums }
            }
            Err(error) => {
                self.finish(Some(error.kind())).unwrap();
                Outcome::Aborted(self.server.outcome())
            }
        }
    }

    /// What a round over these positions must end with.
    pub fn expected(&self, survivors: &[usize]) -> Outcome {
        let sums = expected_sums(&self.run, survivors.iter().map(|&position| &self.inputs[position]));
        Outcome::Sum { survivors: survivors.to_vec(), sums }
    }

    /// A round of which nothing is lost; asserts that its sum is that of everyone with confirmed keys.
    pub fn assert_round(&mut self) {
        let (outcome, refusals) = self.round(&mut Faithful);
        assert_eq!(refusals, []);
        let everyone = self.positions(&self.server.participants());
        assert_eq!(outcome, self.expected(&everyone));
    }
}

/// The saved state of a client.
pub fn saved<const K: usize>(client: &Client<K>) -> Vec<u8> {
    let mut state = vec![0; client.saved_size_limit()];
    let size = client.save(&mut state).unwrap();
    state.truncate(size);
    state
}

/// Masks a whole contribution.
pub fn mask<const K: usize>(client: &mut Client<K>, input: &[Column], rng: &mut Generator) -> Result<Vec<u8>> {
    let mut out = vec![0; client.masked_size()?];
    let values: Vec<Values<'_>> = input.iter().map(Column::values).collect();
    let size = client.mask(rng, &values, &mut out)?;
    assert_eq!(size, out.len());
    Ok(out)
}

/// Hands a client a message of any kind but `begin`, and returns its answer, if its kind has one.
pub fn respond<const K: usize>(client: &mut Client<K>, message: &[u8], rng: &mut Generator) -> Result<Option<Vec<u8>>> {
    let mut out = vec![0; 256 + 32 * K];
    let size = match kind_of(message)? {
        Kind::Invite => client.advertise(message, rng, &mut out)?,
        Kind::Keys => client.confirm(message, &mut out)?,
        Kind::Survivors => client.acknowledge(message, &mut out)?,
        Kind::Open => client.unmask(message, &mut out)?,
        Kind::Confirmations => {
            client.accept(message)?;
            return Ok(None);
        }
        Kind::Finished => {
            client.finish(message)?;
            return Ok(None);
        }
        other => panic!("{other:?} is not answered"),
    };
    out.truncate(size);
    Ok(Some(out))
}
