"""Messages (section 6)."""

from typing import Any

from generator.codec import decode, encode, hash_of

ADVERTISE, CONFIRM, MASKED, ACKNOWLEDGE, UNMASK = 1, 2, 3, 4, 5
INVITE, KEYS, CONFIRMATIONS, BEGIN, SURVIVORS, OPEN, FINISHED = 16, 17, 18, 19, 20, 21, 22

NAMES = {
    ADVERTISE: "advertise",
    CONFIRM: "confirm",
    MASKED: "masked",
    ACKNOWLEDGE: "acknowledge",
    UNMASK: "unmask",
    INVITE: "invite",
    KEYS: "keys",
    CONFIRMATIONS: "confirmations",
    BEGIN: "begin",
    SURVIVORS: "survivors",
    OPEN: "open",
    FINISHED: "finished",
}


def message(kind: int, run_hash: bytes, epoch: int, *items: Any) -> bytes:
    return encode([kind, run_hash, epoch, *items])


def items_of(kind: int, data: bytes) -> list[Any]:
    """The items after the kind."""
    items: list[Any] = decode(data)
    if items[0] != kind:
        raise ValueError(f"{NAMES[kind]} expected")
    return items[1:]


def set_hash(run_hash: bytes, members: bytes) -> bytes:
    return hash_of("set", run_hash, members)


def round_hash(run_hash: bytes, epoch: int, round_number: int, participants: bytes, context_hash: bytes) -> bytes:
    """The h of section 6, of the bitmap of the participants."""
    return hash_of("round", run_hash, epoch, round_number, set_hash(run_hash, participants), context_hash)
