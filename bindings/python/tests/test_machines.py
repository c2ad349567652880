"""Machines that compute on each other's numbers: what MicroSMPC had, and what it listed as missing."""

from __future__ import annotations

import gc
import math
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import cloakwork.mpc
import micro_smpc
from cloakwork.errors import ArgumentError, ArgumentTypeError, NumberError
from cloakwork.mpc import Format, PrivateScalar, Share, SharedScalar, VirtualMachine

REPOSITORY = Path(__file__).resolve().parents[3]
UNIT = 2.0**-16
LARGEST, SMALLEST = 2**63 - 1, -(2**63)

SNIPPET = """
from micro_smpc import VirtualMachine, PrivateScalar, SharedScalar

alice = VirtualMachine('alice'); bob = VirtualMachine('bob')
a = PrivateScalar(25, alice); b = PrivateScalar(50, bob)
shared_a = a.share([bob]); shared_b = b.share([alice])
shared_output = (shared_a * shared_b) - 5 * (shared_a + shared_b)
print(shared_output.reconstruct(alice))
"""


@pytest.fixture(params=[2, 3, 5])
def machines(request: pytest.FixtureRequest) -> list[VirtualMachine]:
    return [VirtualMachine(name) for name in ("alice", "bob", "carol", "dave", "erin")[: request.param]]


@pytest.fixture
def pair() -> tuple[VirtualMachine, VirtualMachine]:
    return VirtualMachine("alice"), VirtualMachine("bob")


def shared(value: float, machines: list[VirtualMachine], owner: int = 0) -> SharedScalar:
    return PrivateScalar(value, machines[owner]).share(machines)


def value(scalar: SharedScalar) -> float:
    found: float = scalar.reconstruct(next(iter(scalar.share_of))).value
    return found


def test_the_snippet_of_the_original(capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(SNIPPET, "README", "exec"), {})
    assert capsys.readouterr().out == "PrivateScalar(875, 'alice')\n"
    assert {micro_smpc.PrivateScalar, micro_smpc.Share, micro_smpc.SharedScalar, micro_smpc.VirtualMachine} <= {
        getattr(cloakwork.mpc, name) for name in cloakwork.mpc.__all__
    }


def blocks(page: str) -> list[str]:
    """The programs of a page that begin with an import of ours."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    fenced = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    indented = [textwrap.dedent(found) for found in re.findall(r"(?:^ {4}.*\n|^\n)+", text, re.MULTILINE)]
    return [block for block in (*fenced, *indented) if "VirtualMachine(" in block]


@pytest.mark.parametrize("page", ["README.md", "docs/micro-smpc.md"])
def test_the_programs_of_the_documentation(page: str) -> None:
    """They end with an expression, and a comment that says what it is."""
    (block,) = blocks(page)
    *before, last = block.strip().splitlines()
    expression, _, comment = last.partition("#")
    known: dict[str, object] = {}
    exec("\n".join(before), known)
    printed = re.fullmatch(r"print\((.*)\)", expression.strip())
    assert repr(eval(printed[1] if printed else expression, known)) == comment.strip()


def test_both_ways_to_say_who_shares(pair: tuple[VirtualMachine, VirtualMachine]) -> None:
    alice, bob = pair
    others = PrivateScalar(25, alice).share([bob])
    everybody = PrivateScalar(50, bob).share([alice, bob])
    assert others.owners == everybody.owners == {alice, bob}
    assert [share.owner for share in others.shares] == [bob, alice]
    assert [share.owner for share in everybody.shares] == [alice, bob]
    assert set(others.share_of) == {alice, bob}
    assert others.share_of[bob] is others.shares[0]
    assert value(others + everybody) == 75


def test_a_number_comes_back_at_whoever_is_to_have_it(machines: list[VirtualMachine]) -> None:
    outsider = VirtualMachine("zoe")
    for number in (25, -123456, LARGEST, SMALLEST, 1.5, -0.25):
        scalar = shared(number, machines)
        for receiver in (*machines, outsider):
            found = scalar.reconstruct(receiver)
            assert (found.value, found.owner, type(found.value)) == (number, receiver, type(number))
    truth = shared(1, machines) < 2
    assert truth.reconstruct(outsider).value is True
    assert truth.reconstruct(machines[-1]).value is True
    assert repr(PrivateScalar(875, machines[0])) == "PrivateScalar(875, 'alice')"


def test_arithmetic_of_whole_numbers(machines: list[VirtualMachine]) -> None:
    """Among these are the values of the original's own notebooks."""
    x, y = shared(12, machines), shared(10, machines, 1)
    for found, expected in (
        (x + y, 22),
        (x + 10, 22),
        (10 + x, 22),
        (x - y, 2),
        (x - 10, 2),
        (14 - x, 2),
        (x * shared(13, machines), 156),
        (x * 10, 120),
        (10 * x, 120),
        (y - x, -2),
        (-x, -12),
        (+x, 12),
        (abs(y - x), 2),
        (x**0, 1),
        (x**1, 12),
        (x**5, 12**5),
        (x * x * x, 12**3),
        (shared(120, machines) * shared(130, machines) * -2, -31200),
        (shared(2400, machines) - shared(1200, machines) + 100, 1300),
        (shared(LARGEST, machines) + 1, SMALLEST),
        ((x + y) * (x - y) - 5 * (x + y), -66),
    ):
        assert value(found) == expected
        assert type(value(found)) is int


