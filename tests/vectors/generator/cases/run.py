"""Run descriptions and rosters (sections 2 and 11). Error numbers are those of `cloak_status`."""

from collections.abc import Callable
from typing import Any

from generator.agreement import KeyPair
from generator.cases import private_run
from generator.codec import encode, hash_of
from generator.draw import draw
from generator.errors import (
    INVALID_DEGREE,
    INVALID_ROSTER,
    INVALID_RUN,
    INVALID_THRESHOLD,
    LOW_ORDER,
    MALFORMED,
    NON_CANONICAL,
    UNSUPPORTED,
)
from generator.mechanism import Mechanism
from generator.run import FIXED_POINT, Description, Member, Segment, make_run, roster_bytes, roster_hash

VALUES = Segment("values", 20, 1000, FIXED_POINT, 8)
WEIGHT = Segment("weight", 32, 1)
EIGHT = [Segment(f"s{number}", 8 + number, 10 + number) for number in range(8)]


def parameters_of(description: Description) -> dict[str, Any]:
    return {
        "version": description.version,
        "run_id": description.run_id.hex(),
        "suite": description.suite,
        "mode": description.mode,
        "count": description.roster_count,
        "degree": description.degree,
        "beacon": description.beacon.hex(),
        "threshold": description.threshold,
        "min_inputs": description.min_inputs,
        "colluders": description.colluders,
        "max_passes": description.max_passes,
        "max_rounds": description.max_rounds,
        "setup_seconds": description.setup_seconds,
        "step_seconds": description.step_seconds,
        "segments": [
            {
                "label": segment.label,
                "bits": segment.bits,
                "length": str(segment.length),
                "encoding": segment.encoding,
                "fraction": segment.fraction,
            }
            for segment in description.segments
        ],
        "settings": description.settings.hex(),
        **({"mechanism": description.mechanism.parameters()} if isinstance(description.mechanism, Mechanism) else {}),
    }


def _valid() -> list[dict[str, Any]]:
    ids = list(range(1, 11))
    recovery: dict[str, Any] = {"threshold": 6}
    cases = [
        ("smallest", make_run("smallest", [7, 9], [WEIGHT], **NO_RECOVERY)),
        ("no recovery, c = k - 1", make_run("no recovery", ids, [VALUES], **NO_RECOVERY | {"colluders": 8, "min_inputs": 10})),
        (
            "no recovery on a ring, c = k - 1",
            make_run("ring", ids, [VALUES], **NO_RECOVERY | {"degree": 2, "colluders": 1, "min_inputs": 3}),
        ),
        ("complete", make_run("complete", ids, [VALUES], **recovery)),
        ("sparse", make_run("sparse", ids, [VALUES, WEIGHT], degree=6, threshold=4, suite=1)),
        ("eight segments", make_run("eight", ids, EIGHT, **recovery)),
        ("degree n - 1", make_run("full degree", ids[:9], [VALUES], degree=8, threshold=5)),
        ("largest threshold", make_run("largest threshold", ids, [VALUES], threshold=9, colluders=8)),
        ("no colluders", make_run("no colluders", [1, 2, 3], [VALUES], colluders=0)),
        (
            "lower bounds",
            make_run(
                "lower",
                ids,
                [Segment("a", 1, 1)],
                **recovery,
                min_inputs=2,
                max_passes=1,
                max_rounds=1,
                setup_seconds=1,
                step_seconds=1,
            ),
        ),
        (
            "upper bounds",
            make_run(
                "upper",
                ids,
                [Segment("a_b.c-9" + "z" * 25, 128, 2**31, FIXED_POINT, 120)],
                **recovery,
                min_inputs=10,
                max_passes=255,
                max_rounds=2**32 - 1,
                setup_seconds=604800,
                step_seconds=604800,
            ),
        ),
        ("negative fraction", make_run("negative", ids, [Segment("a", 24, 1, FIXED_POINT, -64)], **recovery)),
        ("bound of one", make_run("bound of one", [1, 2, 3], [Segment("a", 3, 1, FIXED_POINT, 0)])),
        ("any ids", make_run("any ids", [0, 23, 24, 255, 256, 2**32, 2**63, 2**64 - 1], [VALUES], threshold=5)),
        *private_run.valid(),
    ]
    largest = _base().changed(**LARGEST, roster_hash=draw("largest roster", 32))
    return [
        {
            "name": name,
            "description": run.encoded.hex(),
            "run_hash": run.hash.hex(),
            "roster": run.roster.hex(),
            "roster_hash": run.description.roster_hash.hex(),
            "parameters": parameters_of(run.description),
        }
        for name, run in cases
    ] + [
        {
            "name": "largest roster",
            "description": encode(largest.items()).hex(),
            "run_hash": hash_of("run", encode(largest.items())).hex(),
            "roster": None,
            "roster_hash": largest.roster_hash.hex(),
            "parameters": parameters_of(largest),
        }
    ]


def _base() -> Description:
    """Ten members, complete graph, k = 9, t = 6, c = 1."""
    return make_run("complete", list(range(1, 11)), [VALUES], threshold=6).description


