"""Every way in which an encoding can differ from the canonical one, for each kind of message (sections 6 and 8)."""

from collections.abc import Iterator
from typing import Any

from generator import message
from generator.cases.rounds import play
from generator.codec import decode, encode
from generator.deviation import deviations, splice
from generator.transcript import Player

TRANSCRIPT, EPOCH, ROUND, CLIENT = "five", 5, 2, "3"
MALFORMED, NON_CANONICAL, UNEXPECTED_KIND = 301, 302, 304
WRONG_EPOCH, OUT_OF_ORDER, WRONG_ROUND, TOO_MANY_PASSES = 503, 501, 504, 510

STEP_OF = {
    message.INVITE: "invite",
    message.ADVERTISE: "invite",
    message.KEYS: "keys",
    message.CONFIRM: "keys",
    message.CONFIRMATIONS: "confirmations",
    message.BEGIN: "begin",
    message.MASKED: "begin",
    message.SURVIVORS: "survivors",
    message.ACKNOWLEDGE: "survivors",
    message.OPEN: "open",
    message.UNMASK: "open",
    message.FINISHED: "finished",
}
"""The step of a transcript whose message or answer is of the kind."""

FIELDS = {
    message.INVITE: ["run", "epoch"],
    message.ADVERTISE: ["run", "epoch", "fresh key"],
    message.KEYS: ["run", "epoch", "members", "fresh keys"],
    message.CONFIRM: ["run", "epoch", "tags"],
    message.CONFIRMATIONS: ["run", "epoch", "confirmed", "tags"],
    message.BEGIN: ["run", "epoch", "round", "participants", "context"],
    message.MASKED: ["run", "epoch", "round", "h", "salt", "sealed", "payload"],
    message.SURVIVORS: ["run", "epoch", "round", "h", "pass", "previous", "next"],
    message.ACKNOWLEDGE: ["run", "epoch", "round", "h", "set hash", "mask keys", "acknowledgements"],
    message.OPEN: ["run", "epoch", "round", "h", "set", "sealed", "acknowledgements"],
    message.UNMASK: ["run", "epoch", "round", "h", "set hash", "decrypted", "shares"],
    message.FINISHED: ["run", "epoch", "round", "outcome"],
}
BITMAPS = {"members", "confirmed", "participants", "previous", "next", "set", "decrypted"}
LIMITS = {
    "epoch": (2**32 - 1, WRONG_EPOCH),
    "round": (2**32 - 1, WRONG_ROUND),
    "pass": (255, TOO_MANY_PASSES),
}

Content = tuple[str, Any, list[int]]
"""Name, replacement of the item and the errors that are right."""


def _integer_contents(name: str) -> Iterator[Content]:
    if name in LIMITS:
        largest, error = LIMITS[name]
        yield "0", 0, [MALFORMED, error, OUT_OF_ORDER]
        yield "above its largest value", largest + 1, [MALFORMED, error]


def _bytes_contents(name: str, value: bytes, unused: list[int]) -> Iterator[Content]:
    yield "one byte short", value[:-1], [MALFORMED]
    yield "one byte long", value + b"\x00", [MALFORMED]
    for bit in unused:
        filled = value[:-1] + bytes([value[-1] | 1 << bit])
        yield f"unused bit {bit} of the last byte set", filled, [MALFORMED, NON_CANONICAL]
    if name not in BITMAPS:
        yield "empty", b"", [MALFORMED]


def _payload_contents(player: Player, payload: bytes) -> Iterator[Content]:
    end = 0
    for segment in player.run.description.segments:
        end += segment.packed_length
        free = 8 * segment.packed_length - segment.bits * segment.padded_length
        if free:
            filled = payload[: end - 1] + bytes([payload[end - 1] | 0x80]) + payload[end:]
            yield f"fill bit of segment {segment.label} set", filled, [MALFORMED, NON_CANONICAL]


def _unused_bits(player: Player, name: str, items: list[Any]) -> list[int]:
    """The bits of the last byte of a bitmap that stand for nobody."""
    if name not in BITMAPS:
        return []
    count = player.server.n
    if name == "decrypted":
        count = len(items[FIELDS[message.UNMASK].index("shares") + 1]) // 32
    return list(range(count % 8, 8)) if count % 8 else []


def _contents(player: Player, items: list[Any]) -> Iterator[tuple[str, bytes, list[int]]]:
    """Messages in canonical encoding that hold what the description or the CDDL excludes."""
    for index, name in enumerate(FIELDS[items[0]], start=1):
        value = items[index]
        found: list[Content] = []
        if isinstance(value, int):
            found += _integer_contents(name)
        else:
            found += _bytes_contents(name, value, _unused_bits(player, name, items))
        if name == "payload":
            found += _payload_contents(player, value)
        for deviation, replacement, errors in found:
            yield f"{name}: {deviation}", encode([*items[:index], replacement, *items[index + 1 :]]), errors
    for kind in (0, 6, 15, 23, 255):
        yield f"unknown kind {kind}", encode([kind, *items[1:]]), [MALFORMED, UNEXPECTED_KIND]


def _errors(name: str) -> list[int]:
    return [MALFORMED, NON_CANONICAL, UNEXPECTED_KIND] if name.startswith("kind:") else [MALFORMED, NON_CANONICAL]


def _message(player: Player, kind: int) -> bytes:
    in_round = "round" in FIELDS[kind]
    step = next(
        step
        for step in player.steps
        if step["step"] == STEP_OF[kind] and step["epoch"] == EPOCH and (not in_round or step["round"] == ROUND)
    )
    delivery = next(delivery for delivery in step["deliveries"] if delivery["id"] == CLIENT)
    return bytes.fromhex(delivery["message" if kind >= message.INVITE else "answer"])


def _case(player: Player, kind: int) -> dict[str, Any]:
    valid = _message(player, kind)
    items = decode(valid)
    found = [(name, data, _errors(name)) for name, data in deviations(items, ["kind", *FIELDS[kind]])]
    found += _contents(player, items)
    assert all(data != valid for _, data, _ in found)
    return {
        "kind": kind,
        "name": message.NAMES[kind],
        "to": "client" if kind >= message.INVITE else "server",
        "step": STEP_OF[kind],
        "epoch": EPOCH,
        "round": ROUND if "round" in FIELDS[kind] else None,
        "client": CLIENT,
        "valid": valid.hex(),
        "invalid": [{"name": name} | _splice(valid, data) | {"errors": errors} for name, data, errors in found],
    }


def _splice(valid: bytes, data: bytes) -> dict[str, Any]:
    at, cut, put = splice(valid, data)
    assert valid[:at] + put + valid[at + cut :] == data
    return {"at": at, "cut": cut, "put": put.hex()}


def build() -> dict[str, Any]:
    player = play(TRANSCRIPT)
    return {
        "about": "valid is the message to, or the answer of, `client` in that step of the transcript. An invalid one "
        "is valid with the `cut` bytes from `at` on replaced by `put`. Given instead of valid it is refused with one "
        "of its errors and changes nothing: valid is accepted afterwards.",
        "transcript": f"round/{TRANSCRIPT}.json",
        "messages": [_case(player, kind) for kind in FIELDS],
    }
