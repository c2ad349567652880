"""Verified mode: what its tensors have and give, what they refuse, what it costs, and what comes of a lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cloakwork import mpc
from cloakwork.errors import ArgumentError, CryptoError, NotVerifiedError, Status, VerificationError
from cloakwork.mpc._network import example
from cloakwork.mpc._party import Party
from cloakwork.secagg import Identity
from test_mpc_network import World

UNIT = 2.0**-16
# Rounds of a product of two inputs that is opened: inputs, products, and then four of the check before the output.
PRODUCT, OUTPUT = 1, 6


@pytest.fixture(params=[2, 3, 5])
def session(request: pytest.FixtureRequest) -> Iterator[mpc.Session[mpc.VerifiedTensor]]:
    with mpc.Session.local(parties=request.param, verified=True) as made:
        yield made


def near(found: object, expected: object, units: float = 1.0) -> None:
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=0, atol=units * UNIT)


def test_what_it_has(session: mpc.Session[mpc.VerifiedTensor]) -> None:
    a, n = np.array([[1.5, -2.25], [100.0, 0.5]]), np.array([[2, -3], [7, 1]])
    x, y = session.share(a), session.share(n, owner=1)
    assert isinstance(x, mpc.VerifiedTensor)
    cases: list[tuple[mpc.VerifiedTensor, Any, float]] = [
        (x + y, a + n, 0),
        (x - y, a - n, 0),
        (y - 1.5, n - 1.5, 0),
        (1.5 - y, 1.5 - n, 0),
        (-x, -a, 0),
        (+x, a, 0),
        (x * y, a * n, 0),
        (x * x, a * a, 1),
        (x * x[0], a * a[0], 1),
        (y**3, n**3, 0),
        (x @ y, a @ n, 0),
        (n @ x, n @ a, 0),
        (x @ x[:, 0], a @ a[:, 0], 1),
        (2.5 * y, 2.5 * n, 0),
        (x / 3, a / 3, 2.5),
        (x.sum(), a.sum(), 0),
        (x.sum(0), a.sum(0), 0),
        (x.mean(1), a.mean(1), 1),
        (y.astype(float), n, 0),
        (x.square(), a * a, 1),
        (x.T.reshape(-1)[1:], a.T.reshape(-1)[1:], 0),
        (mpc.concatenate([x, y]), np.concatenate([a, n]), 0),
        (mpc.stack([y[0], y[1]]), n, 0),
        (session.public([0.25, 4.0]) * x, np.array([0.25, 4.0]) * a, 1),
    ]
    for place, (made, expected, units) in enumerate(cases):
        assert isinstance(made, mpc.VerifiedTensor), place
        near(made.open(), expected, units)
    assert (y * y).open().dtype == np.int64
    assert "secret real tensor" in repr(x)


def test_who_learns_what() -> None:
    with mpc.Session.local(parties=3, verified=True) as session:
        x = session.share([1.5, 2.5])
        found = x.open(to=[2, 0])
        assert found[1] is None
        near(found[0], [1.5, 2.5], 0)
        near(found[2], [1.5, 2.5], 0)


# Methods of the tensors without checks.
NAMES = (
    *("exp", "log", "sqrt", "rsqrt", "sigmoid", "tanh", "relu", "clip", "maximum", "max", "argmin"),
    *("median", "sort", "shuffle", "softmax", "polynomial", "shares"),
)
REFUSED: list[Callable[[Any], object]] = [
    lambda x: x < 1,
    lambda x: x <= x,
    lambda x: x < 1,
    lambda x: x >= x,
    lambda x: x == x,
    lambda x: x != 0,
    lambda x: x / x,
    lambda x: 1 / x,
    abs,
    lambda x: ~x,
    lambda x: x & x,
    lambda x: x | x,
    lambda x: x ^ x,
    lambda x: mpc.where(x, x, x),
    *(lambda x, name=name: getattr(x, name) for name in NAMES),
]


@pytest.mark.parametrize("place", range(len(REFUSED)))
def test_what_has_no_verified_form_says_why(place: int) -> None:
    with mpc.Session.local(parties=2, verified=True) as session:
        x = session.share([1.0, 2.0])
        with pytest.raises(NotVerifiedError, match="no verified form") as caught:
            REFUSED[place](x)
        assert caught.value.code == Status.NOT_VERIFIED
        assert isinstance(caught.value, TypeError)
        # Nothing was asked for, and the session goes on.
        near((x + 1).open(), [2.0, 3.0], 0)
        with pytest.raises(AttributeError, match="nonsense"):
            _ = x.nonsense  # type: ignore[attr-defined]


def test_what_does_not_go_with_it() -> None:
    for wrong in ({"dealer": False}, {"rounding": "nearest"}, {"trace": True}):
        with pytest.raises(NotVerifiedError) as caught:
            mpc.Session.local(verified=True, **wrong)  # type: ignore[call-overload]
        assert caught.value.argument == next(iter(wrong))
    with mpc.Session.local(verified=True) as one, mpc.Session.local() as other, pytest.raises(ArgumentError, match="different sessions"):
        _ = one.share(1.0) + other.share(1.0)


def test_it_costs_what_the_page_says() -> None:
    count = 7
    with mpc.Session.local(parties=3, verified=True) as session:
        x, y = session.share(np.ones(count), owner=1), session.share(np.ones(count), owner=2)
        total = ((x * y) / 4).sum()
        explained = session.explain()
        total.open()
        # Inputs of others; a product with its division; a division by a power of two; nine rounds for the output.
        rounds, bytes_ = 1 + 2 + 1, (32 + 16 + 16) * count
        corrections = (2 * 4 + 8 + 10 + 10) * count
        assert vars(explained.total) == {"rounds": rounds, "bytes": bytes_, "corrections": corrections}
        assert [name for name, _ in explained.steps] == ["share", "share", "multiply", "multiply public", "sum"]
        assert vars(session.cost) == {"rounds": rounds + 9, "bytes": bytes_ + 361 + 16, "corrections": corrections + 2}
        before = session.cost
        x.open(to=[0, 1])
        after = session.cost
        assert (after.rounds - before.rounds, after.bytes - before.bytes) == (5, 181 + 2 * 16 * count)


class Liar:
    """Changes the messages of the last party at their source, in one round."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, told: int, place: int) -> None:
        own, round_ = Party.message, {"of": -1, "advanced": 0}
        advance = Party.advance

        def advanced(party: Party) -> bool:
            due = advance(party)
            round_["advanced"] += party.index == 0
            return due

        def message(party: Party, to: int) -> bytes:
            content = bytearray(own(party, to))
            if party.index == 2 and round_["advanced"] == told + 1:
                content[8 + place] ^= 1
            return bytes(content)

        monkeypatch.setattr(Party, "advance", advanced)
        monkeypatch.setattr(Party, "message", message)