def _segment(**values: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "label": "values",
        "bits": 20,
        "length": 1000,
        "encoding": FIXED_POINT,
        "fraction": 8,
    } | values
    return {"segments": (Segment(**fields),)}


LARGEST: dict[str, Any] = {
    "roster_count": 2**20,
    "degree": 62,
    "threshold": 44,
    "segments": (Segment("values", 40, 1000, FIXED_POINT, 8),),
}
NO_RECOVERY: dict[str, Any] = {"mode": 0, "threshold": 0, "max_passes": 0, "colluders": 0}

INVALID: list[tuple[str, int, dict[str, Any]]] = [
    ("version 0", UNSUPPORTED, {"version": 0}),
    ("version 2", UNSUPPORTED, {"version": 2}),
    ("suite 0", UNSUPPORTED, {"suite": 0}),
    ("suite 3", UNSUPPORTED, {"suite": 3}),
    ("mode 2", INVALID_RUN, {"mode": 2}),
    ("no member", INVALID_ROSTER, {"roster_count": 0} | NO_RECOVERY),
    ("one member", INVALID_ROSTER, {"roster_count": 1} | NO_RECOVERY),
    ("too many members", INVALID_ROSTER, LARGEST | {"roster_count": 2**20 + 1}),
    ("recovery with two members", INVALID_ROSTER, {"roster_count": 2, "threshold": 1, "colluders": 0}),
    ("odd degree", INVALID_DEGREE, {"degree": 7}),
    ("degree 1", INVALID_DEGREE, {"degree": 1}),
    ("degree n", INVALID_DEGREE, {"degree": 10}),
    ("degree above n", INVALID_DEGREE, {"degree": 12}),
    ("threshold 0 with recovery", INVALID_THRESHOLD, {"threshold": 0}),
    ("threshold k + 1", INVALID_THRESHOLD, {"threshold": 10}),
    ("2t = k + c", INVALID_THRESHOLD, {"threshold": 5}),
    ("2t = k + c on a sparse graph", INVALID_THRESHOLD, {"degree": 6, "threshold": 4, "colluders": 2}),
    ("2t < k + c", INVALID_THRESHOLD, {"threshold": 6, "colluders": 4}),
    ("threshold without recovery", INVALID_THRESHOLD, NO_RECOVERY | {"threshold": 6}),
    ("c = k without recovery", INVALID_THRESHOLD, NO_RECOVERY | {"degree": 2, "colluders": 2, "min_inputs": 4}),
    ("c = k + 1 without recovery", INVALID_THRESHOLD, NO_RECOVERY | {"degree": 6, "colluders": 7, "min_inputs": 9}),
    ("min inputs c + 1 without recovery", INVALID_RUN, NO_RECOVERY | {"colluders": 1, "min_inputs": 2}),
    ("min inputs c + 1 on a sparse graph without recovery", INVALID_RUN, NO_RECOVERY | {"degree": 6, "colluders": 5, "min_inputs": 6}),
    ("min inputs 0", INVALID_RUN, {"min_inputs": 0}),
    ("min inputs 1", INVALID_RUN, {"min_inputs": 1}),
    ("min inputs n + 1", INVALID_RUN, {"min_inputs": 11}),
    ("max passes 0 with recovery", INVALID_RUN, {"max_passes": 0}),
    ("max passes 256", INVALID_RUN, {"max_passes": 256}),
    ("max passes without recovery", INVALID_RUN, NO_RECOVERY | {"max_passes": 1}),
    ("max rounds 0", INVALID_RUN, {"max_rounds": 0}),
    ("max rounds 2^32", INVALID_RUN, {"max_rounds": 2**32}),
    ("set-up limit 0", INVALID_RUN, {"setup_seconds": 0}),
    ("set-up limit above a week", INVALID_RUN, {"setup_seconds": 604801}),
    ("step limit 0", INVALID_RUN, {"step_seconds": 0}),
    ("step limit above a week", INVALID_RUN, {"step_seconds": 604801}),
    ("no segment", INVALID_RUN, {"segments": ()}),
    ("nine segments", INVALID_RUN, {"segments": (*EIGHT, WEIGHT)}),
    ("empty label", INVALID_RUN, _segment(label="")),
    ("label of 33 characters", INVALID_RUN, _segment(label="a" * 33)),
    ("label with an upper-case letter", INVALID_RUN, _segment(label="Values")),
    ("label with a space", INVALID_RUN, _segment(label="a b")),
    ("label outside ASCII", INVALID_RUN, _segment(label="w\u00e4rme")),
    ("label with a zero byte", INVALID_RUN, _segment(label="a\x00")),
    ("labels not distinct", INVALID_RUN, {"segments": (VALUES, WEIGHT, VALUES)}),
    ("bits 0", INVALID_RUN, _segment(bits=0, encoding=0, fraction=0)),
    ("bits 129", INVALID_RUN, _segment(bits=129)),
    ("length 0", INVALID_RUN, _segment(length=0)),
    ("length above 2^31", INVALID_RUN, _segment(length=2**31 + 1)),
    ("encoding 2", INVALID_RUN, _segment(encoding=2)),
    ("fraction -65", INVALID_RUN, _segment(fraction=-65)),
    ("fraction 121", INVALID_RUN, _segment(bits=128, fraction=121)),
    ("fraction of residues", INVALID_RUN, _segment(encoding=0, fraction=1)),
    ("contribution bound 0", INVALID_RUN, _segment(bits=4, fraction=0)),
    ("contribution bound 0 at one bit", INVALID_RUN, _segment(bits=1, fraction=0)),
    ("a mechanism", UNSUPPORTED, {"mechanism": []}),
    ("run id of 15 bytes", MALFORMED, {"run_id": bytes(15)}),
    ("run id of 17 bytes", MALFORMED, {"run_id": bytes(17)}),
    ("roster hash of 31 bytes", MALFORMED, {"roster_hash": bytes(31)}),
    ("beacon of 33 bytes", MALFORMED, {"beacon": bytes(33)}),
    ("settings hash of 0 bytes", MALFORMED, {"settings": b""}),
    ("run id as text", MALFORMED, {"run_id": "0123456789abcdef"}),
    ("negative threshold", MALFORMED, {"threshold": -1}),
    ("negative length", MALFORMED, _segment(length=-1)),
]


