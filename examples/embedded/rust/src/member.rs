//! A member of a run on a device: it joins, takes part in every round and leaves when the run is closed.

use cloakwork_core::agreement::TAG_SIZE;
use cloakwork_core::secagg::{Client, ClientState, Encoding, Kind, MEMBER_SIZE, Member, RosterSource, Values, kind_of};
use cloakwork_core::{Error, ErrorKind};

use crate::board::{Generator, stack_used};
use crate::clock;
use crate::failure::Failure;
use crate::line::{self, Told};
use crate::provision::{FRACTION, PROVISION};
use crate::server::{self, Media, Server};
use crate::text::Text;

/// Neighbours that the client has room for.
const NEIGHBOURS: usize = 16;
/// Members of a run whose bitmaps fit the message buffer.
const MEMBERS: usize = 1024;
/// The longest message to a client is `open`: of each neighbour a salt, an encrypted share and an acknowledgement, and of the members a bitmap.
const MESSAGE_SIZE: usize = 128 + (64 + TAG_SIZE) * NEIGHBOURS + MEMBERS / 8;
/// The longest answer is the head of the masked message: of each neighbour an encrypted share.
const ANSWER_SIZE: usize = 128 + 48 * NEIGHBOURS;
/// Values that are masked at a time.
const PIECE_VALUES: usize = 32;
/// Bytes of a piece, at eight a value, and of two zero coordinates.
const PIECE_SIZE: usize = 8 * (PIECE_VALUES + 2);

type Suffix = Text<40>;

/// The client with its room.
pub(crate) type Room = Client<NEIGHBOURS>;

/// The roster as the gateway holds it: the body of the last answer.
struct Roster {
    length: usize,
}

impl RosterSource for Roster {
    fn member(&mut self, position: u32) -> Result<Member, Error> {
        let first = position as usize * MEMBER_SIZE;
        let mut entry = [0; MEMBER_SIZE];
        if first + MEMBER_SIZE > self.length || server::read(first, &mut entry).is_err() {
            return Err(ErrorKind::InvalidRoster.into());
        }
        Ok(Member::from_bytes(&entry))
    }
}

/// Ticks of the clock that a round took.
#[derive(Debug, Default)]
struct Ticks {
    setup: u32,
    mask: u32,
    rest: u32,
}

/// The device's part in a run.
pub(crate) struct Membership<'a> {
    server: Server,
    client: &'a mut Room,
    /// An answer came too late for its set-up: what follows in it is not for this device.
    needs_invitation: bool,
    ticks: Ticks,
}

/// Tells the gateway what happens, and waits until it lets the device go on.
fn tell(what: Told, kind: u8, code: Failure, round: u32) -> Result<(), Failure> {
    tell_last(what, kind, code, round);
    Ok(line::go()?)
}

/// Tells the gateway what happens, and does not wait.
pub(crate) fn tell_last(what: Told, kind: u8, code: Failure, round: u32) {
    line::give(line::TOLD, &[&[what as u8, kind], &code.0.to_le_bytes(), &round.to_le_bytes(), &[0; 8]]);
}

const FINE: Failure = Failure(0);

impl<'a> Membership<'a> {
    /// Joins the run of a client: what the server says of it is checked against the invitation before anything is done.
    pub(crate) fn join(client: &'a mut Room, mut server: Server, message: &mut [u8]) -> Result<Self, Failure> {
        let length = server.get(b"/description", b"", message)?.length;
        let description = message.get(..length).unwrap_or_default();
        let roster = server.look(b"/roster")?;
        client.join(description, Roster { length: roster.length })?;
        let config = client.run().config();
        let [segment] = config.segments.as_slice() else {
            return Err(Failure::CONFIGURATION);
        };
        let fits = *client.run().hash() == PROVISION.run_hash
            && config.members as usize <= MEMBERS
            && segment.encoding() == (Encoding::FixedPoint { fraction: FRACTION })
            && segment.length() == PROVISION.values().len() as u64;
        if !fits || server.look(b"/settings")?.hash != config.settings_hash {
            return Err(Failure::CONFIGURATION);
        }
        Ok(Self { server, client, needs_invitation: false, ticks: Ticks::default() })
    }

