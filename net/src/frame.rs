//! Frames on a link: four bytes of length, one of kind, the body.

use zeroize::Zeroizing;

/// Bytes before the body.
const HEAD: usize = 5;
/// Bytes of a body that nobody expects for which there is room at once.
const ROOM: usize = 1 << 16;
/// Bytes of the longest reason for leaving.
const LONGEST_REASON: usize = 200;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A message of a round.
    Message = 0,
    /// The first of each side: who it is, and the proof.
    Hello = 1,
    /// The last: why its sender leaves; nothing, where all has gone well and the other end is a dealer.
    Leave = 2,
    /// From a dealer, first: the seed of a party.
    Seed = 3,
    /// To a dealer: what the corrected party wants.
    Request = 4,
    /// From a dealer: the next piece of it.
    Corrections = 5,
}

/// A frame that came in.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Why bytes are no frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    TooLarge(u64),
    Malformed,
}

/// A frame as it goes out, of a body of `size` bytes that `write` appends; `None` for 4 GiB or more. It goes into `room` if that is enough.
pub(crate) fn encode(
    kind: Kind,
    size: usize,
    room: Zeroizing<Vec<u8>>,
    write: impl FnOnce(&mut Vec<u8>),
) -> Option<Zeroizing<Vec<u8>>> {
    let length = u32::try_from(size).ok()?;
    // A vector that grows would leave a copy behind.
    let enough = room.capacity() >= HEAD + size;
    let mut frame = if enough { room } else { Zeroizing::new(Vec::with_capacity(HEAD + size)) };
    frame.clear();
    frame.extend_from_slice(&length.to_le_bytes());
    frame.push(kind as u8);
    write(&mut frame);
    debug_assert_eq!(frame.len(), HEAD + size);
    Some(frame)
}

/// A reason for leaving, cut to its longest.
pub(crate) fn reason(text: &str) -> &[u8] {
    let mut end = text.len().min(LONGEST_REASON);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().as_bytes()
}

/// A reason that came in, without what could write on somebody's terminal.
pub(crate) fn read_reason(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..body.len().min(LONGEST_REASON)).unwrap_or_default());
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Puts bytes together to frames: first one, the greeting, and after that all that come.
#[derive(Debug)]
pub(crate) struct Decoder {
    limit: u32,
    /// What came after the greeting, which may be larger: kept until somebody has looked at the greeting.
    kept: Option<Zeroizing<Vec<u8>>>,
    greeted: bool,
    /// Bytes of a body for which there is room at once, and where, if there is such room from before.
    expected: usize,
    room: Zeroizing<Vec<u8>>,
    head: Vec<u8>,
    /// Kind, bytes still to come, and the body so far.
    open: Option<(Kind, usize, Zeroizing<Vec<u8>>)>,
}

impl Decoder {
    /// For a greeting of up to `limit` bytes.
    pub(crate) fn new(limit: u32) -> Self {
        let head = Vec::with_capacity(HEAD);
        Self {
            limit,
            kept: Some(Zeroizing::default()),
            greeted: false,
            expected: ROOM,
            room: Zeroizing::default(),
            head,
            open: None,
        }
    }

    /// Says how long a body may well be, and where it may go.
    pub(crate) fn expect(&mut self, size: usize, room: Zeroizing<Vec<u8>>) {
        self.expected = self.expected.max(size);
        if room.capacity() > self.room.capacity() {
            self.room = room;
        }
    }

    /// Whether the greeting has come and nothing more is taken in.
    pub(crate) fn is_waiting(&self) -> bool {
        self.greeted && self.kept.is_some()
    }

    /// From now on takes frames with bodies of up to `limit` bytes.
    pub(crate) fn raise(&mut self, limit: u32, done: impl FnMut(Frame)) -> Result<(), Fault> {
        self.limit = limit;
        let kept = self.kept.take().unwrap_or_default();
        self.push(&kept, done)
    }

