//! The MAC that requests to a server and its responses carry inside TLS (protocol.md section 9).

use core::fmt;

use sha2::Digest as _;
use zeroize::ZeroizeOnDrop;

use super::{Identity, KEY_SIZE, PublicKey, static_key};
use crate::ct;
use crate::error::{ErrorKind, Result};
use crate::kdf::{self, hmac};

/// Bytes of a MAC.
pub const MAC_SIZE: usize = 32;

/// What the input of every MAC starts with.
const LABEL: &[u8] = b"cloakwork/1 request";

/// Which end of the channel an identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It sends requests.
    Client,
    /// It answers them.
    Server,
}

/// Which way a message goes; the number is that of protocol.md section 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Direction {
    /// From the client to the server.
    Request = 0,
    /// From the server to the client.
    Response = 1,
}

/// What a MAC covers. A response repeats the path, query, run and counter of its request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Which way it goes.
    pub direction: Direction,
    /// The method in upper case; in a response the three digits of the status, a space and the MAC of the request in lower-case hex, so that
    /// the answer belongs to this request.
    pub method: &'a [u8],
    /// The raw bytes of the path.
    pub path: &'a [u8],
    /// The raw bytes of the query, without the question mark.
    pub query: &'a [u8],
    /// SHA-256 of the body.
    pub body_hash: &'a [u8; 32],
    /// The run id that the path names, if it names one.
    pub run: Option<&'a [u8; 16]>,
    /// Rises with each new request of the client.
    pub counter: u64,
}

/// The secret that a client and its server share. It does not change as long as their static keys do not.
#[derive(ZeroizeOnDrop)]
pub struct ChannelKey([u8; KEY_SIZE]);

impl ChannelKey {
    /// The key between this identity, which is the `side` of the channel, and the pinned static key of the other side.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::LowOrderKey`]; [`ErrorKind::Malformed`] for a key in another than its canonical spelling; [`ErrorKind::RepeatedKey`] for this identity's own.
    pub fn new(identity: &Identity, side: Side, peer: &PublicKey) -> Result<Self> {
        let mut key = Self([0; KEY_SIZE]);
        let names = |own, peer| match side {
            Side::Client => (own, peer),
            Side::Server => (peer, own),
        };
        static_key(identity, peer, "channel", names, &mut key.0)?;
        Ok(key)
    }

    /// The MAC of a request or response.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TooLong`] if the method, path or query has 2^32 bytes or more.
    pub fn mac(&self, request: &Request<'_>) -> Result<[u8; MAC_SIZE]> {
        let direction = [request.direction as u8];
        let run: &[u8] = request.run.map_or(&[], |run| run);
        let counter = request.counter.to_le_bytes();
        let parts = [LABEL, &direction, request.method, request.path, request.query, request.body_hash, run, &counter];
        if parts.iter().any(|part| u32::try_from(part.len()).is_err()) {
            return Err(ErrorKind::TooLong.into());
        }
        Ok(hmac(&self.0, &|hash| {
            for part in parts {
                hash.update(kdf::part_length(part.len()));
                hash.update(part);
            }
        }))
    }

    /// Checks the MAC of a request or response, in constant time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotAuthentic`] if it is another; [`ErrorKind::TooLong`] as [`Self::mac`].
    pub fn verify(&self, request: &Request<'_>, mac: &[u8; MAC_SIZE]) -> Result<()> {
        if ct::eq(&self.mac(request)?, mac) { Ok(()) } else { Err(ErrorKind::NotAuthentic.into()) }
    }
}

impl fmt::Debug for ChannelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChannelKey(..)")
    }
}
