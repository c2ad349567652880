//! One connection: TLS on a socket that never blocks, frames in and out.

use std::collections::VecDeque;
use std::io::{BufRead, ErrorKind, Read, Write};

use mio::net::TcpStream;
use rustls::Connection;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::frame::{Decoder, Fault, Frame, Kind, encode, read_reason};
use crate::peer::Peer;

/// The body of a frame.
pub(crate) type Message = Zeroizing<Vec<u8>>;

/// Frames that are kept unread; a party is never more than one round ahead.
const MOST_FRAMES: usize = 3;
/// Bytes that a socket gives at a time.
const SOCKET: usize = 1 << 18;
/// Bytes of TLS records that may wait for the socket.
const RECORDS: usize = 1 << 18;

/// Why nothing more comes through a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing goes out either.
    Closed(String),
    /// What still comes is thrown away.
    Fault(Fault),
}

#[derive(Debug)]
pub(crate) struct Link {
    stream: TcpStream,
    tls: Connection,
    connected: bool,
    decoder: Decoder,
    frames: VecDeque<Frame>,
    inbound: Inbound,
    queue: VecDeque<Zeroizing<Vec<u8>>>,
    /// Room of a frame that has left, for the next one.
    room: Zeroizing<Vec<u8>>,
    /// Bytes of the first frame of the queue that TLS has.
    written: usize,
    end: Option<End>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Link {
    /// A link on a socket that may still be connecting, for a greeting of up to `limit` bytes.
    pub(crate) fn new(stream: TcpStream, mut tls: Connection, limit: u32) -> Self {
        tls.set_buffer_limit(Some(RECORDS));
        Self {
            stream,
            tls,
            connected: false,
            decoder: Decoder::new(limit),
            frames: VecDeque::new(),
            inbound: Inbound::default(),
            queue: VecDeque::new(),
            room: Zeroizing::default(),
            written: 0,
            end: None,
            sent: 0,
            received: 0,
        }
    }

    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// TLS, once its handshake is over.
    pub(crate) fn established(&self) -> Option<&Connection> {
        (!self.tls.is_handshaking()).then_some(&self.tls)
    }

    /// Takes more than the greeting: frames of up to `limit` bytes.
    pub(crate) fn raise(&mut self, limit: u32) {
        let frames = &mut self.frames;
        if let Err(fault) = self.decoder.raise(limit, |frame| frames.push_back(frame)) {
            self.end = Some(End::Fault(fault));
        }
    }

    /// Puts a frame into the queue; false if it is too long for one.
    pub(crate) fn queue(&mut self, kind: Kind, body: &[u8]) -> bool {
        self.queue_written(kind, body.len(), |frame| frame.extend_from_slice(body))
    }

    /// The same for a body of `size` bytes that `write` appends to the frame.
    pub(crate) fn queue_written(&mut self, kind: Kind, size: usize, write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let room = std::mem::take(&mut self.room);
        encode(kind, size, room, write).map(|frame| self.queue.push_back(frame)).is_some()
    }

    /// Says how long the next message may well be, and where it may go.
    pub(crate) fn expect(&mut self, size: usize, room: Message) {
        self.decoder.expect(size, room);
    }

    /// Frames that have not gone to TLS as a whole.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Whether all that was queued has left.
    pub(crate) fn is_flushed(&self) -> bool {
        self.queue.is_empty() && !self.tls.wants_write()
    }

    /// The next frame that came.
    pub(crate) fn next(&mut self) -> Option<Frame> {
        self.frames.pop_front()
    }

    /// Why nothing more comes, once all that came was read.
    pub(crate) fn end(&self) -> Option<&End> {
        self.end.as_ref().filter(|_| self.frames.is_empty())
    }

    /// Says that nothing more is sent.
    pub(crate) fn close(&mut self) {
        self.tls.send_close_notify();
    }

    /// Moves as many bytes as the socket takes and gives; whether there were any.
    pub(crate) fn pump(&mut self) -> bool {
        if self.is_closed() || !self.is_connected() {
            return false;
        }
        self.pump_connected().unwrap_or_else(|end| {
            self.end = Some(end);
            true
        })
    }

    /// Whether nothing goes in or out any more.
    pub(crate) fn is_closed(&self) -> bool {
        matches!(self.end, Some(End::Closed(_)))
    }

    fn is_connected(&mut self) -> bool {
        if !self.connected {
            match (self.stream.take_error(), self.stream.peer_addr()) {
                (Ok(None), Ok(_)) => {
                    self.connected = true;
                    // Rounds are short messages that somebody waits for.
                    let _ = self.stream.set_nodelay(true);
                }
                (Ok(Some(error)) | Err(error), _) => self.end = Some(End::Closed(error.to_string())),
                (Ok(None), Err(_)) => {}
            }
        }
        self.connected
    }

    fn pump_connected(&mut self) -> std::result::Result<bool, End> {
        let mut any = false;
        loop {
            let mut moved = self.read()?;
            moved |= self.encrypt()?;
            match self.write() {
                Ok(wrote) => moved |= wrote,
                Err(end) => {
                    // Its last words may have come before it went.
                    while self.read()? {}
                    return Err(end);
                }
            }
            if !moved {
                return Ok(any);
            }
            any = true;
        }
    }

    /// Queue to TLS.
    fn encrypt(&mut self) -> std::result::Result<bool, End> {
        let mut moved = false;
        while let Some(frame) = self.queue.front() {
            if self.tls.is_handshaking() {
                break;
            }
            let rest = frame.get(self.written..).unwrap_or_default();
            let taken = self.tls.writer().write(rest).map_err(|error| closed(&error))?;
            moved |= taken > 0;
            self.written += taken;
            if taken < rest.len() {
                break;
            }
            self.room = self.queue.pop_front().unwrap_or_default();
            self.written = 0;
        }
        Ok(moved)
    }

    /// TLS to socket.
    fn write(&mut self) -> std::result::Result<bool, End> {
        let mut moved = false;
        while self.tls.wants_write() {
            match self.tls.write_tls(&mut self.stream) {
                Ok(0) => return Err(End::Closed("the connection takes no more".into())),
                Ok(bytes) => {
                    self.sent += bytes as u64;
                    moved = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(closed(&error)),
            }
        }
        Ok(moved)
    }

    /// Socket to TLS to frames, unless enough of them wait.
    fn read(&mut self) -> std::result::Result<bool, End> {
        if self.frames.len() >= MOST_FRAMES || self.decoder.is_waiting() {
            return Ok(false);
        }
        if self.inbound.is_empty() {
            match self.inbound.fill(&mut self.stream) {
                Ok(0) => return Err(End::Closed("it was cut off".into())),
                Ok(bytes) => self.received += bytes as u64,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
                Err(error) => return Err(closed(&error)),
            }
        }
        self.tls.read_tls(&mut self.inbound).map_err(|error| closed(&error))?;
        let state = self.tls.process_new_packets().map_err(|error| End::Closed(error.to_string()))?;
        let closes = state.peer_has_closed();
        let mut left = state.plaintext_bytes_to_read();
        let mut reader = self.tls.reader();
        while left > 0 {
            let bytes = reader.fill_buf().map_err(|error| closed(&error))?;
            let taken = bytes.len();
            if taken == 0 {
                break;
            }
            if self.end.is_none() {
                let frames = &mut self.frames;
                if let Err(fault) = self.decoder.push(bytes, |frame| frames.push_back(frame)) {
                    self.end = Some(End::Fault(fault));
                }
            }
            reader.consume(taken);
            left = left.saturating_sub(taken);
        }
        if closes { Err(End::Closed("it was closed".into())) } else { Ok(true) }
    }
}

/// What a socket gave and TLS has not taken, which it takes by a few kilobytes: one call of the system for many of those.
#[derive(Debug, Default)]
struct Inbound {
    bytes: Vec<u8>,
    /// Those that are there.
    start: usize,
    end: usize,
}

impl Inbound {
    const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Takes what the socket gives.
    fn fill(&mut self, stream: &mut TcpStream) -> std::io::Result<usize> {
        self.bytes.resize(SOCKET, 0);
        let bytes = stream.read(&mut self.bytes)?;
        (self.start, self.end) = (0, bytes);
        Ok(bytes)
    }
}

impl Read for Inbound {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut there = self.bytes.get(self.start..self.end).unwrap_or_default();
        let taken = there.read(out)?;
        self.start += taken;
        Ok(taken)
    }
}

/// The next frame that came through a link, or why none will; `bound` is the most that it may announce.
pub(crate) fn next(link: &mut Link, peer: Peer, bound: u64) -> Result<Option<Frame>> {
    match (link.next(), link.end()) {
        (Some(frame), _) => Ok(Some(frame)),
        (None, None) => Ok(None),
        (None, Some(End::Closed(reason))) => Err(Error::Lost { peer, reason: reason.clone() }),
        (None, Some(End::Fault(Fault::Malformed))) => Err(Error::Malformed { peer }),
        (None, Some(End::Fault(Fault::TooLarge(size)))) => Err(Error::TooLarge { peer, size: *size, bound }),
    }
}

/// The body of the next frame, which has to be of this kind.
pub(crate) fn received(link: &mut Link, peer: Peer, kind: Kind, bound: u64) -> Result<Option<Message>> {
    match next(link, peer, bound)? {
        None => Ok(None),
        Some(frame) if frame.kind == kind => Ok(Some(frame.body)),
        Some(frame) if frame.kind == Kind::Leave => Err(Error::Left { peer, reason: read_reason(&frame.body) }),
        Some(_) => Err(Error::Malformed { peer }),
    }
}

fn closed(error: &std::io::Error) -> End {
    End::Closed(error.to_string())
}
