"""The group and the intersection of sets of the generator, against RFC 9496 and plain sets."""

import json
from pathlib import Path

import pytest
from generator import ristretto
from generator.field import P, evaluate
from generator.psi import INTERSECTION, _interpolate

FILE = json.loads((Path(__file__).parent / "psi.json").read_text(encoding="ascii"))


def test_constants_are_the_roots_that_they_are_called() -> None:
    assert (ristretto.SQRT_AD_MINUS_ONE**2 + ristretto.D + 1) % ristretto.P == 0
    assert (ristretto.INVSQRT_A_MINUS_D**2 * (-1 - ristretto.D) - 1) % ristretto.P == 0


def test_multiples_of_the_generator() -> None:
    """Appendix A.1: 0 to 3 times."""
    multiples = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
        "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
        "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    ]
    assert [(number * ristretto.GENERATOR).encode().hex() for number in range(4)] == multiples
    assert (ristretto.ORDER * ristretto.GENERATOR).encode() == bytes(32)
    assert ristretto.decode(bytes.fromhex(multiples[3])).encode().hex() == multiples[3]


@pytest.mark.parametrize(
    "encoding",
    [
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    ],
)
def test_encodings_that_are_refused(encoding: str) -> None:
    """Appendix A.2: not canonical, negative, no square."""
    with pytest.raises(ValueError, match=r"canonical|element"):
        ristretto.decode(bytes.fromhex(encoding))


def test_uniform_bytes_become_elements() -> None:
    """Appendix A.3."""
    data = (
        "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c14d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6"
    )
    encoding = "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46"
    assert ristretto.from_uniform(bytes.fromhex(data)).encode().hex() == encoding


def test_interpolation() -> None:
    points = [(number**5 % P, (number * 12345678901234567) ** 3 % P) for number in range(1, 30)]
    coefficients = _interpolate(points)
    assert len(coefficients) == len(points)
    assert all(evaluate(coefficients, x) == y for x, y in points)


@pytest.mark.parametrize("run", FILE["runs"], ids=lambda run: run["name"])
def test_runs_end_with_what_plain_sets_say(run: dict) -> None:
    common = set.intersection(*(set(party["items"]) for party in run["parties"]))
    assert run["common"] == len(common)
    if run["output"] == INTERSECTION:
        for party in run["parties"]:
            assert [party["items"][place] for place in party["common"]] == [
                item for item in dict.fromkeys(party["items"]) if item in common
            ]
