"""What all parties of a run have to agree on before anything of their input leaves them. It holds none of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cloakwork.fsc.peers.frame import LARGEST_PAYLOAD
from cloakwork.fsc.peers.garbage import GarbageError
from cloakwork.secagg import sha256

__all__ = ["NONCE_SIZE", "PIECE_SIZE", "Description", "Offer", "UnfitError", "run_id"]

NONCE_SIZE = 32
# Of the key material that two parties exchange for the masks of sums (core, `mesh`).
PIECE_SIZE = 32
_PROTOCOL = 1
_LABEL = b"cloakwork/1 fsc run"
_LONGEST_SESSION = 1024
# What is compared, with the words for it.
_ENTRIES = {
    "protocol": "the version of the protocol",
    "microprotocol": "the microprotocol",
    "version": "the version of the microprotocol",
    "parameters": "the parameters",
    "parties": "the node list",
    "session": "the session",
    "shape": "the shape of the input",
}
_LONGEST_SHOWN = 80


class UnfitError(Exception):
    """What a client asks for cannot be offered to others."""


@dataclass(frozen=True)
class Description:
    """A run as one party sees it.

    Attributes:
        content: canonical bytes: JSON with sorted keys, without blanks.
        entries: what they say.
    """

    content: bytes
    entries: Mapping[str, Any]

    @classmethod
    def of(
        cls, microprotocol: str, version: int, parameters: Mapping[str, Any], parties: Sequence[str], session: str, shape: bytes
    ) -> Description:
        """The description of a run.

        Args:
            microprotocol: its name.
            version: its version.
            parameters: of the microprotocol.
            parties: keys of the servers, in their order.
            session: what the clients call it.
            shape: what the microprotocol needs agreement on.

        Raises:
            UnfitError: it is too long to be offered, or a parameter is nothing that JSON holds.
        """
        entries = {
            "protocol": _PROTOCOL,
            "microprotocol": microprotocol,
            "version": version,
            "parameters": dict(parameters),
            "parties": list(parties),
            "session": session,
            "shape": shape.decode("latin-1"),
        }
        try:
            content = json.dumps(entries, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise UnfitError(f"the parameters are no JSON: {error}") from None
        most = LARGEST_PAYLOAD - NONCE_SIZE - PIECE_SIZE
        if len(content) > most:
            raise UnfitError(f"parameters, node list and uuid have {len(content)} bytes together; {most} are the most")
        if len(session) > _LONGEST_SESSION:
            raise UnfitError(f"the uuid has {len(session)} characters; {_LONGEST_SESSION} are the most")
        return cls(content, entries)

    @property
    def session(self) -> str:
        """What the clients call the run."""
        found: str = self.entries["session"]
        return found

    @property
    def parties(self) -> tuple[str, ...]:
        """Keys of the servers, in their order."""
        return tuple(self.entries["parties"])

    def difference(self, other: Description) -> str | None:
        """What another party sees otherwise, in words for people: its view and this one's; None where it is the same."""
        if self.content == other.content:
            return None
        for name, words in _ENTRIES.items():
            own, theirs = self.entries[name], other.entries[name]
            if own != theirs:
                return f"{words}: {_show(name, theirs)} there, {_show(name, own)} here"
        return "the encoding of the description"


def _show(name: str, value: object) -> str:
    if name == "parties":
        return "another list or order"
    if name == "shape":
        text = str(value)
        return (
            text
            if text.isascii() and text.isprintable() and len(text) <= _LONGEST_SHOWN
            else f"{len(text)} bytes with SHA-256 {_digest(text)}"
        )
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _digest(text: str) -> str:
    return sha256(text.encode("latin-1", "replace")).hex()[:16]


@dataclass(frozen=True)
class Offer:
    """That a peer wants to take part in a run.

    Attributes:
        description: the run as it sees it.
        nonce: fresh, 32 bytes.
        piece: its part of the key that the two parties' masks come from, 32 bytes, secret.
    """

    description: Description
    nonce: bytes
    piece: bytes

    def encode(self) -> bytes:
        """The bytes that travel."""
        return self.nonce + self.piece + self.description.content

    @classmethod
    def decode(cls, content: bytes) -> Offer:
        """Reads what came.

        Raises:
            GarbageError: it is no offer.
        """
        try:
            described = content[NONCE_SIZE + PIECE_SIZE :]
            entries = json.loads(described)
            spelt = json.dumps(entries, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
        except (ValueError, RecursionError):
            raise GarbageError("an offer that is none") from None
        # Only this spelling: whoever writes another one means another run.
        if spelt != described or not isinstance(entries, dict) or set(entries) != set(_ENTRIES) or not _sound(entries):
            raise GarbageError("an offer that is none")
        return cls(Description(described, entries), content[:NONCE_SIZE], content[NONCE_SIZE : NONCE_SIZE + PIECE_SIZE])


def _sound(entries: Mapping[str, Any]) -> bool:
    parties, session = entries["parties"], entries["session"]
    if type(entries["protocol"]) is not int or type(entries["version"]) is not int or not isinstance(entries["parameters"], dict):
        return False
    texts = isinstance(session, str) and isinstance(entries["microprotocol"], str) and isinstance(entries["shape"], str)
    listed = isinstance(parties, list) and all(isinstance(party, str) for party in parties)
    return texts and listed and len(set(parties)) == len(parties) and len(session) <= _LONGEST_SESSION


def run_id(description: Description, nonces: Sequence[bytes]) -> bytes:
    """What names one run: 32 bytes that no party can choose, from what all agree on and the nonces of all, in order."""
    return sha256(_LABEL + sha256(description.content) + b"".join(nonces))