def test_arithmetic_of_real_numbers(machines: list[VirtualMachine]) -> None:
    x, y, n = shared(2.5, machines), shared(-5.1, machines, 1), shared(3, machines)
    for found, expected in (
        (shared(1.01, machines) + shared(1.02, machines) - shared(2.01, machines), 0.02),
        (x * y, -12.75),
        (x + n, 5.5),
        (n + x, 5.5),
        (x - n, -0.5),
        (1.5 - n, -1.5),
        (n * 1.5, 4.5),
        (1.5 * n, 4.5),
        (shared(50000, machines) * 0.1, 5000.0),
        (shared(-1000000, machines) / 3, -1000000 / 3),
        (x * 3, 7.5),
        (x * n, 7.5),
        (x / n, 2.5 / 3),
        (n / x, 1.2),
        (n / 4, 0.75),
        (1 / n, 1 / 3),
        (y / x, -5.1 / 2.5),
        (x**3, 15.625),
        ((shared(-5.4321, machines) - 1.2345) ** 2, 44.44355556),
        (abs(y), 5.1),
        (-y, 5.1),
    ):
        assert found.kind is float
        # The inputs are rounded to half a unit, and a factor of 14 carries that along.
        assert value(found) == pytest.approx(expected, rel=0, abs=16 * UNIT)


COMPARISONS: list[tuple[Callable[[object, object], object], str]] = [
    (lambda x, y: x < y, "<"),  # type: ignore[operator]
    (lambda x, y: x <= y, "<="),  # type: ignore[operator]
    (lambda x, y: x > y, ">"),  # type: ignore[operator]
    (lambda x, y: x >= y, ">="),  # type: ignore[operator]
    (lambda x, y: x == y, "=="),
    (lambda x, y: x != y, "!="),
]


@pytest.mark.parametrize(
    ("left", "right"), [(1, 2), (2, 2), (2, 1), (-3, 3), (SMALLEST, LARGEST), (LARGEST, SMALLEST), (1.5, 2), (-0.5, -0.5)]
)
def test_comparisons(left: float, right: float) -> None:
    machines = [VirtualMachine("alice"), VirtualMachine("bob")]
    x, y = shared(left, machines), shared(right, machines, 1)
    for compare, sign in COMPARISONS:
        for found in (compare(x, y), compare(x, right), compare(left, y)):
            assert isinstance(found, SharedScalar)
            assert found.kind is bool
            assert value(found) is compare(left, right), f"{left} {sign} {right}"


def test_truth_values(machines: list[VirtualMachine]) -> None:
    x = shared(5, machines)
    small, large = x < 10, x > 100
    assert value(small & large) is False
    assert value(small | large) is True
    assert value(small ^ small) is False
    assert value(~large) is True
    assert value(small + small) == 2
    assert value(small * x) == 5
    assert value(small.where(x, -x)) == 5
    assert value(large.where(1.5, x)) == 5.0
    assert value(small == large) is False


def test_functions(machines: list[VirtualMachine]) -> None:
    for number in (0.25, 1.0, 7.0):
        x = shared(number, machines)
        for found, expected in (
            (x.sigmoid(), 1 / (1 + math.exp(-number))),
            (x.tanh(), math.tanh(number)),
            (x.exp(), math.exp(number)),
            (x.log(), math.log(number)),
            (x.sqrt(), math.sqrt(number)),
            (x.rsqrt(), 1 / math.sqrt(number)),
            (x.reciprocal(), 1 / number),
            ((x - 2).relu(), max(number - 2, 0.0)),
            (x.minimum(2), min(number, 2)),
            (x.maximum(x * 2), 2 * number),
            (x.clip(0.5, 2), min(max(number, 0.5), 2)),
            (x.polynomial([1, 0, 0.5]), 1 + number**2 / 2),
        ):
            # docs/mpc.md section 9: 2^-23 relative, and a few units.
            assert value(found) == pytest.approx(expected, rel=2.0**-22, abs=4 * UNIT)
    whole = shared(-7, machines)
    assert value(whole.relu()) == 0
    assert value(whole.minimum(3)) == -7
    assert value(whole.maximum(3)) == 3