@pytest.mark.parametrize(("told", "place"), [(PRODUCT, 0), (PRODUCT, 40), (OUTPUT, 1), (OUTPUT, 20)])
def test_a_lie_is_caught_by_all_and_nothing_opens(monkeypatch: pytest.MonkeyPatch, told: int, place: int) -> None:
    Liar(monkeypatch, told, place)
    with mpc.Session.local(parties=3, verified=True) as session:
        x, y = session.share([3, 4]), session.share([5, 6], owner=2)
        product = x * y
        with pytest.raises(VerificationError, match="lied") as caught:
            product.open()
        assert caught.value.code == Status.NOT_AUTHENTIC
        assert isinstance(caught.value, CryptoError)
        # Each honest party ends with the error of its own, and keeps nothing.
        for party in session._parties[:2]:
            with pytest.raises(VerificationError):
                party.advance()
        # The session is over.
        for again in (lambda: x + y, lambda: session.share(1.0), x.open):
            with pytest.raises(CryptoError):
                again()


def test_a_lie_without_checks_changes_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """What verified mode is for: the other mode says nothing."""
    Liar(monkeypatch, PRODUCT, 0)
    with mpc.Session.local(parties=3) as session:
        x, y = session.share([3, 4]), session.share([5, 6], owner=2)
        assert not np.array_equal((x * y).open(), [15, 24])


def verified_world(parties: int, *, dealer: bool = True) -> World:
    from dataclasses import replace

    world = World(parties, dealer=dealer)
    world.network = replace(world.network, verified=True, format=mpc.Format(rounding="dithered"))
    return world


def program(session: mpc.Session[mpc.VerifiedTensor]) -> tuple[object, ...]:
    x = session.share([2, -3, 7], owner=0)
    y = session.share([5, 7, -1] if session.index in {None, 1} else None, owner=1, shape=(3,), dtype=int)
    explained = session.explain().total
    product = x * y
    with pytest.raises(NotVerifiedError):
        _ = product < x  # type: ignore[operator]
    return product.open().tolist(), (product @ y).open(to=0) is not None, explained.corrections, session.cost.rounds


@pytest.mark.parametrize("parties", [2, 3])
def test_over_a_network_it_gives_and_costs_what_it_does_in_one_program(parties: int) -> None:
    with mpc.Session.local(parties=parties, verified=True) as local:
        product, _, corrections, rounds = program(local)
    assert (product, corrections, rounds) == ([10, -21, -7], 2 * 4 * 3, 2 + 9 + 1 + 9)
    world = verified_world(parties)
    assert world.run(program) == [(product, place == 0, corrections, rounds) for place in range(parties)]
    assert world.dealer_said is None


def test_a_network_without_a_dealer_or_with_exact_rounding_is_refused(tmp_path: Path) -> None:
    from dataclasses import replace

    world = verified_world(2, dealer=False)
    with pytest.raises(NotVerifiedError, match="dealer"):
        mpc.Session.connect(world.network, world.identities[0])
    world = verified_world(2)
    with pytest.raises(NotVerifiedError, match="dithered"):
        mpc.Session.connect(replace(world.network, format=mpc.Format()), world.identities[0])
    keys = [Identity.generate().public_key for _ in range(3)]
    path = tmp_path / "mpc.toml"
    text = example("doses", keys[:2], keys[2])
    path.write_text(text.replace("verified = false", "verified = true").replace('rounding = "nearest"\n', ""))
    network = mpc.Network.read(path)
    assert (network.verified, network.format.rounding) == (True, "dithered")
    path.write_text(text.replace("verified = false", "verified = 1"))
    with pytest.raises(ArgumentError, match="true or false"):
        mpc.Network.read(path)
