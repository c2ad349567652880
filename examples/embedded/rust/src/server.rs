//! Requests to the server, over the gateway: `docs/http.md` and section 9 of `docs/protocol.md`.
//!
//! The device makes the MAC of each request and believes no answer without that of the server.

use cloakwork_core::agreement::{ChannelKey, Direction, Identity, MAC_SIZE, PublicKey, Request, Side};
use cloakwork_core::kdf::Digest;

use crate::failure::Failure;
use crate::line;
use crate::provision::PROVISION;
use crate::text::Text;

/// The longest target: "/v1/runs/", the run, "/messages/", ten digits and "/context".
const PATH_SIZE: usize = 80;
/// Bytes of a body that are taken at a time where it is not kept.
const PIECE_SIZE: usize = 64;
/// The status, a space and the MAC of the request.
const ANSWER_METHOD_SIZE: usize = 4 + 2 * MAC_SIZE;

/// How a request goes out; [`Method::Repeat`] is a POST with the body of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Method {
    Get = 0,
    Post = 1,
    Repeat = 2,
}

/// What its body is.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Media {
    None = 0,
    Cbor = 1,
    Json = 2,
}

/// A verified answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) length: usize,
    /// Of an error: `next`, the number of the message to ask for. The gateway read it; it could as well withhold all messages.
    pub(crate) number: u64,
    /// SHA-256 of the body.
    pub(crate) hash: [u8; 32],
    /// The number of the error, or 0.
    code: u16,
}

/// The server that the provisioning pins.
#[derive(Debug)]
pub(crate) struct Server {
    channel: ChannelKey,
    counter: u64,
    /// Of the body that is being made.
    body: Digest,
}

impl Server {
    /// Opens the channel.
    pub(crate) fn open(identity: &Identity) -> Result<Self, Failure> {
        let channel = ChannelKey::new(identity, Side::Client, &PublicKey::from_bytes(PROVISION.server))?;
        Ok(Self { channel, counter: PROVISION.counter, body: Digest::new() })
    }

    /// The next bytes of the body of a request, which leave at once.
    pub(crate) fn body(&mut self, bytes: &[u8]) {
        line::give(line::BODY, &[bytes]);
        self.body.update(bytes);
    }

    /// A request without a body; that of the answer goes to `out`.
    pub(crate) fn get(&mut self, suffix: &[u8], query: &[u8], out: &mut [u8]) -> Result<Answer, Failure> {
        self.request(Method::Get, Media::None, suffix, query, Some(out)).map_err(|(failure, _)| failure)
    }

    /// A request without a body; that of the answer is hashed and not kept.
    pub(crate) fn look(&mut self, suffix: &[u8]) -> Result<Answer, Failure> {
        self.request(Method::Get, Media::None, suffix, b"", None).map_err(|(failure, _)| failure)
    }

    /// A request with what [`Server::body`] got.
    pub(crate) fn post(&mut self, media: Media, suffix: &[u8]) -> Result<(), Failure> {
        self.request(Method::Post, media, suffix, b"", None).map(drop).map_err(|(failure, _)| failure)
    }

    /// Waits for a message; an error comes with the number of the message to ask for.
    pub(crate) fn poll(&mut self, suffix: &[u8], out: &mut [u8]) -> Result<Answer, (Failure, u64)> {
        self.request(Method::Get, Media::None, suffix, b"wait=25", Some(out))
    }

