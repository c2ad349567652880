"""How a run ends before its time: the failure of the one who notices, what the others are told, and what they make of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.peers.directory import Peer
from cloakwork.fsc.peers.garbage import GarbageError, OtherRunError

__all__ = ["decode", "encode", "garbage", "lost", "timeout"]

_LARGEST = 4096
_LONGEST = 500
# Failures that concern the run. The message of any other may speak of data, so it stays with the one whose data it is.
_TOLD = frozenset({"aborted", "busy", "cancelled", "disagreement", "peer-lost", "protocol-violation", "timeout"})
_CODES = frozenset({400, 403, 404, 409, 500, 501, 502, 504})


def lost(peer: Peer, place: int, why: str) -> Failure:
    """A party went."""
    return Failure(502, "peer-lost", f"the link to {peer.name} (party {place}) broke: {why}; start the computation again", place)


def garbage(peer: Peer, place: int, error: GarbageError) -> Failure:
    """A party sent what no server sends."""
    if isinstance(error, OtherRunError):
        message = f"{peer.name} (party {place}) is in another run than this server: a party has offered them different ones"
        return Failure(502, "protocol-violation", f"{message}; nothing was used")
    return Failure(502, "protocol-violation", f"{peer.name} (party {place}) sent {error}; nothing of it was used", place)


def timeout(waiting: Sequence[tuple[Peer, int, str]], seconds: float, what: str) -> Failure:
    """Parties that did not come in time, each with its place and what is known of it."""
    named = "; ".join(f"{peer.name} (party {place}) {why}" for peer, place, why in waiting)
    return Failure(504, "timeout", f"{what} did not come within {seconds:g} seconds: {named}", waiting[0][1] if waiting else None)


def encode(failure: Failure, parties: Sequence[Peer]) -> bytes:
    """What the others are told."""
    message = failure.message if failure.reason in _TOLD else ""
    content = {
        "code": failure.code,
        "reason": failure.reason,
        "message": message[:_LONGEST],
        "party": None if failure.party is None else parties[failure.party].key,
    }
    return json.dumps(content).encode()


def decode(payload: bytes, sender: int, parties: Sequence[Peer]) -> Failure:
    """What becomes of a run that party `sender` has ended."""
    name = f"{parties[sender].name} (party {sender})"
    try:
        content: Any = json.loads(payload) if len(payload) <= _LARGEST else None
        code, reason, message, key = (content[word] for word in ("code", "reason", "message", "party"))
    except (ValueError, KeyError, TypeError, RecursionError):
        code = reason = message = key = None
    if code not in _CODES or not isinstance(reason, str) or not isinstance(message, str) or not isinstance(key, str | None):
        return Failure(502, "protocol-violation", f"{name} ended the computation without a reason", sender)
    place = None if key is None and reason in _TOLD else next((place for place, peer in enumerate(parties) if peer.key == key), sender)
    if reason not in _TOLD:
        return Failure(502, "aborted", f"{name} ended the computation: its part failed there ({_word(reason)})", place)
    shown = "".join(letter for letter in message[:_LONGEST] if letter.isprintable())
    return Failure(code, reason, f"{name} ended the computation: {shown}", place)


def _word(reason: str) -> str:
    return reason if reason.isascii() and reason.replace("-", "").isalpha() and len(reason) <= 40 else "for a reason of its own"
