"""Every way in which an encoding can differ from the canonical one, for each kind of message (sections 6 and 8)."""

from collections.abc import Iterator
from typing import Any

from generator import message
from generator.cases.rounds import play
from generator.codec import decode, encode
from generator.deviation import deviations
from generator.errors import MALFORMED, NON_CANONICAL, OUT_OF_ORDER, TOO_MANY_PASSES, UNEXPECTED_KIND, WRONG_EPOCH, WRONG_ROUND
from generator.substitution import ABOUT, FIELDS, Refused, case, delivered
from generator.transcript import Player

TRANSCRIPT, EPOCH, ROUND, CLIENT = "five", 5, 2, "3"

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


def _case(player: Player, kind: int) -> dict[str, Any]:
    valid = delivered(player, kind, CLIENT, EPOCH, ROUND)
    items = decode(valid)
    found = [Refused(name, data, _errors(name)) for name, data in deviations(items, ["kind", *FIELDS[kind]])]
    found += [Refused(*content) for content in _contents(player, items)]
    return case(player, kind, CLIENT, EPOCH, ROUND, found)


def build() -> dict[str, Any]:
    player = play(TRANSCRIPT)
    return {
        "about": ABOUT,
        "transcript": f"round/{TRANSCRIPT}.json",
        "messages": [_case(player, kind) for kind in FIELDS],
    }