def _shape_deviations() -> list[tuple[str, int, bytes]]:
    items = _base().items()
    encoded = encode(items)
    # The array head 0x8f, then the version 0x01.
    assert encoded[:2] == b"\x8f\x01"
    return [
        ("empty", MALFORMED, b""),
        ("cut", MALFORMED, encoded[:-1]),
        ("an item too few", MALFORMED, encode(items[:-1])),
        ("an item too many", MALFORMED, encode([*items, None])),
        ("a map", MALFORMED, encode(dict(enumerate(items)))),
        ("an integer", MALFORMED, encode(1)),
        ("trailing byte", NON_CANONICAL, encoded + b"\x00"),
        ("long integer form of the version", NON_CANONICAL, b"\x8f\x18\x01" + encoded[2:]),
        ("long form of the array length", NON_CANONICAL, b"\x98\x0f" + encoded[1:]),
        ("indefinite length", NON_CANONICAL, b"\x9f" + encoded[1:] + b"\xff"),
    ]


def _invalid() -> list[dict[str, Any]]:
    base = _base()
    cases = INVALID + private_run.INVALID
    changed: list[tuple[str, int, bytes]] = [(name, error, encode(base.changed(**values).items())) for name, error, values in cases]
    return [{"name": name, "error": error, "description": description.hex()} for name, error, description in changed + _shape_deviations()]


def _with_top_bit(public: bytes) -> bytes:
    return public[:31] + bytes([public[31] | 0x80])


def _rosters() -> dict[str, Any]:
    members = make_run("complete", list(range(1, 11)), [VALUES], threshold=6).members[:4]
    valid = roster_bytes(members)
    other = KeyPair.of(draw("other member", 32))

    def with_key(public: bytes) -> bytes:
        return roster_bytes((*members[:3], Member(members[3].id, KeyPair(b"", public))))

    def case(name: str, error: int, roster: bytes, hashed: bytes | None = None) -> dict[str, Any]:
        value = roster_hash(roster) if hashed is None else hashed
        return {"name": name, "count": 4, "roster": roster.hex(), "roster_hash": value.hex(), "error": error}

    swapped = roster_bytes((members[1], members[0], *members[2:]))
    return {
        "valid": {"count": 4, "roster": valid.hex(), "roster_hash": roster_hash(valid).hex()},
        "invalid": [
            case("ids not ascending", INVALID_ROSTER, swapped),
            case("an id twice", INVALID_ROSTER, roster_bytes((*members[:3], Member(members[2].id, other)))),
            case("a key twice", INVALID_ROSTER, with_key(members[0].static.public)),
            case("low-order key", LOW_ORDER, with_key(bytes(32))),
            case("low-order key 1", LOW_ORDER, with_key(b"\x01" + bytes(31))),
            case("key with its top bit set", MALFORMED, with_key(_with_top_bit(other.public))),
            case("key of 2^255 - 19", MALFORMED, with_key((2**255 - 19).to_bytes(32, "little"))),
            case("a byte short", INVALID_ROSTER, valid[:-1]),
            case("a byte long", INVALID_ROSTER, valid + b"\x00"),
            case("a member short", INVALID_ROSTER, valid[:-40]),
            case("another hash", INVALID_ROSTER, valid, draw("another roster hash", 32)),
            case("another key", INVALID_ROSTER, with_key(other.public), roster_hash(valid)),
        ],
    }


BUILDERS: dict[str, Callable[[], Any]] = {"valid": _valid, "invalid": _invalid, "rosters": _rosters}


def build() -> dict[str, Any]:
    about = "Integers that may not fit 53 bits are decimal strings. An invalid description has one fault."
    return {"about": about} | {name: builder() for name, builder in BUILDERS.items()}