    /// Takes bytes in and hands each frame that is whole to `done`.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut done: impl FnMut(Frame)) -> Result<(), Fault> {
        loop {
            if let (true, Some(kept)) = (self.greeted, &mut self.kept) {
                kept.extend_from_slice(bytes);
                return Ok(());
            }
            let Some((kind, missing, body)) = &mut self.open else {
                let (taken, rest) = bytes.split_at((HEAD - self.head.len()).min(bytes.len()));
                self.head.extend_from_slice(taken);
                bytes = rest;
                if self.head.len() < HEAD {
                    return Ok(());
                }
                self.open = Some(self.begin()?);
                self.head.clear();
                continue;
            };
            let (taken, rest) = bytes.split_at((*missing).min(bytes.len()));
            body.extend_from_slice(taken);
            *missing -= taken.len();
            bytes = rest;
            if *missing > 0 {
                return Ok(());
            }
            let (kind, body) = (*kind, std::mem::take(body));
            self.open = None;
            self.greeted = true;
            done(Frame { kind, body });
        }
    }

    fn begin(&mut self) -> Result<(Kind, usize, Zeroizing<Vec<u8>>), Fault> {
        let &[a, b, c, d, kind] = self.head.as_slice() else { return Err(Fault::Malformed) };
        let length = u32::from_le_bytes([a, b, c, d]);
        let kind = match kind {
            0 => Kind::Message,
            1 => Kind::Hello,
            2 => Kind::Leave,
            3 => Kind::Seed,
            4 => Kind::Request,
            5 => Kind::Corrections,
            _ => return Err(Fault::Malformed),
        };
        if length > self.limit {
            return Err(Fault::TooLarge(length.into()));
        }
        let length = usize::try_from(length).map_err(|_| Fault::TooLarge(length.into()))?;
        // An announcement costs nothing: beyond what is expected memory is taken as bytes come.
        let wanted = length.min(self.expected);
        let mut room = if self.room.capacity() >= wanted && kind == Kind::Message {
            std::mem::take(&mut self.room)
        } else {
            Zeroizing::new(Vec::with_capacity(wanted))
        };
        room.clear();
        Ok((kind, length, room))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: Kind, body: &[u8]) -> Zeroizing<Vec<u8>> {
        encode(kind, body.len(), Zeroizing::default(), |frame| frame.extend_from_slice(body)).unwrap()
    }

    fn decode(limit: u32, pieces: &[&[u8]]) -> Result<Vec<(Kind, Vec<u8>)>, Fault> {
        let mut decoder = Decoder::new(limit);
        let mut found = Vec::new();
        decoder.raise(limit, |_| {})?;
        for piece in pieces {
            decoder.push(piece, |frame| found.push((frame.kind, frame.body.to_vec())))?;
        }
        Ok(found)
    }

    #[test]
    fn frames_come_out_however_they_are_cut() {
        let bodies: [(Kind, &[u8]); 4] =
            [(Kind::Hello, b"hello"), (Kind::Message, b""), (Kind::Message, &[7; 300]), (Kind::Leave, b"x")];
        let stream: Vec<u8> = bodies.iter().flat_map(|(kind, body)| frame(*kind, body).to_vec()).collect();
        let expected: Vec<_> = bodies.iter().map(|(kind, body)| (*kind, body.to_vec())).collect();
        for size in 1..=stream.len() {
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(decode(300, &pieces).unwrap(), expected, "pieces of {size}");
        }
    }

    #[test]
    fn room_is_used_again_where_it_is_enough() {
        let room = || Zeroizing::new(vec![9; 40]);
        for (size, again) in [(0, true), (35, true), (36, false), (1 << 17, false)] {
            let room = room();
            let (place, capacity) = (room.as_ptr(), room.capacity());
            let made = encode(Kind::Message, size, room, |frame| frame.resize(HEAD + size, 7)).unwrap();
            assert_eq!((made.as_ptr() == place && made.capacity() == capacity, made.len()), (again, HEAD + size));
            assert!(made[HEAD..].iter().all(|byte| *byte == 7));
        }
        assert!(encode(Kind::Message, 1 << 32, Zeroizing::default(), |_| unreachable!()).is_none());
    }

    #[test]
    fn what_comes_after_the_greeting_waits() {
        let stream: Vec<u8> = [frame(Kind::Hello, b"hi"), frame(Kind::Message, &[1; 50]), frame(Kind::Message, b"")]
            .into_iter()
            .flat_map(|frame| frame.to_vec())
            .collect();
        for size in 1..=stream.len() {
            let mut decoder = Decoder::new(2);
            let mut found = Vec::new();
            for piece in stream.chunks(size) {
                decoder.push(piece, |frame| found.push(frame.body.len())).unwrap();
            }
            assert_eq!((found.as_slice(), decoder.is_waiting()), ([2].as_slice(), true));
            decoder.raise(50, |frame| found.push(frame.body.len())).unwrap();
            assert_eq!((found.as_slice(), decoder.is_waiting()), ([2, 50, 0].as_slice(), false));
        }
    }

    #[test]
    fn what_is_too_large_or_unknown_is_refused_before_its_body_comes() {
        assert_eq!(decode(4, &[&[5, 0, 0, 0, 0]]).unwrap_err(), Fault::TooLarge(5));
        assert_eq!(decode(u32::MAX, &[&[1, 0, 0, 0, 6]]).unwrap_err(), Fault::Malformed);
    }

    #[test]
    fn reasons_are_short_and_print() {
        let long = "ä".repeat(150);
        assert_eq!(reason(&long).len(), 200);
        assert_eq!(reason(&format!("a{long}")).len(), 199);
        assert_eq!(read_reason(b"over\x1b[2J\n"), "over [2J ");
    }
}
