"""canonical.json against a strict reader of its own: everything valid passes, everything invalid does not."""

import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from generator.cases.rounds import play
from generator.errors import MALFORMED, NON_CANONICAL
from generator.substitution import FIELDS

VECTORS = json.loads((Path(__file__).parent / "canonical.json").read_text(encoding="ascii"))
RUN = play("five").run
N, T = RUN.description.roster_count, RUN.description.threshold
SIZES = {"run": 32, "fresh key": 32, "context": 32, "h": 32, "salt": 16, "set hash": 32}
ITEM_SIZES = {"fresh keys": 32, "tags": 16, "mask keys": 32, "acknowledgements": 16, "shares": 32}
UINT_LIMITS = {"epoch": (1, 2**32 - 1), "round": (1, 2**32 - 1), "pass": (1, 255), "outcome": (0, 2**64 - 1)}


def _payload_fits(payload: bytes) -> bool:
    for segment in RUN.description.segments:
        packed, payload = payload[: segment.packed_length], payload[segment.packed_length :]
        if len(packed) != segment.packed_length:
            return False
        if int.from_bytes(packed, "little") >> (segment.bits * segment.padded_length):
            return False
    return payload == b""


def _fits(kind: int, name: str, value: Any, items: dict[str, Any]) -> bool:
    if name in UINT_LIMITS:
        low, high = UINT_LIMITS[name]
        return type(value) is int and low <= value <= high
    if type(value) is not bytes:
        return False
    if name in SIZES:
        return len(value) == SIZES[name]
    if name in ITEM_SIZES:
        return len(value) > 0 and len(value) % ITEM_SIZES[name] == 0
    if name == "sealed":
        return len(value) > 0 and len(value) % (48 if "payload" in items else 64) == 0
    if name == "payload":
        return _payload_fits(value)
    shares = items.get("shares")
    count = N if name != "decrypted" else len(shares) // 32 if type(shares) is bytes else 0
    return len(value) == (count + 7) // 8 and int.from_bytes(value, "little") >> count == 0


def fits(kind: int, data: bytes) -> int | None:
    """None where the message conforms, else the error of a reader that checks the encoding before the content."""
    try:
        items = cbor2.loads(data)
    except cbor2.CBORDecodeError:
        return MALFORMED
    if type(items) is not list or len(items) != len(FIELDS[kind]) + 1 or type(items[0]) is not int or items[0] != kind:
        return MALFORMED
    if cbor2.dumps(items, canonical=True) != data:
        return NON_CANONICAL
    named = dict(zip(FIELDS[kind], items[1:], strict=True))
    return None if all(_fits(kind, name, value, named) for name, value in named.items()) else MALFORMED


@pytest.mark.parametrize("case", VECTORS["messages"], ids=lambda case: str(case["name"]))
def test_valid_conforms_and_invalid_does_not(case: dict[str, Any]) -> None:
    valid = bytes.fromhex(case["valid"])
    assert fits(case["kind"], valid) is None
    names = set()
    for invalid in case["invalid"]:
        end = invalid["at"] + invalid["cut"]
        data = valid[: invalid["at"]] + bytes.fromhex(invalid["put"]) + valid[end:]
        assert fits(case["kind"], data) in (MALFORMED, NON_CANONICAL), invalid["name"]
        assert MALFORMED in invalid["errors"], invalid["name"]
        names.add(invalid["name"])
    assert len(names) == len(case["invalid"])


def test_every_kind_is_there() -> None:
    assert {case["kind"] for case in VECTORS["messages"]} == set(FIELDS)