    /// Takes part until the run is closed; a failure comes with the kind of the message that it was about.
    pub(crate) fn serve(&mut self, message: &mut [u8]) -> Result<(), (Failure, u8)> {
        let mut number = 1;
        loop {
            clock::take();
            let suffix = Suffix::new().text("/messages/").number(number);
            let polled = match self.server.poll(suffix.as_bytes(), message) {
                Err((Failure::RUN_CLOSED, _)) => return Ok(()),
                Err((Failure::SUPERSEDED, next)) if next > number => {
                    number = next;
                    if !self.has_keys() {
                        self.ask_for_setup().map_err(|failure| (failure, 0))?;
                    }
                    continue;
                }
                Err((failure, _)) => return Err((failure, 0)),
                Ok(polled) if polled.status == 204 => continue,
                Ok(polled) => polled,
            };
            let message = message.get(..polled.length).unwrap_or_default();
            let kind = kind_of(message).map_err(Failure::from);
            let number_of_kind = kind.as_ref().map_or(0, |kind| *kind as u8);
            let handled = kind.and_then(|kind| self.handle(number, kind, message));
            let went_on = match handled {
                Err(failure) if failure.is_of_protocol() => self.refuse(number, number_of_kind, failure),
                other => other,
            };
            went_on.map_err(|failure| (failure, number_of_kind))?;
            number += 1;
        }
    }

    fn has_keys(&self) -> bool {
        self.client.state() as u8 >= ClientState::Ready as u8
    }

    fn handle(&mut self, number: u64, kind: Kind, message: &[u8]) -> Result<(), Failure> {
        if kind != Kind::Invite && self.needs_invitation {
            return Ok(());
        }
        if kind == Kind::Begin {
            self.begin(number, message)?;
            self.ticks.mask += clock::take();
            return Ok(());
        }
        tell(Told::Message, kind as u8, FINE, self.client.last_round())?;
        match kind {
            Kind::Confirmations => {
                if self.client.accept(message)? > 0 {
                    self.accuse(number)?;
                }
            }
            Kind::Finished => return self.finish(message),
            _ => self.answer(kind, message)?,
        }
        let part = if (kind as u8) < Kind::Begin as u8 { &mut self.ticks.setup } else { &mut self.ticks.rest };
        *part += clock::take();
        Ok(())
    }

    /// One call of the library for each message that has an answer.
    fn answer(&mut self, kind: Kind, message: &[u8]) -> Result<(), Failure> {
        let mut out = [0; ANSWER_SIZE];
        let written = match kind {
            Kind::Invite => {
                self.needs_invitation = false;
                self.client.advertise(message, &mut Generator, &mut out)?
            }
            Kind::Keys => self.client.confirm(message, &mut out)?,
            Kind::Survivors => self.client.acknowledge(message, &mut out)?,
            Kind::Open => self.client.unmask(message, &mut out)?,
            _ => return Err(ErrorKind::UnexpectedKind.into()),
        };
        self.server.body(out.get(..written).unwrap_or_default());
        self.deliver(kind)
    }

    /// Joins the round and contributes to it.
    fn begin(&mut self, number: u64, message: &[u8]) -> Result<(), Failure> {
        let suffix = Suffix::new().text("/messages/").number(number).text("/context");
        let context = match self.server.look(suffix.as_bytes()) {
            // The round is over.
            Err(Failure::NOT_FOUND) => return tell(Told::Late, Kind::Begin as u8, Failure::NOT_FOUND, 0),
            context => context?,
        };
        self.client.begin(message, &context.hash)?;
        tell(Told::Message, Kind::Begin as u8, FINE, self.client.last_round())?;
        self.mask()?;
        self.deliver(Kind::Begin)
    }

