"""Run descriptions with a noise mechanism: what the vector, the segment and the honest clients may be (section 11)."""

import math
from typing import Any

from generator.errors import INVALID_MECHANISM, MALFORMED, UNSUPPORTED
from generator.mechanism import KIND, LONGEST, Mechanism
from generator.run import FIXED_POINT, Run, Segment, make_run

IDS = list(range(1, 11))
NO_RECOVERY: dict[str, Any] = {"mode": 0, "threshold": 0, "max_passes": 0}


def mechanism(**values: Any) -> Mechanism:
    """Sixteen values of two blocks, clip and granularity as 256 to 1."""
    defaults = {
        "dimension": 13,
        "block_log2": 3,
        "clamp": math.inf,
        "clip": 1.0,
        "granularity": 2.0**-8,
        "noise": 4.5,
        "norm_bound": 2**16 + 100,
        "parts": 1,
        "honest": 1,
    }
    return Mechanism(**defaults | values)


def with_vector(chosen: Mechanism, bits: int = 20, **parameters: Any) -> dict[str, Any]:
    """The parameters of a run of this mechanism."""
    return {"mechanism": chosen, "segments": (Segment("vector", bits, chosen.padded),)} | parameters


def valid() -> list[tuple[str, Run]]:
    def case(name: str, chosen: Mechanism, bits: int = 20, **parameters: Any) -> tuple[str, Run]:
        fields = {"threshold": 6} | with_vector(chosen, bits) | parameters
        return name, make_run(name, IDS, fields.pop("segments"), **fields)

    smallest = {"clip": 2.0**-100, "granularity": 2.0**-100, "noise": 0.5, "norm_bound": 1}
    largest = {"clip": 2.0**100, "granularity": 2.0**69, "noise": 2.0**17, "norm_bound": 2**62 + 2**46 + 2**28}
    return [
        case("mechanism, suite 2", mechanism(honest=5), min_inputs=6),
        case(
            "mechanism, suite 1, clamp, parts",
            mechanism(dimension=1000, block_log2=7, clip=math.pi, granularity=1 / 317, norm_bound=10**6, clamp=0.25, parts=3, honest=6),
            suite=1,
            min_inputs=7,
        ),
        case("mechanism, blocks of one value", mechanism(dimension=9, block_log2=0)),
        case("mechanism, no value of padding", mechanism(dimension=16, clamp=1.0)),
        case("mechanism, wide lanes", mechanism(parts=2, granularity=2.0**-31, norm_bound=2**62), 60),
        case("mechanism, sparse", mechanism(honest=4), degree=6, threshold=5, min_inputs=6),
        case("mechanism, no recovery", mechanism(honest=7), **NO_RECOVERY, min_inputs=8),
        case("mechanism, no recovery on a ring", mechanism(honest=2), **NO_RECOVERY, degree=2, min_inputs=8),
        case("mechanism, lower bounds", mechanism(**smallest, dimension=1, block_log2=0, clamp=5e-324), 1),
        case(
            "mechanism, upper bounds",
            mechanism(**largest, dimension=LONGEST, block_log2=28, clamp=1.7976931348623157e308, parts=2**16, honest=6),
            35,
            min_inputs=10,
        ),
        case("mechanism, widest residues", mechanism(dimension=2, block_log2=1), 62),
    ]


def _with(**values: Any) -> dict[str, Any]:
    return with_vector(mechanism(**values))


def _with_item(place: int, item: object) -> dict[str, Any]:
    """An array of which one item is another."""
    items: list[object] = [*mechanism().items()]
    items[place] = item
    return with_vector(mechanism()) | {"mechanism": items}


def _with_segments(*segments: Segment) -> dict[str, Any]:
    return {"mechanism": mechanism(), "segments": segments}


NOISE = 6
"""Its place in the array."""