def test_shares_add_up_and_have_arithmetic_of_their_own(pair: tuple[VirtualMachine, VirtualMachine]) -> None:
    alice, bob = pair
    scalar = PrivateScalar(-7, alice).share([bob])
    total = sum(share.value for share in scalar.shares)
    assert (total + 7) % 2**64 == 0
    assert scalar.kind is int
    # A share is uniform: this close to 0 it is with a probability of 2^-30.
    assert abs(scalar.shares[0].value) > 2**33
    one, other = scalar.share_of[alice], scalar.share_of[bob]
    again = SharedScalar([one + 3, other])
    assert value(again) == -4
    assert value(SharedScalar([one * 2, 2 * other])) == -14
    assert value(SharedScalar([one - 1, 1 - other - 1])) != -7
    assert value(SharedScalar([one + one, other + other])) == -14
    assert value(SharedScalar([Share(3, alice), Share(4, bob)])) == 7
    assert value(SharedScalar(scalar.shares)) == -7
    assert (Share(3, alice) * Share(4, alice)).value == 12
    assert (5 - Share(3, alice)).value == 2
    assert (-Share(3, alice)).value == -3
    assert (Share(LARGEST, alice) + 1).value == SMALLEST
    assert repr(Share(3, alice)) == "Share(3, 'alice')"
    real = PrivateScalar(1.5, alice).share([bob])
    assert value(SharedScalar(list(reversed(real.shares)))) == 1.5
    assert value(SharedScalar([2 * share for share in real.shares])) == 3.0
    truth = real > 1
    assert {share.value for share in truth.shares} <= {0, 1}
    assert truth.shares[0].value ^ truth.shares[1].value == 1
    assert value(SharedScalar(truth.shares)) is True
    parts = truth.shares
    del truth
    assert value(SharedScalar(parts)) is True


def test_objects_are_what_variables_refer_to(machines: list[VirtualMachine]) -> None:
    def held() -> list[int]:
        gc.collect()
        return [len(machine.objects) for machine in machines]

    nothing = [0] * len(machines)
    assert held() == nothing
    private = PrivateScalar(6, machines[0])
    assert machines[0].objects == [private]
    x = private.share(machines)
    y = shared(2.5, machines, 1)
    assert machines[1].objects == [x.share_of[machines[1]], y.share_of[machines[1]]]
    base = held()
    assert base == [3, *([2] * (len(machines) - 1))]
    expressions: list[Callable[[SharedScalar, SharedScalar], object]] = [
        lambda x, y: x * x - 5 * (x + y),
        lambda x, y: x / y,
        lambda x, y: x**7,
        lambda x, y: (x < y) & (x == 6),
        lambda x, y: (x < y).where(x, y),
        lambda x, y: abs(-x).minimum(y).sigmoid().exp().log().sqrt().relu(),
    ]
    for expression in expressions:
        made = expression(x, y)
        assert held() == [count + 1 for count in base]
        assert isinstance(made, SharedScalar)
        found = made.reconstruct(machines[-1])
        assert held() == [count + 1 for count in base[:-1]] + [base[-1] + 2]
        assert machines[-1].objects[-1] is found
        del made, found
        assert held() == base
    share = x.shares[0]
    del x, y, private
    assert held() == [int(machine is share.owner) for machine in machines]
    assert isinstance(share.value, int)
    del share
    assert held() == nothing
    assert repr(machines[0]) == "VirtualMachine('alice')"


def test_a_failed_expression_leaves_nothing(pair: tuple[VirtualMachine, VirtualMachine]) -> None:
    alice, bob = pair
    x = PrivateScalar(6, alice).share([bob])
    for attempt in (lambda: x + "1", lambda: x * PrivateScalar(1, bob), lambda: x / 0):
        with pytest.raises((ArgumentError, ZeroDivisionError)):
            attempt()
    gc.collect()
    assert [len(alice.objects), len(bob.objects)] == [1, 1]
    lines = repr(alice).splitlines()
    assert lines[0] == "VirtualMachine('alice')"
    assert lines[1].startswith("    Share(")


