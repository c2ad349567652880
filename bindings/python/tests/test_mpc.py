"""Secret tensors: the operators of NumPy, what is refused, who learns what, what it costs."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest

from cloakwork import mpc
from cloakwork.errors import ArgumentError, ArgumentTypeError, CloakworkError, NumberError


@pytest.fixture(params=[2, 3, 5])
def session(request: pytest.FixtureRequest) -> Iterator[mpc.Session]:
    with mpc.Session.local(parties=request.param) as made:
        yield made


@pytest.fixture
def three() -> Iterator[mpc.Session]:
    with mpc.Session.local(parties=3) as made:
        yield made


def near(found: object, expected: object, units: float = 4.0) -> None:
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=0, atol=units * 2.0**-16)


def test_arithmetic(session: mpc.Session) -> None:
    a = np.array([[1.5, -2.25], [100.0, 0.5]])
    n = np.array([[2, -3], [7, 1]])
    x, y = session.share(a), session.share(n, owner=1)
    near((x + y).open(), a + n)
    near((x - y).open(), a - n)
    near((y - x).open(), n - a)
    near((x * y).open(), a * n)
    near((x * x).open(), a * a)
    near((-x).open(), -a)
    near((x / y).open(), a / n)
    near((x @ y).open(), a @ n, 8)
    near((1 + x).open(), 1 + a)
    near((1.5 - y).open(), 1.5 - n)
    near((2.5 * y).open(), 2.5 * n)
    near((x / 4).open(), a / 4)
    near((1 / y).open(), 1 / n)
    near((x**3).open()[1, 1], 0.125)
    near(abs(x).open(), abs(a))
    near((a + x).open(), a + a)
    near((n @ x).open(), n @ a, 8)


def test_whole_numbers_are_exact(session: mpc.Session) -> None:
    n = np.array([2**40, -(2**62), 3, -7])
    x = session.share(n)
    opened = (x * 3 - x).open()
    assert opened.dtype == np.int64
    np.testing.assert_array_equal(opened, n * 2)
    np.testing.assert_array_equal((x**2).open()[2:], [9, 49])
    assert (x < 0).open().dtype == np.bool_


def test_comparisons_and_choices(session: mpc.Session) -> None:
    a, b = np.array([1, 5, 5, -(2**63)]), np.array([2, 5, -7, 2**63 - 1])
    x, y = session.share(a), session.share(b)
    np.testing.assert_array_equal((x < y).open(), a < b)
    np.testing.assert_array_equal((x <= y).open(), a <= b)
    np.testing.assert_array_equal((x > y).open(), a > b)
    np.testing.assert_array_equal((x >= y).open(), a >= b)
    np.testing.assert_array_equal((x == y).open(), a == b)
    np.testing.assert_array_equal((x != y).open(), a != b)
    np.testing.assert_array_equal((x > 4).open(), a > 4)
    np.testing.assert_array_equal(((x < y) & (x > 0)).open(), (a < b) & (a > 0))
    np.testing.assert_array_equal(((x < y) | (x > 4)).open(), (a < b) | (a > 4))
    np.testing.assert_array_equal(((x < y) ^ (x > 4)).open(), (a < b) ^ (a > 4))
    np.testing.assert_array_equal(mpc.where(x == y, 10, x[1] + 1).open(), np.where(a == b, 10, 6))
    assert (x < y).sum().open() == 2


def test_rows(three: mpc.Session) -> None:
    a = np.array([[3, 1, 2], [-4, 9, 9]])
    x = three.share(a)
    for axis in (0, 1, None, -1):
        np.testing.assert_array_equal(x.sum(axis).open(), a.sum(axis))
        np.testing.assert_array_equal(x.max(axis).open(), a.max(axis))
        np.testing.assert_array_equal(x.min(axis).open(), a.min(axis))
        np.testing.assert_array_equal(x.argmax(axis).open(), a.argmax(axis))
        np.testing.assert_array_equal(x.argmin(axis).open(), a.argmin(axis))
        near(x.mean(axis).open(), a.mean(axis))
        near(x.median(axis).open(), np.median(a, axis))
    for axis in (0, 1, -1):
        np.testing.assert_array_equal(x.sort(axis).open(), np.sort(a, axis))
    assert sorted(map(tuple, x.shuffle().open())) == sorted(map(tuple, a))
    near(three.share(a / 4).softmax().open().sum(-1), [1, 1])


def test_shapes(three: mpc.Session) -> None:
    a = np.arange(24).reshape(2, 3, 4)
    x = three.share(a)
    np.testing.assert_array_equal(x[1, :, ::2].open(), a[1, :, ::2])
    np.testing.assert_array_equal(x[..., [3, 0]].open(), a[..., [3, 0]])
    np.testing.assert_array_equal(x[a > 20].open(), a[a > 20])
    np.testing.assert_array_equal(x.T.open(), a.T)
    np.testing.assert_array_equal(x.transpose(1, 0, 2).open(), a.transpose(1, 0, 2))
    np.testing.assert_array_equal(x.reshape(6, -1).open(), a.reshape(6, -1))
    np.testing.assert_array_equal((x + a[0, 0]).open(), a + a[0, 0])
    np.testing.assert_array_equal((x[:, :1] + x[0]).open(), a[:, :1] + a[0])
    np.testing.assert_array_equal(mpc.concatenate([x, x[:1]]).open(), np.concatenate([a, a[:1]]))
    np.testing.assert_array_equal(mpc.stack([x[0], x[1]]).open(), a)
    assert [part.open()[0, 0] for part in x] == [0, 12]
    assert x[0, 0, 1].shape == ()
    assert x[0, 0, 1].open() == 1


def test_functions(three: mpc.Session) -> None:
    a = np.array([0.25, 1.0, 2.5, 7.0])
    x = three.share(a)
    near(x.sigmoid().open(), 1 / (1 + np.exp(-a)))
    near(x.tanh().open(), np.tanh(a))
    np.testing.assert_allclose(x.exp().open(), np.exp(a), rtol=1e-6, atol=2.0**-14)
    near(x.log().open(), np.log(a))
    near(x.sqrt().open(), np.sqrt(a))
    near(x.rsqrt().open(), 1 / np.sqrt(a))
    near(x.reciprocal().open(), 1 / a)
    near((x - 2).relu().open(), np.maximum(a - 2, 0))
    near(x.clip(0.5, 2).open(), np.clip(a, 0.5, 2))
    near(x.maximum(2).open(), np.maximum(a, 2))
    near(x.minimum(x[0]).open(), np.minimum(a, a[0]))
    near(x.polynomial([1, 0, -2, 0.5]).open(), 1 - 2 * a**2 + 0.5 * a**3, 40)
    near(three.share([1, 2]).exp().open(), np.exp([1, 2]), 8)


def test_who_learns_what(three: mpc.Session) -> None:
    x = three.share([1.5, 2.5])
    alone = x.open(to=1)
    assert alone[0] is None
    assert alone[2] is None
    near(alone[1], [1.5, 2.5])
    both = x.open(to=[2, 0])
    assert both[1] is None
    near(both[2], [1.5, 2.5])


def test_shares_add_up_and_one_alone_says_nothing(three: mpc.Session) -> None:
    shares = three.share([1234567]).shares()
    assert sum(int(share[0]) for share in shares) % 2**64 == 1234567
    # Each is uniform: below 2^32 with a probability of 2^-32.
    assert all(share[0] > 2**32 for share in shares)


def test_an_explanation_is_what_it_then_costs(three: mpc.Session) -> None:
    x, y = three.share([2.0, 3.0]), three.share([5.0, 7.0])
    three.run()
    before = three.cost
    kept = [x * y, (x * y).sqrt(), x.sigmoid(), x < y]
    explained = three.explain()
    assert [name for name, _ in explained.steps] == ["multiply", "multiply", "square root", "sigmoid", "less"]
    assert "together" in str(explained)
    three.run()
    after = three.cost
    assert explained.total == mpc.Cost(after.rounds - before.rounds, after.bytes - before.bytes, after.corrections - before.corrections)
    near(kept[1].open(), np.sqrt([10, 21]))


def test_public_factors_are_as_exact_as_the_format(session: mpc.Session) -> None:
    # With a third rounded to the format's 16 bits, the first two would be off by 2^-2 and more.
    real = session.share([16_000.5, -12_345.25] * 3)
    whole = session.share([30_001, 3])
    near((real.sum() / 7).open(), 3 * (16_000.5 - 12_345.25) / 7, 1.01)
    near((whole / 3).open(), [30_001 / 3, 1], 1.01)
    near(whole.mean().open(), 15_002, 0)
    near((real * np.array([0.1, 0.2, 0.3, 1e-3, 5, 1e-9])).open()[:2], [1600.05, -2469.05], 1.01)
    # Beyond what one number may be: sums are not held to it.
    large = session.share(np.full(500, 16_000.0)).sum()
    near((large / 500).open(), 16_000, 1.01 + 500 * 16_000 * 2.0**-17)


def test_messages_can_be_watched() -> None:
    seen: list[mpc.Message] = []
    with mpc.Session.local(parties=3, watch=seen.append) as session:
        product = session.share([6]) * session.share([7])
        assert product.open()[0] == 42
        cost = session.cost
    assert len(seen) == cost.rounds * 6
    sent = sum(len(message.content) - 8 for message in seen if (message.sender, message.receiver) == (0, 1))
    assert sent == cost.bytes


def test_without_a_dealer_the_same_comes_out_at_the_same_cost() -> None:
    found = []
    for dealer in (True, False):
        with mpc.Session.local(parties=2, dealer=dealer) as session:
            x = session.share([0.5, -3.0])
            found.append(((x * x + x).sigmoid().open().tolist(), session.cost))
            assert (session.making_cost.bytes > 0) != dealer
    assert found[0] == found[1]


def test_exact_results_do_not_depend_on_how_many_there_are() -> None:
    def computed(parties: int) -> list[float]:
        with mpc.Session.local(parties=parties) as session:
            x = session.share([0.3, -7.77, 1234.5])
            found: list[float] = (x / session.share([11.1, 3.25, 0.1])).sigmoid().open().tolist()
            return found

    assert computed(2) == computed(3) == computed(5)


def test_what_is_refused(three: mpc.Session) -> None:
    x = three.share([1.0, 2.0])
    with pytest.raises(NumberError, match="values: holds NaN"):
        three.share([np.nan])
    with pytest.raises(NumberError, match=r"values: a magnitude is 2\^14 or more"):
        three.share([1e9])
    with pytest.raises(NumberError, match="64 bits"):
        three.share([2**63])
    with pytest.raises(ArgumentTypeError, match="expected numbers"):
        three.share(["a"])
    with pytest.raises(ArgumentError, match="whole"):
        three.share([1.5], dtype=int)
    with pytest.raises(ArgumentError, match="no party 3"):
        three.share([1], owner=3)
    with pytest.raises(ArgumentError, match="do not fit"):
        x + three.share([1.0, 2.0, 3.0])
    with pytest.raises(ArgumentError, match="no matrix product"):
        x @ three.share([1.0, 2.0, 3.0])
    with pytest.raises(ArgumentError):
        x & x
    with pytest.raises(ZeroDivisionError):
        x / 0
    with pytest.raises(ArgumentTypeError, match="exponent"):
        x**0.5
    with pytest.raises(ArgumentTypeError, match="where"):
        three.share([1, 2])[x]
    with pytest.raises(TypeError, match="nobody knows"):
        bool(x == x)
    with pytest.raises(TypeError):
        float(x[0])
    with pytest.raises(ArgumentError, match="different sessions"), mpc.Session.local() as other:
        x + other.share([1.0, 2.0])
    with pytest.raises(ArgumentError, match="axis"):
        x.sum(3)
    with pytest.raises(ArgumentError, match="hide anything"):
        mpc.Session.local(parties=1)
    with pytest.raises(ArgumentError, match="rounding"):
        mpc.Session.local(rounding="up")
    with pytest.raises(CloakworkError):
        mpc.Session.local(bits=70)
    near((x + 1).open(), [2, 3])


def test_tensors_that_nobody_refers_to_are_forgotten(three: mpc.Session) -> None:
    x = three.share([1.0])
    number = (x * x)._value
    gc.collect()
    with pytest.raises(CloakworkError):
        three._parties[0].form(number)
    three.close()
    del x
    gc.collect()