INVALID: list[tuple[str, int, dict[str, Any]]] = [
    ("mechanism of another kind", UNSUPPORTED, _with_item(0, KIND + 1)),
    ("mechanism as text", MALFORMED, with_vector(mechanism()) | {"mechanism": "discrete gaussian"}),
    ("noise as a float", MALFORMED, _with_item(NOISE, 4.5)),
    ("negative parts", MALFORMED, _with_item(8, -1)),
    ("dimension 0", INVALID_MECHANISM, {"mechanism": mechanism(dimension=0), "segments": (Segment("vector", 20, 8),)}),
    ("dimension above 2^28", INVALID_MECHANISM, with_vector(mechanism(dimension=LONGEST + 1, block_log2=0))),
    ("block log2 29", INVALID_MECHANISM, with_vector(mechanism(dimension=1, block_log2=29), 16)),
    ("block log2 256", INVALID_MECHANISM, _with_item(2, 256)),
    ("clamp 0", INVALID_MECHANISM, _with(clamp=0.0)),
    ("negative clamp", INVALID_MECHANISM, _with(clamp=-1.0)),
    ("clamp that is no number", INVALID_MECHANISM, _with(clamp=math.nan)),
    ("clip 0", INVALID_MECHANISM, _with(clip=0.0)),
    ("clip that is no number", INVALID_MECHANISM, _with(clip=math.nan)),
    ("clip above 2^100", INVALID_MECHANISM, _with(clip=math.nextafter(2.0**100, math.inf), granularity=2.0**92)),
    ("granularity below 2^-100", INVALID_MECHANISM, _with(clip=2.0**-92, granularity=math.nextafter(2.0**-100, 0))),
    ("negative granularity", INVALID_MECHANISM, _with(granularity=-1.0)),
    ("granularity above the clip", INVALID_MECHANISM, _with(granularity=1.5, norm_bound=1)),
    (
        "clip above 2^31 granularities",
        INVALID_MECHANISM,
        _with(clip=math.nextafter(1.0, 2), granularity=2.0**-31, norm_bound=2**62 + 2**13),
    ),
    ("noise below 0.5", INVALID_MECHANISM, _with(noise=math.nextafter(0.5, 0))),
    ("noise above 2^17", INVALID_MECHANISM, _with(noise=math.nextafter(2.0**17, math.inf))),
    ("noise that is no number", INVALID_MECHANISM, _with(noise=math.nan)),
    ("norm bound below the clip", INVALID_MECHANISM, _with(norm_bound=2**16 - 1)),
    ("norm bound that no rounding reaches", INVALID_MECHANISM, _with(norm_bound=260**2 + 1)),
    ("parts 0", INVALID_MECHANISM, _with(parts=0)),
    ("parts 65537", INVALID_MECHANISM, _with(parts=2**16 + 1)),
    ("parts 2^32", INVALID_MECHANISM, _with(parts=2**32)),
    ("honest 0", INVALID_MECHANISM, _with(honest=0)),
    ("honest above min inputs - c", INVALID_MECHANISM, with_vector(mechanism(honest=3), min_inputs=3)),
    ("honest above t + 1 - c", INVALID_MECHANISM, with_vector(mechanism(honest=7), min_inputs=10)),
    ("honest above 2t - k - c + 1", INVALID_MECHANISM, with_vector(mechanism(honest=5), degree=6, threshold=5, min_inputs=10)),
    ("honest above min inputs - c without recovery", INVALID_MECHANISM, with_vector(mechanism(honest=8), **NO_RECOVERY, min_inputs=8)),
    ("honest 3 on a ring without recovery", INVALID_MECHANISM, with_vector(mechanism(honest=3), **NO_RECOVERY, degree=2, min_inputs=8)),
    ("a mechanism and two segments", INVALID_MECHANISM, _with_segments(Segment("vector", 20, 16), Segment("count", 16, 1))),
    ("a mechanism and a segment without padding", INVALID_MECHANISM, _with_segments(Segment("vector", 20, 13))),
    ("a mechanism and a segment of floats", INVALID_MECHANISM, _with_segments(Segment("vector", 20, 16, FIXED_POINT, 0))),
    ("a mechanism and 61 bits", INVALID_MECHANISM, with_vector(mechanism(), 61)),
    ("a mechanism and 63 bits", INVALID_MECHANISM, with_vector(mechanism(dimension=2, block_log2=0), 63)),
]