def test_machines_and_shares_that_do_not_fit(pair: tuple[VirtualMachine, VirtualMachine]) -> None:
    alice, bob = pair
    carol = VirtualMachine("carol")
    a = PrivateScalar(1, alice)
    for refused in (
        lambda: a.share([bob, bob]),
        lambda: a.share([alice, alice]),
        lambda: a.share([]),
        lambda: a.share([alice]),
        lambda: a.share([bob]) + a.share([carol]),
        lambda: a.share([bob]) * a.share([bob, carol]),
        lambda: a.share([bob]) < a.share([carol]),
        lambda: a.share([bob]) + a.share([bob], format=Format(fraction=20, bits=36)),
        lambda: a.share([bob]) + a,
        lambda: a.share([bob]) + Share(1, alice),
        lambda: SharedScalar([Share(1, alice), Share(2, alice)]),
        lambda: SharedScalar([Share(1, alice)]),
        lambda: SharedScalar([]),
        lambda: a.share([bob]).clip(5, 1),
        lambda: a.share([bob]).polynomial([]),
        lambda: Share(1, alice) + Share(1, bob),
        lambda: Share(2**63, alice),
        lambda: SharedScalar([a.share([bob]).shares[0], PrivateScalar(1.5, alice).share([bob]).shares[1]]),
        lambda: PrivateScalar(1.5, alice).share([bob]).shares[0] + 1,
        lambda: (a.share([bob]) < 1).shares[0] * 2,
    ):
        with pytest.raises(AssertionError) as found:
            refused()
        assert isinstance(found.value, ArgumentError)
    with pytest.raises(AssertionError, match="alice, carol.*alice, bob|carol, alice.*bob, alice"):
        a.share([bob]) + a.share([carol])
    with pytest.raises(AssertionError, match="bob is there more than once"):
        a.share([bob, bob])


def test_numbers_outside_of_the_domain(pair: tuple[VirtualMachine, VirtualMachine]) -> None:
    alice, bob = pair
    x = PrivateScalar(1, alice).share([bob])
    for refused in (
        lambda: PrivateScalar(2**63, alice).share([bob]),
        lambda: PrivateScalar(SMALLEST - 1, alice).share([bob]),
        lambda: PrivateScalar(2.0**14, alice).share([bob]),
        lambda: x + 2**63,
        lambda: x + 2.0**14,
        lambda: x * 2**70,
        lambda: x < 2.0**14,
        lambda: x * 1.5 + 2**14,
        lambda: x.maximum(-(2.0**14)),
        lambda: x * 2.0**46,
        lambda: x / 2.0**-46,
        lambda: 2**14 / x,
    ):
        with pytest.raises(NumberError) as found:
            refused()
        assert isinstance(found.value, AssertionError)
    assert value(PrivateScalar(2.0**14, alice).share([bob], format=Format(fraction=16, bits=48))) == 2.0**14
    for infinite in (math.nan, math.inf, -math.inf):
        with pytest.raises(NumberError):
            PrivateScalar(infinite, alice)
        with pytest.raises(NumberError):
            x * infinite


def test_what_is_not_supported_raises(pair: tuple[VirtualMachine, VirtualMachine]) -> None:
    alice, bob = pair
    x = PrivateScalar(1.5, alice).share([bob])
    for refused in (
        lambda: x + "1",
        lambda: x * None,
        lambda: x == None,  # noqa: E711
        lambda: x < "2",
        lambda: x + 1j,
        lambda: 1j * x,
        lambda: x + [1],  # noqa: RUF005 - a list is what is refused
        lambda: x**0.5,
        lambda: x**-1,
        lambda: x**x,
        lambda: 2**x,
        lambda: x // 2,
        lambda: x % 2,
        lambda: x & x,
        lambda: x.where(1, 2),
        lambda: ~x,
        lambda: bool(x == 1.5),
        lambda: float(x),
        lambda: int(x),
        lambda: min(x, x),
        lambda: hash(x),
        lambda: np.array([1, 2]) * x,
        lambda: PrivateScalar("1", alice),
        lambda: PrivateScalar(1, "alice"),
        lambda: PrivateScalar(1, alice).share(bob),
        lambda: PrivateScalar(1, alice).share(["bob"]),
        lambda: x.reconstruct("alice"),
        lambda: SharedScalar([1, 2]),
        lambda: Share(1.5, alice),
        lambda: Share(1, alice) + 1.5,
        lambda: VirtualMachine(7),
    ):
        with pytest.raises(TypeError):
            refused()
    with pytest.raises(ZeroDivisionError):
        x / 0
    with pytest.raises(ArgumentTypeError, match="None"):
        x + None


def test_numbers_of_numpy_are_taken_as_those_of_python(pair: tuple[VirtualMachine, VirtualMachine]) -> None:
    alice, bob = pair
    x = PrivateScalar(np.int64(3), alice).share([bob])
    assert type(value(x * np.int64(2))) is int
    assert value(np.float64(0.5) * x) == 1.5
    assert value(np.int64(7) - x) == 4
    assert PrivateScalar(np.float64(0.5), alice).value == 0.5
