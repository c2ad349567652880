"""Base transfers that are kept: sessions from them are right, apart from each other, and begin without them."""

from __future__ import annotations

import secrets

import numpy as np
import pytest

from cloakwork import mpc
from cloakwork.errors import ArgumentError, CryptoError, EncodingError, ProtocolError, Status
from cloakwork.mpc._party import Party

FORMAT = mpc.Format()


def pair() -> tuple[mpc.BaseTransfers, mpc.BaseTransfers]:
    name = secrets.token_bytes(32)
    one, other = mpc.BaseTransfers(name, 0), mpc.BaseTransfers(name, 1)
    for _ in range(2):
        messages = one.message, other.message
        one.receive(messages[1])
        other.receive(messages[0])
    assert (one.message, other.message) == (b"", b"")
    return one, other


def mesh(parties: int) -> list[list[mpc.BaseTransfers | None]]:
    kept: list[list[mpc.BaseTransfers | None]] = [[None] * parties for _ in range(parties)]
    for low in range(parties):
        for high in range(low + 1, parties):
            kept[low][high], kept[high][low] = pair()
    return kept


def begin(kept: list[list[mpc.BaseTransfers | None]], session: bytes) -> mpc.Session:
    parties = len(kept)
    return mpc.Session([Party(index, parties, FORMAT, mpc.Kept(session, own)) for index, own in enumerate(kept)], FORMAT)


@pytest.mark.parametrize("parties", [2, 3])
def test_sessions_at_a_time(parties: int) -> None:
    kept = mesh(parties)
    sessions = [begin(kept, secrets.token_bytes(32)) for _ in range(2)]
    numbers = np.array([3.5, -2.0, 7.25])
    shared = [session.share(numbers) for session in sessions]
    for session, values in zip(sessions, shared, strict=True):
        np.testing.assert_allclose((values * values).open(), numbers**2, atol=2.0**-14)
        assert (values > 0).sum().open() == 2
        session.close()
    assert all(base.sessions == 2 for row in kept for base in row if base is not None)


def test_a_session_begins_once() -> None:
    kept, session = mesh(2), secrets.token_bytes(32)
    begin(kept, session).close()
    with pytest.raises(ProtocolError) as refused:
        begin(kept, session)
    assert (refused.value.code, refused.value.party) == (Status.DUPLICATE, 1)
    with pytest.raises(ArgumentError) as missing:
        begin([[None, None], [kept[1][0], None]], secrets.token_bytes(32))
    assert (missing.value.code, missing.value.party) == (Status.INVALID_ARGUMENT, 1)
    with pytest.raises(ArgumentError):
        Party(0, 2, FORMAT, mpc.Kept(session, [None]))
    unready = mpc.BaseTransfers(session, 0)
    with pytest.raises(ProtocolError):
        Party(0, 2, FORMAT, mpc.Kept(secrets.token_bytes(32), [None, unready]))


def test_both_sides_have_one_id() -> None:
    one, other = pair()
    assert one.id == other.id
    assert one.id != pair()[0].id
    assert mpc.BaseTransfers(bytes(32), 0).id is None


def test_what_is_refused() -> None:
    one, other = mpc.BaseTransfers(bytes(32), 0), mpc.BaseTransfers(bytes(32), 1)
    with pytest.raises(EncodingError):
        one.receive(b"")
    with pytest.raises(CryptoError) as reflected:
        one.receive(one.message)
    assert reflected.value.code == Status.REPEATED_KEY
    one.receive(other.message)
    with pytest.raises(EncodingError):
        one.receive(other.message)
    with pytest.raises(ArgumentError):
        mpc.BaseTransfers(bytes(32), 2)
    with pytest.raises(ArgumentError):
        mpc.BaseTransfers(bytes(31), 1)