    /// Masks the values piece by piece; each piece leaves before the next one is made.
    fn mask(&mut self) -> Result<(), Failure> {
        let mut out = [0; ANSWER_SIZE];
        let written = self.client.mask_begin(&mut Generator, &mut out)?;
        self.server.body(out.get(..written).unwrap_or_default());
        for piece in PROVISION.values().chunks(PIECE_VALUES) {
            let out = out.get_mut(..PIECE_SIZE).unwrap_or_default();
            let written = self.client.mask_chunk(&Values::ScaledI32(piece), out)?;
            self.server.body(out.get(..written).unwrap_or_default());
        }
        Ok(())
    }

    /// Posts the answer whose body has left already.
    fn deliver(&mut self, kind: Kind) -> Result<(), Failure> {
        match self.server.post(Media::Cbor, b"/messages") {
            // The step was closed without this device, or the server refuses the answer: nothing is gained by sending it again.
            Err(failure)
                if failure.is_of_protocol() || failure == Failure::TOO_LARGE || failure == Failure::RUN_CLOSED =>
            {
                tell(Told::Late, kind as u8, failure, self.client.last_round())?;
                if !self.has_keys() {
                    self.needs_invitation = true;
                    self.ask_for_setup()?;
                }
                Ok(())
            }
            posted => posted,
        }
    }

    fn finish(&mut self, message: &[u8]) -> Result<(), Failure> {
        let outcome = self.client.finish(message)?;
        let round = self.client.last_round();
        let Ticks { setup, mask, rest } = core::mem::take(&mut self.ticks);
        let numbers = [round, stack_used(), setup, mask, rest + clock::take()].map(u32::to_le_bytes);
        line::give(line::MEASURED, &[numbers.as_flattened()]);
        line::go()?;
        tell(Told::Finished, Kind::Finished as u8, Failure(outcome as u16), round)
    }

    /// What becomes of an error of the protocol: everybody is told, and the next message may go well. Without random bytes none will.
    fn refuse(&mut self, number: u64, kind: u8, failure: Failure) -> Result<(), Failure> {
        tell(Told::Refused, kind, failure, self.client.last_round())?;
        self.report(number, failure, None)?;
        if failure == ErrorKind::Randomness.into() {
            return Err(failure);
        }
        if failure == ErrorKind::WrongEpoch.into() || self.client.epoch() == 0 { self.ask_for_setup() } else { Ok(()) }
    }

    /// Names the neighbours whose tags did not verify, before a round is spoiled by them.
    fn accuse(&mut self, number: u64) -> Result<(), Failure> {
        for index in 0..NEIGHBOURS {
            let Some(accused) = self.client.unconfirmed().nth(index) else { break };
            self.report(number, ErrorKind::NotConfirmed.into(), Some(accused))?;
        }
        Ok(())
    }

    /// Tells everybody why this device does not answer a message, and whom it blames.
    fn report(&mut self, number: u64, failure: Failure, accused: Option<u64>) -> Result<(), Failure> {
        let text = Text::<112>::new().text("{\"number\":").number(number).text(",\"code\":").number(failure.0.into());
        let text = text.text(",\"reason\":\"see the number\"");
        let text = match accused {
            Some(accused) => text.text(",\"accused\":\"").number(accused).text("\""),
            None => text,
        };
        self.post_text(b"/refusals", text.text("}").as_bytes())
    }

    fn ask_for_setup(&mut self) -> Result<(), Failure> {
        self.post_text(b"/setup", b"{}")
    }

    /// Requests that may come too late; then they are not needed any more.
    fn post_text(&mut self, suffix: &[u8], text: &[u8]) -> Result<(), Failure> {
        self.server.body(text);
        match self.server.post(Media::Json, suffix) {
            Err(Failure::NOT_FOUND | Failure::RUN_CLOSED) => Ok(()),
            posted => posted,
        }
    }
}

/// The buffer of messages.
pub(crate) const fn message_buffer() -> [u8; MESSAGE_SIZE] {
    [0; MESSAGE_SIZE]
}
