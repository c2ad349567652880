"""Private set intersection: against plain sets, what is refused, and by whose fault."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloakwork.errors import ArgumentError, ArgumentTypeError, CryptoError, EncodingError, ProtocolError, Status
from cloakwork.psi import Party

RUN = bytes(range(32))


def begun(
    sets: Sequence[Sequence[str | bytes]], *, size_only: bool = False, padded_size: int | None = None, run: bytes = RUN
) -> list[Party]:
    return [
        Party(run, parties=len(sets), index=index, items=items, size_only=size_only, padded_size=padded_size)
        for index, items in enumerate(sets)
    ]


def exchange(parties: Sequence[Party]) -> None:
    for party in parties:
        assert party.work(threads=2) == 0
    sent = [party.messages() for party in parties]
    for index, party in enumerate(parties):
        party.receive([row[index] for row in sent])


def finish(parties: Sequence[Party]) -> Sequence[Party]:
    while not parties[0].finished:
        exchange(parties)
    assert all(party.finished for party in parties)
    return parties


@pytest.mark.parametrize("padded_size", [None, 40])
def test_what_all_sets_hold(padded_size: int | None) -> None:
    sets = [["Köln", "Bonn", "Mainz", "Köln"], ["Mainz", "Trier", "Köln"], ["Köln", "Ulm", "Mainz", "Bonn"]]
    parties = finish(begun(sets, padded_size=padded_size))
    assert [party.common for party in parties] == [["Köln", "Mainz"], ["Mainz", "Köln"], ["Köln", "Mainz"]]
    assert {party.size for party in parties} == {2}
    assert {party.rounds for party in parties} == {4}
    for party in finish(begun(sets, size_only=True, padded_size=padded_size)):
        assert party.size == 2
        with pytest.raises(ProtocolError) as refused:
            _ = party.common
        assert refused.value.code == Status.OUT_OF_ORDER


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.binary(max_size=2), max_size=8), min_size=2, max_size=4))
def test_any_sets(sets: list[list[bytes]]) -> None:
    expected = set.intersection(*(set(items) for items in sets))
    for party, items in zip(finish(begun(sets, run=secrets.token_bytes(32))), sets, strict=True):
        assert party.common == [item for item in dict.fromkeys(items) if item in expected]
    assert {party.size for party in finish(begun(sets, size_only=True))} == {len(expected)}


def test_texts_are_their_bytes() -> None:
    parties = finish(begun([["ä", "b", ""], [b"b", "ä".encode(), b"\0", b""]]))
    assert parties[0].common == ["ä", "b", ""]
    assert parties[1].common == [b"b", "ä".encode(), b""]


def test_work_in_pieces() -> None:
    party = Party(RUN, parties=2, index=0, items=[str(number) for number in range(10)])
    assert party.pending == 10
    with pytest.raises(ProtocolError):
        party.messages()
    assert party.work(4) == 6
    assert party.work(1, threads=3) == 5
    assert party.work() == 0
    assert [len(message) for message in party.messages()] == [0, 16 + 4 + 320]


def test_arguments_are_checked() -> None:
    items = ["a", "b", "c"]
    for arguments, name in [
        ({"parties": 1, "index": 0}, "parties"),
        ({"parties": 65, "index": 0}, "parties"),
        ({"parties": 2, "index": 2}, "index"),
        ({"parties": 2, "index": -1}, "index"),
        ({"parties": 2, "index": 0, "padded_size": 2}, "items"),
        ({"parties": 2, "index": 0, "padded_size": 0}, "padded_size"),
        ({"parties": 2, "index": 0, "padded_size": 2**20 + 1}, "padded_size"),
    ]:
        with pytest.raises(ArgumentError) as refused:
            Party(RUN, items=items, **arguments)
        assert refused.value.argument == name
    with pytest.raises(ArgumentError):
        Party(RUN[1:], parties=2, index=0, items=items)
    with pytest.raises(ArgumentTypeError):
        Party(RUN, parties=2, index=0, items=["a", 7])  # type: ignore[list-item]
    party = Party(RUN, parties=2, index=0, items=items)
    with pytest.raises(ArgumentError):
        party.work(threads=0)
    with pytest.raises(ArgumentError):
        party.receive([b""])


def test_a_refused_message_names_its_party_and_changes_nothing() -> None:
    parties = begun([["a", "b"], ["b", "c"], ["b"]])
    other = begun([["a", "b"], ["b", "c"], ["b"]], run=bytes(32))
    for party in [*parties, *other]:
        party.work()
    sent, others = ([party.messages() for party in run] for run in (parties, other))
    second = parties[1]
    with pytest.raises(ProtocolError) as refused:
        second.receive([others[0][1], None, sent[2][1]])
    assert (refused.value.code, refused.value.party) == (Status.WRONG_RUN, 0)
    repeated = bytearray(sent[0][1])
    repeated[52:84] = repeated[20:52]
    with pytest.raises(CryptoError) as refused_element:
        second.receive([bytes(repeated), None, sent[2][1]])
    assert (refused_element.value.code, refused_element.value.party) == (Status.REPEATED_ELEMENT, 0)
    with pytest.raises(EncodingError) as cut:
        second.receive([sent[0][1][:-1], None, sent[2][1]])
    assert (cut.value.code, cut.value.party, cut.value.bound) == (Status.MALFORMED, 0, 68)
    with pytest.raises(ProtocolError) as missing:
        second.receive([sent[0][1], None, None])
    assert (missing.value.code, missing.value.party) == (Status.OUT_OF_ORDER, 2)
    for index, party in enumerate(parties):
        party.receive([row[index] for row in sent])
    assert all(party.common == ["b"] for party in finish(parties))


def test_what_is_no_element_names_its_party() -> None:
    parties = begun([["a", "b"], ["b", "c"]])
    for party in parties:
        party.work()
    bad = bytearray(parties[0].messages()[1])
    bad[20:52] = bytes(32)
    parties[1].receive([bytes(bad), None])
    with pytest.raises(CryptoError) as refused:
        parties[1].work()
    assert (refused.value.code, refused.value.party) == (Status.LOW_ORDER_KEY, 0)
    parties[1].close()
    with pytest.raises(ArgumentError):
        parties[1].work()
