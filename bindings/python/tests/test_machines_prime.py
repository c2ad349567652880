"""Machines that share numbers modulo a prime."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloakwork.errors import ArgumentError, NumberError
from cloakwork.mpc import Format, PrivateScalar, Share, SharedScalar, Trace, VirtualMachine

LARGEST = 2**64 - 59
MERSENNE = 2**61 - 1
PRIMES = (3, 67, MERSENNE, LARGEST)


def machines(count: int) -> list[VirtualMachine]:
    return [VirtualMachine(name) for name in ("alice", "bob", "carol", "dave", "erin")[:count]]


def value(scalar: SharedScalar) -> int:
    found = scalar.reconstruct(next(iter(scalar.share_of))).value
    assert type(found) is int
    return found


@pytest.mark.parametrize("count", [2, 3, 5])
def test_every_operation(count: int) -> None:
    group = machines(count)
    outsider = VirtualMachine("zoe")

    @settings(max_examples=40, deadline=None, derandomize=True, database=None)
    @given(st.sampled_from(PRIMES), st.data())
    def check(q: int, data: st.DataObject) -> None:
        edges = st.sampled_from([0, 1, q // 2, q - 2, q - 1])
        number = st.one_of(edges, st.integers(0, q - 1))
        a, b, c = (data.draw(number) for _ in range(3))
        exponent = data.draw(st.integers(0, 9))
        x, y = PrivateScalar(a, group[0]).share(group, q), PrivateScalar(b, group[1]).share(group, Q=q)
        for found, expected in (
            (x, a),
            (x + y, a + b),
            (x - y, a - b),
            (x * y, a * b),
            (x * x, a * a),
            (x + c, a + c),
            (c + x, a + c),
            (x - c, a - c),
            (c - x, c - a),
            (x * c, a * c),
            (-c * x, -a * c),
            (-x, -a),
            (x**exponent, a**exponent),
        ):
            assert q == found.Q
            assert value(found) == expected % q
            assert found.reconstruct(outsider).value == expected % q
            assert sum(share.value for share in found.shares) % q == expected % q
            assert all(q == share.Q for share in found.shares)

    check()


def test_values_of_the_original() -> None:
    alice, bob = machines(2)
    a, b = PrivateScalar(25, alice).share([bob], Q=LARGEST), PrivateScalar(50, bob).share([alice], Q=LARGEST)
    assert value(a * b - 5 * (a + b)) == 875
    # Here a negative result is what it was there.
    assert value(a - b) == 18446744073709551532
    small = PrivateScalar(5, alice).share([bob], Q=67)
    assert value(small * 4) == 20
    assert value(small * -4) == 47


def test_shares_of_a_field() -> None:
    alice, bob = machines(2)
    x = PrivateScalar(60, alice).share([bob], Q=67)
    one, other = x.shares
    assert value(SharedScalar([one + 10, other])) == 3
    assert value(SharedScalar([one * -1, -other])) == 7
    assert value(SharedScalar([Share(60, alice, 67), Share(8, bob, Q=67)])) == 1
    assert (Share(60, alice, 67) - Share(61, alice, 67)).value == 66
    assert (1 - Share(60, alice, 67)).value == 8
    for refused in (
        lambda: Share(67, alice, 67),
        lambda: Share(-1, alice, 67),
        lambda: Share(1, alice, 67) + Share(1, alice),
        lambda: Share(1, alice, 67) + 67,
        lambda: SharedScalar([Share(1, alice, 67), Share(1, bob)]),
        lambda: SharedScalar([Share(1, alice, 67), Share(1, bob, 61)]),
    ):
        with pytest.raises(AssertionError):
            refused()


def test_what_is_outside_of_the_field() -> None:
    alice, bob = machines(2)
    x = PrivateScalar(6, alice).share([bob], Q=67)
    for refused in (
        lambda: PrivateScalar(67, alice).share([bob], Q=67),
        lambda: PrivateScalar(-1, alice).share([bob], Q=67),
        lambda: x + 67,
        lambda: x * -67,
    ):
        with pytest.raises(NumberError, match="Q = 67"):
            refused()
    for number in (0, 1, 2, 4, 66, 2**64 - 1, 2**64 + 13, -67):
        with pytest.raises(AssertionError, match="prime"):
            PrivateScalar(0, alice).share([bob], Q=number)
    with pytest.raises(TypeError):
        PrivateScalar(0, alice).share([bob], Q=67.0)


def test_what_a_field_does_not_have() -> None:
    alice, bob = machines(2)
    x, plain = PrivateScalar(6, alice).share([bob], Q=67), PrivateScalar(6, alice).share([bob])
    for reason, refused in (
        ("order", lambda: x < 7),
        ("order", lambda: 7 >= x),  # noqa: SIM300 - the other operand order
        ("order", lambda: x == x),
        ("order", lambda: abs(x)),
        ("order", lambda: x.relu()),
        ("order", lambda: x.maximum(3)),
        ("fractions", lambda: x / 2),
        ("fractions", lambda: 2 / x),
        ("fractions", lambda: x.sigmoid()),
        ("fractions", lambda: x + 1.5),
        ("fractions", lambda: PrivateScalar(1.5, alice).share([bob], Q=67)),
        ("no format", lambda: PrivateScalar(1, alice).share([bob], Q=67, format=Format())),
        ("Q = 67", lambda: x + plain),
        ("Q = 67", lambda: plain * x),
        ("Q = 61", lambda: x + PrivateScalar(6, alice).share([bob], Q=61)),
    ):
        with pytest.raises(ArgumentError, match=reason):
            refused()
    with pytest.raises(TypeError):
        bool(x)


def test_objects_of_a_field_are_what_variables_refer_to() -> None:
    group = machines(3)
    x = PrivateScalar(6, group[0]).share(group, Q=67)
    made = (x * x - 5 * x) ** 3 + x.shares[0].value
    found = made.reconstruct(group[2])
    gc.collect()
    assert [len(machine.objects) for machine in group] == [2, 2, 3]
    del made, found, x
    gc.collect()
    assert [machine.objects for machine in group] == [[], [], []]


def test_what_a_machine_sees_of_a_product_is_uniform() -> None:
    """Not seeded. Chi-squared with 66 degrees of freedom exceeds 190 with a probability below 10^-12; there are 25, so 10^-10 in all."""
    group = machines(2)
    runs = 3350
    seen: list[list[int]] = []
    for _ in range(runs):
        x, y = PrivateScalar(25, group[0]).share(group, Q=67), PrivateScalar(50, group[1]).share(group, Q=67)
        with group[0].trace() as trace:
            made = x * y
        (step,) = trace.steps
        assert [value.shares.keys() for value in step.outputs] == [{group[0]}]
        (opening,) = step.openings
        own = [scalar.share_of[group[0]].value for scalar in (x, y, made)]
        seen.append([*own, *opening.elements])
    columns = list(zip(*seen, strict=True))
    pairs = [[(one + other) % 67 for one, other in zip(a, b, strict=True)] for i, a in enumerate(columns) for b in columns[:i]]
    pairs += [[(one - other) % 67 for one, other in zip(a, b, strict=True)] for i, a in enumerate(columns) for b in columns[:i]]
    for column in [*columns, *pairs]:
        expected = runs / 67
        counts = [column.count(residue) for residue in range(67)]
        assert sum((count - expected) ** 2 / expected for count in counts) < 190


def test_a_trace_of_a_field_is_one_of_a_session() -> None:
    group = machines(3)
    with Trace() as trace:
        x = PrivateScalar(6, group[0]).share(group, Q=67)
        made = x * x
        made.reconstruct(group[1])
    names = [step.name for step in trace.steps]
    assert names == ["share of alice", "multiply", "uniform shares", "open to bob"]
    d, e = trace.steps[1].openings[0].elements
    assert d < 67 > e
    assert "bob learns" in str(trace)
    assert "bob learns" not in str(trace.seen_by(group[2]))