    fn request(
        &mut self,
        method: Method,
        media: Media,
        suffix: &[u8],
        query: &[u8],
        mut out: Option<&mut [u8]>,
    ) -> Result<Answer, (Failure, u64)> {
        let mut path = Text::<PATH_SIZE>::new().text("/v1/runs/").hex(&PROVISION.run);
        path.extend(suffix);
        let body_hash = core::mem::take(&mut self.body).finish();
        let mut method = method;
        loop {
            self.counter += 1;
            let request = Request {
                direction: Direction::Request,
                method: if method == Method::Get { b"GET" } else { b"POST" },
                path: path.as_bytes(),
                query,
                body_hash: &body_hash,
                run: Some(&PROVISION.run),
                counter: self.counter,
            };
            let answer = self.exchange(method, media, &request, out.as_deref_mut()).map_err(|failure| (failure, 0))?;
            if answer.status < 400 {
                return Ok(answer);
            }
            let failure = if answer.code == 0 { Failure::UNVERIFIED_ANSWER } else { Failure(answer.code) };
            if failure != Failure::COUNTER_USED || answer.number < self.counter {
                return Err((failure, answer.number));
            }
            // The server saw higher counters from this identity: go past the last one.
            self.counter = answer.number;
            method = if method == Method::Get { Method::Get } else { Method::Repeat };
        }
    }

    /// Sends a request, takes the answer and checks its MAC.
    fn exchange(
        &self,
        method: Method,
        media: Media,
        request: &Request<'_>,
        out: Option<&mut [u8]>,
    ) -> Result<Answer, Failure> {
        let mac = self.channel.mac(request)?;
        let counter = request.counter.to_le_bytes();
        let path_length = [request.path.len() as u8];
        line::give(
            line::REQUEST,
            &[&[method as u8, media as u8], &counter, &mac, &path_length, request.path, request.query],
        );
        let mut frame = [0; 48];
        line::take(line::ANSWER, &mut frame)?;
        let (proof, mut answer) = Answer::read(&frame);
        if !(100..=599).contains(&answer.status) {
            return Err(Failure::UNREACHABLE);
        }
        let out = out.filter(|_| answer.status < 400);
        if out.as_ref().is_some_and(|out| answer.length > out.len()) {
            return Err(Failure::TOO_LARGE);
        }
        answer.hash = take_body(answer.length, out)?;
        let method = Text::<ANSWER_METHOD_SIZE>::new().number(answer.status.into()).text(" ").hex(&mac);
        let response =
            Request { direction: Direction::Response, method: method.as_bytes(), body_hash: &answer.hash, ..*request };
        self.channel.verify(&response, &proof).map_err(|_| Failure::UNVERIFIED_ANSWER)?;
        Ok(answer)
    }
}

impl Answer {
    /// The frame of an answer: its MAC, and the rest without a hash.
    fn read(frame: &[u8; 48]) -> ([u8; MAC_SIZE], Self) {
        let number = |range: core::ops::Range<usize>| {
            frame.get(range).unwrap_or_default().iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte))
        };
        let mut proof = [0; MAC_SIZE];
        for (place, byte) in proof.iter_mut().zip(frame.iter().skip(2)) {
            *place = *byte;
        }
        let answer = Self {
            status: number(0..2) as u16,
            length: number(34..38) as usize,
            code: number(38..40) as u16,
            number: number(40..48),
            hash: [0; 32],
        };
        (proof, answer)
    }
}

/// A part of the body of the last answer, as the gateway has it: what it says is proven by nothing but a hash of the reader's.
pub(crate) fn read(first: usize, out: &mut [u8]) -> Result<(), Failure> {
    line::give(line::READ, &[&(first as u32).to_le_bytes(), &(out.len() as u16).to_le_bytes()]);
    Ok(line::take(line::DATA, out)?)
}

/// Reads a body of this length, into a buffer or past it, and hashes it.
fn take_body(length: usize, mut out: Option<&mut [u8]>) -> Result<[u8; 32], Failure> {
    let mut digest = Digest::new();
    let mut piece = [0; PIECE_SIZE];
    let mut first = 0;
    while first < length {
        let count = PIECE_SIZE.min(length - first);
        let place = match &mut out {
            Some(out) => out.get_mut(first..first + count),
            None => piece.get_mut(..count),
        };
        let place = place.ok_or(Failure::TOO_LARGE)?;
        read(first, place)?;
        digest.update(place);
        first += count;
    }
    Ok(digest.finish())
}
