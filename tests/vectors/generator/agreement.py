"""Identities, fingerprints, pair keys and what is derived from them (sections 2, 4 and 9)."""

import base64
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from generator.codec import PREFIX, expand, extract, hash_of, length_prefixed, u8, u64le

SHARE_LENGTH, SEALED_LENGTH = 32, 48
FINGERPRINT_PREFIX = "cw1-"


def public_key(secret: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def x25519(secret: bytes, public: bytes) -> bytes:
    """Raises ValueError where the output is all zero."""
    return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))


def is_canonical(public: bytes) -> bool:
    return int.from_bytes(public, "little") < 2**255 - 19


def fingerprint(public: bytes) -> str:
    text = base64.b32encode(public + hash_of("fingerprint", public)[:3]).decode("ascii")
    return FINGERPRINT_PREFIX + "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def fingerprint_key(text: str) -> bytes:
    """Raises ValueError where the text is not the fingerprint of a key, letters of the groups in either case."""
    if not text.isascii() or not text.startswith(FINGERPRINT_PREFIX):
        raise ValueError("not a fingerprint")
    groups = text[len(FINGERPRINT_PREFIX) :].upper()
    try:
        public = base64.b32decode(groups.replace("-", ""))[:32]
    except ValueError:
        raise ValueError("not a fingerprint") from None
    if fingerprint(public)[len(FINGERPRINT_PREFIX) :] != groups:
        raise ValueError("not a fingerprint")
    return public


@dataclass(frozen=True)
class KeyPair:
    secret: bytes
    public: bytes

    @classmethod
    def of(cls, secret: bytes) -> "KeyPair":
        return cls(secret, public_key(secret))


@dataclass(frozen=True)
class Peer:
    """What is known of a neighbour."""

    id: int
    position: int
    static: bytes
    fresh: bytes


def pair_input(own: Peer, static: KeyPair, fresh: KeyPair, peer: Peer) -> bytes:
    """The four X25519 outputs; the second is of the fresh key of the party at the lower position."""
    own_fresh = x25519(fresh.secret, peer.static)
    peer_fresh = x25519(static.secret, peer.fresh)
    mixed = own_fresh + peer_fresh if own.position < peer.position else peer_fresh + own_fresh
    return x25519(static.secret, peer.static) + mixed + x25519(fresh.secret, peer.fresh)


def pair_key(run_hash: bytes, own: Peer, static: KeyPair, fresh: KeyPair, peer: Peer) -> bytes:
    a, b = sorted((own, peer), key=lambda party: party.position)
    prk = extract(run_hash, pair_input(own, static, fresh, peer))
    return expand(prk, "pair", a.id, b.id, a.static, b.static, a.fresh, b.fresh, length=32)


def confirmation_tag(k: bytes, sender: int, receiver: int, epoch: int) -> bytes:
    return expand(k, "confirm", sender, receiver, epoch, length=16)


def round_mask_key(k: bytes, round_number: int, h: bytes) -> bytes:
    return expand(k, "mask", round_number, h, length=32)


def share_key(k: bytes, sender: int, receiver: int, index: int, round_number: int, h: bytes, salt: bytes) -> bytes:
    return expand(k, "share", sender, receiver, index, round_number, h, salt, length=32)


def acknowledgement(k: bytes, sender: int, receiver: int, round_number: int, h: bytes, set_hash: bytes) -> bytes:
    return expand(k, "acknowledge", sender, receiver, round_number, h, set_hash, length=16)


def seal(key: bytes, share: bytes) -> bytes:
    return ChaCha20Poly1305(key).encrypt(bytes(12), share, None)


def open_sealed(key: bytes, sealed: bytes) -> bytes | None:
    """None where it is not authentic."""
    try:
        return ChaCha20Poly1305(key).decrypt(bytes(12), sealed, None)
    except InvalidTag:
        return None


def channel_key(own_secret: bytes, client: bytes, server: bytes) -> bytes:
    """Either side's: `own_secret` is the static secret of one of the two public keys."""
    peer = server if public_key(own_secret) == client else client
    prk = extract(hash_of("channel"), x25519(own_secret, peer))
    return expand(prk, "channel", client, server, length=32)


def request_mac(key: bytes, direction: int, method: bytes, path: bytes, query: bytes, body_hash: bytes, run: bytes, counter: int) -> bytes:
    parts = (PREFIX + b"request", u8(direction), method, path, query, body_hash, run, u64le(counter))
    return hmac.digest(key, b"".join(length_prefixed(part) for part in parts), "sha256")
