//! A small reader and writer of CBOR (RFC 8949), so that tests can take messages apart and make ones that the core would never write.

use core::ops::Range;

/// An item of the kinds that the protocol uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Number(u64),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Item>),
    Null,
    /// Written as it stands.
    Raw(Vec<u8>),
}

/// Items of a message before its body.
pub const KIND: usize = 0;
pub const RUN: usize = 1;
pub const EPOCH: usize = 2;
/// The first item of a body: the round number in the messages of a round.
pub const BODY: usize = 3;

impl Item {
    pub fn number(&self) -> u64 {
        match self {
            Self::Number(value) => *value,
            other => panic!("a number, not {other:?}"),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            other => panic!("bytes, not {other:?}"),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Number(value) => head(0, *value),
            Self::Bytes(bytes) => [head(2, bytes.len() as u64), bytes.clone()].concat(),
            Self::Text(text) => [head(3, text.len() as u64), text.as_bytes().to_vec()].concat(),
            Self::Array(items) => {
                let body: Vec<u8> = items.iter().flat_map(Self::encode).collect();
                [head(4, items.len() as u64), body].concat()
            }
            Self::Null => vec![0xf6],
            Self::Raw(bytes) => bytes.clone(),
        }
    }
}

/// The head of an item in its shortest form.
pub fn head(major: u8, value: u64) -> Vec<u8> {
    let width = match value {
        0..=23 => 0,
        24..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    };
    head_of_width(major, value, width)
}

/// The head of an item with an argument of `width` bytes; 0 puts it into the first byte.
pub fn head_of_width(major: u8, value: u64, width: usize) -> Vec<u8> {
    let first = |low: u8| vec![major << 5 | low];
    let tail = value.to_be_bytes()[8 - width..].to_vec();
    match width {
        0 => first(u8::try_from(value).unwrap()),
        1 => [first(24), tail].concat(),
        2 => [first(25), tail].concat(),
        4 => [first(26), tail].concat(),
        _ => [first(27), tail].concat(),
    }
}

/// The items of a message, each with the place of its content: all of a number, what follows the head of a string.
pub fn items(message: &[u8]) -> Vec<(Item, Range<usize>)> {
    let (item, _, end) = read(message, 0);
    assert_eq!(end, message.len(), "one item");
    let Item::Array(items) = item else { panic!("an array") };
    let mut at = head(4, items.len() as u64).len();
    items
        .into_iter()
        .map(|_| {
            let (item, content, end) = read(message, at);
            at = end;
            (item, content)
        })
        .collect()
}

/// One item of a message.
pub fn item(message: &[u8], index: usize) -> Item {
    items(message).swap_remove(index).0
}

/// Where the content of an item lies.
pub fn place(message: &[u8], index: usize) -> Range<usize> {
    items(message).swap_remove(index).1
}

/// The message with one item replaced.
pub fn with(message: &[u8], index: usize, item: Item) -> Vec<u8> {
    let mut items: Vec<Item> = items(message).into_iter().map(|(item, _)| item).collect();
    items[index] = item;
    Item::Array(items).encode()
}

/// The message with the bytes of one item changed in place.
pub fn edited(message: &[u8], index: usize, edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = item(message, index).bytes().to_vec();
    edit(&mut bytes);
    with(message, index, Item::Bytes(bytes))
}

fn read(bytes: &[u8], at: usize) -> (Item, Range<usize>, usize) {
    let (major, low) = (bytes[at] >> 5, bytes[at] & 31);
    let (value, body) = match low {
        0..=23 => (u64::from(low), at + 1),
        24..=27 => {
            let width = 1 << (low - 24);
            let argument = &bytes[at + 1..at + 1 + width];
            (argument.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)), at + 1 + width)
        }
        _ => panic!("a head without a definite length"),
    };
    let end = |length: u64| body + usize::try_from(length).unwrap();
    match major {
        0 => (Item::Number(value), at..body, body),
        2 => (Item::Bytes(bytes[body..end(value)].to_vec()), body..end(value), end(value)),
        3 => (Item::Text(String::from_utf8(bytes[body..end(value)].to_vec()).unwrap()), body..end(value), end(value)),
        4 => {
            let mut items = Vec::new();
            let mut next = body;
            for _ in 0..value {
                let (item, _, end) = read(bytes, next);
                items.push(item);
                next = end;
            }
            (Item::Array(items), body..next, next)
        }
        7 if low == 22 => (Item::Null, at..body, body),
        _ => panic!("an item of another kind"),
    }
}

/// Every way in which the encoding of one item of a message can deviate while its content stays the same, with a name.
pub fn deviations(message: &[u8]) -> Vec<(String, Vec<u8>)> {
    let items: Vec<Item> = items(message).into_iter().map(|(item, _)| item).collect();
    let mut found = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let (major, value, body) = match item {
            Item::Number(value) => (0, *value, Vec::new()),
            Item::Bytes(bytes) => (2, bytes.len() as u64, bytes.clone()),
            other => panic!("no message holds {other:?}"),
        };
        let shortest = head(major, value).len();
        for width in [1, 2, 4, 8].into_iter().filter(|width| 1 + width > shortest) {
            let raw = [head_of_width(major, value, width), body.clone()].concat();
            found.push((format!("item {index}: head of {width} bytes"), with(message, index, Item::Raw(raw))));
        }
        let tagged = [head(6, 24), item.encode()].concat();
        found.push((format!("item {index}: tagged"), with(message, index, Item::Raw(tagged))));
        if major == 2 {
            let pieces = [vec![0x5f], item.encode(), vec![0xff]].concat();
            found.push((format!("item {index}: indefinite length"), with(message, index, Item::Raw(pieces))));
            let text = [head(3, value), body].concat();
            found.push((format!("item {index}: as text"), with(message, index, Item::Raw(text))));
        } else {
            let float = [vec![0xfb], (value as f64).to_bits().to_be_bytes().to_vec()].concat();
            found.push((format!("item {index}: as float"), with(message, index, Item::Raw(float))));
        }
    }
    let body = message[1..].to_vec();
    found.push(("array: head of 1 byte".to_owned(), [head_of_width(4, items.len() as u64, 1), body.clone()].concat()));
    found.push(("array: indefinite length".to_owned(), [vec![0x9f], body.clone(), vec![0xff]].concat()));
    found.push(("array: tagged".to_owned(), [head(6, 55799), message.to_vec()].concat()));
    found.push(("array: one item more".to_owned(), [head(4, items.len() as u64 + 1), body.clone(), vec![0]].concat()));
    let last = items.last().unwrap().encode().len();
    let shorter = body[..body.len() - last].to_vec();
    found.push(("array: one item less".to_owned(), [head(4, items.len() as u64 - 1), shorter].concat()));
    found.push(("bytes after the item".to_owned(), [message.to_vec(), vec![0]].concat()));
    found.push(("twice".to_owned(), [message.to_vec(), message.to_vec()].concat()));
    found
}
