//! Two honest rounds, the first with a dropout, as the server and one client live through them.

use crate::generator::Generator;
use crate::run::{CONTEXT, CONTRIBUTION, MEMBERS, MESSAGE_SIZE, Party, client, id, saved, server};
use cloakwork_core::secagg::{Server, Step};
use std::sync::OnceLock;

/// The member whose view is kept.
pub const VICTIM: usize = 0;

/// The member that drops out of the first round.
const DROPOUT: usize = 4;

/// A call of the client that takes a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// `invite`
    Advertise,
    /// `keys`
    Confirm,
    /// `confirmations`
    Accept,
    /// `begin`
    Begin,
    /// `survivors`
    Acknowledge,
    /// `open`
    Unmask,
    /// `finished`
    Finish,
}

impl Call {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Advertise, Self::Confirm, Self::Accept, Self::Begin, Self::Acknowledge, Self::Unmask, Self::Finish];

    /// Makes the call; the answer's length if there is one.
    pub fn make(
        self,
        client: &mut Party,
        rng: &mut Generator,
        message: &[u8],
        out: &mut [u8],
    ) -> cloakwork_core::Result<usize> {
        match self {
            Self::Advertise => client.advertise(message, rng, out),
            Self::Confirm => client.confirm(message, out),
            Self::Accept => client.accept(message),
            Self::Begin => client.begin(message, &CONTEXT).map(|()| 0),
            Self::Acknowledge => client.acknowledge(message, out),
            Self::Unmask => client.unmask(message, out),
            Self::Finish => client.finish(message).map(|_| 0),
        }
    }
}

/// A message to the victim, with the call that takes it and the state that it meets.
pub struct Delivery {
    /// The call.
    pub call: Call,
    /// The genuine message.
    pub message: Vec<u8>,
    /// The victim's saved state before it.
    pub before: Vec<u8>,
}

/// Something that happened to the server.
#[derive(Clone)]
pub enum Event {
    /// Set-up began.
    Invite,
    /// A message came in.
    Receive(u64, Vec<u8>),
    /// A step was closed.
    Close,
    /// A round began.
    Begin,
    /// The sum was taken.
    Finish,
}

impl Event {
    /// Lets it happen.
    pub fn replay(&self, server: &mut Server) -> cloakwork_core::Result<()> {
        match self {
            Self::Invite => server.invite().map(drop),
            Self::Receive(sender, message) => server.receive(*sender, message).map(drop),
            Self::Close => server.close_step(),
            Self::Begin => server.begin(None, &CONTEXT).map(drop),
            Self::Finish => server.finish(None),
        }
    }
}

/// Both views.
pub struct Transcript {
    /// What the victim received.
    pub deliveries: Vec<Delivery>,
    /// What happened to the server.
    pub events: Vec<Event>,
}

/// The one transcript of all targets.
pub fn transcript() -> &'static Transcript {
    static TRANSCRIPT: OnceLock<Transcript> = OnceLock::new();
    TRANSCRIPT.get_or_init(|| Recorder::new().record())
}

/// The victim's generator, as at the beginning of the transcript.
pub fn victim_generator() -> Generator {
    Generator::new(VICTIM as u64)
}

struct Recorder {
    server: Server,
    clients: Vec<Party>,
    generators: Vec<Generator>,
    transcript: Transcript,
}

impl Recorder {
    fn new() -> Self {
        Self {
            server: server(),
            clients: (0..MEMBERS).map(client).collect(),
            generators: (0..MEMBERS as u64).map(Generator::new).collect(),
            transcript: Transcript { deliveries: Vec::new(), events: Vec::new() },
        }
    }

    fn record(mut self) -> Transcript {
        let everyone: Vec<usize> = (0..MEMBERS).collect();
        self.happen(Event::Invite);
        self.step(&everyone, Call::Advertise, true);
        self.step(&everyone, Call::Confirm, true);
        self.step(&everyone, Call::Accept, false);
        for with_dropout in [true, false] {
            let left: Vec<usize> = (0..MEMBERS).filter(|index| !(with_dropout && *index == DROPOUT)).collect();
            self.happen(Event::Begin);
            self.step(&everyone, Call::Begin, false);
            for index in &left {
                let mut out = vec![0; MESSAGE_SIZE];
                let rng = &mut self.generators[*index];
                let written = self.clients[*index].mask(rng, &CONTRIBUTION, &mut out).expect("honest");
                self.send(*index, &out[..written]);
            }
            if with_dropout {
                self.happen(Event::Close);
                self.step(&left, Call::Acknowledge, true);
            }
            self.step(&left, Call::Unmask, true);
            assert_eq!(self.server.step(), Step::Sum, "the honest round opens");
            self.happen(Event::Finish);
            self.step(&left, Call::Finish, false);
        }
        self.transcript
    }

    fn happen(&mut self, event: Event) {
        event.replay(&mut self.server).expect("honest");
        self.transcript.events.push(event);
    }

    fn send(&mut self, index: usize, message: &[u8]) {
        self.happen(Event::Receive(id(index), message.to_vec()));
    }

    /// Brings each of these clients its message, and the answers to the server.
    fn step(&mut self, clients: &[usize], call: Call, answers: bool) {
        let messages: Vec<_> =
            clients.iter().map(|index| self.server.message(id(*index)).expect("a member").expect("due")).collect();
        for (index, message) in clients.iter().zip(messages) {
            if *index == VICTIM {
                let before = saved(&self.clients[VICTIM]).expect("not masking");
                self.transcript.deliveries.push(Delivery { call, message: message.clone(), before });
            }
            let mut out = vec![0; MESSAGE_SIZE];
            let (client, rng) = (&mut self.clients[*index], &mut self.generators[*index]);
            let written = call.make(client, rng, &message, &mut out).expect("honest");
            if answers {
                self.send(*index, &out[..written]);
            }
        }
    }
}
