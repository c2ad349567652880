"""What comes over links, whatever it is: it means what its sender meant, or is refused as garbage."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.peers import ending
from cloakwork.fsc.peers.address import Address
from cloakwork.fsc.peers.description import Description, Offer, UnfitError, run_id
from cloakwork.fsc.peers.directory import Peer
from cloakwork.fsc.peers.frame import HEAD_SIZE, LARGEST_PAYLOAD, PIECE_HEAD, Frame, Kind, read_head
from cloakwork.fsc.peers.garbage import GarbageError, OtherRunError
from cloakwork.fsc.peers.inbox import Inbox

RUN = bytes(range(32))
PARTIES = [Peer(name, name * 2, Address("127.0.0.1", 1)) for name in ("alice", "bob", "carol")]
often = settings(max_examples=100, deadline=None, derandomize=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@often
@given(st.sampled_from(Kind), st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.integers(0, LARGEST_PAYLOAD + PIECE_HEAD.size))
def test_heads_are_read_as_they_were_written(kind: Kind, stream: int, sequence: int, size: int) -> None:
    frame = Frame(kind, stream, sequence, size)
    assert read_head(frame.head()) == frame


@often
@given(st.binary(min_size=HEAD_SIZE, max_size=HEAD_SIZE))
def test_heads_that_are_none(head: bytes) -> None:
    length, kind = struct.unpack_from("<IB", head)
    fits = HEAD_SIZE - 4 <= length <= HEAD_SIZE - 4 + LARGEST_PAYLOAD + PIECE_HEAD.size and kind in {1, 2, 3, 4}
    if fits:
        assert read_head(head).head() == head
    else:
        with pytest.raises(GarbageError):
            read_head(head)


def described(**changes: object) -> Description:
    about = {"microprotocol": "SecureSum", "version": 1, "parameters": {}, "parties": ["a", "b"], "session": "s", "shape": b"", **changes}
    return Description.of(*about.values())  # type: ignore[arg-type]


@often
@given(st.dictionaries(st.text(), values, max_size=3), st.text(max_size=20), st.binary(max_size=20))
def test_offers_are_read_as_they_were_written(parameters: dict[str, object], session: str, shape: bytes) -> None:
    offer = Offer(described(parameters=parameters, session=session, shape=shape), b"n" * 32, b"p" * 32)
    found = Offer.decode(offer.encode())
    assert found == offer
    assert found.description.difference(offer.description) is None


@often
@given(st.binary(max_size=200), st.integers(0, 300), st.binary(max_size=4))
def test_offers_that_are_none(noise: bytes, place: int, put: bytes) -> None:
    with pytest.raises(GarbageError):
        Offer.decode(noise)
    content = Offer(described(), b"n" * 32, b"p" * 32).encode()
    altered = content[:place] + put + content[place + len(put) :]
    try:
        found = Offer.decode(altered)
    except GarbageError:
        return
    # What is still an offer says just what its bytes say.
    assert found.encode() == altered


@pytest.mark.parametrize(
    "change",
    [
        {"parties": ["a", "a"]},
        {"parties": "ab"},
        {"parties": [1, 2]},
        {"session": 5},
        {"session": "s" * 1025},
        {"shape": None},
        {"microprotocol": []},
        {"version": "1"},
        {"protocol": True},
        {"parameters": []},
        {"more": 1},
    ],
)
def test_descriptions_that_make_no_sense(change: dict[str, object]) -> None:
    entries = {**described().entries, **change}
    content = json.dumps(entries, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(GarbageError):
        Offer.decode(bytes(64) + content)


def test_descriptions_in_another_spelling() -> None:
    content = described().content
    for other in (
        content.replace(b":", b": "),
        content + b" ",
        content.replace(b'"s"', b'"\\u0073"'),
        content.replace(b"1", b"1.0"),
        b"[" * 10**5,
    ):
        with pytest.raises(GarbageError):
            Offer.decode(bytes(64) + other)


def test_differences_are_named() -> None:
    own = described()
    for change, words in [
        ({"microprotocol": "SecureMean"}, 'the microprotocol: "SecureMean" there, "SecureSum" here'),
        ({"version": 2}, "the version of the microprotocol: 2 there, 1 here"),
        ({"parameters": {"x": 1}}, 'the parameters: {"x": 1} there, {} here'),
        ({"parties": ["b", "a"]}, "the node list"),
        ({"session": "t"}, 'the session: "t" there'),
        ({"shape": b"5 elements"}, "the shape of the input: 5 elements there"),
        ({"shape": b"\xff" * 9}, "9 bytes with SHA-256"),
    ]:
        assert words in str(own.difference(described(**change)))
    with pytest.raises(UnfitError, match="no JSON"):
        described(parameters={"x": float("nan")})


def test_runs_have_names_of_their_own() -> None:
    nonces = [b"a" * 32, b"b" * 32]
    names = [
        run_id(described(), nonces),
        run_id(described(), nonces[::-1]),
        run_id(described(), [nonces[0], b"c" * 32]),
        run_id(described(session="t"), nonces),
    ]
    assert len(set(names)) == len(names)
    assert all(len(name) == 32 for name in names)


@often
@given(st.binary(max_size=300) | values.map(lambda value: json.dumps(value).encode()), st.integers(0, 2))
def test_ends_of_runs_always_have_a_reason(payload: bytes, sender: int) -> None:
    found = ending.decode(payload, sender, PARTIES)
    assert isinstance(found, Failure)
    assert PARTIES[sender].name in found.message


@often
@given(st.text(max_size=600), st.sampled_from([None, 0, 1, 2]), st.sampled_from(["timeout", "invalid-input", "internal-error"]))
def test_what_the_others_are_told(message: str, party: int | None, reason: str) -> None:
    told = ending.decode(ending.encode(Failure(504, reason, message, party), PARTIES), 1, PARTIES)
    if reason == "timeout":
        assert (told.code, told.reason, told.party) == (504, "timeout", party)
        assert told.message.isprintable()
    else:
        # What may speak of data stays where it is.
        assert (told.code, told.reason) == (502, "aborted")
        assert told.message == f"bob (party 1) ended the computation: its part failed there ({reason})"


@often
@given(st.lists(st.binary(max_size=30), max_size=2), st.integers(1, 8))
def test_messages_come_out_as_they_went_in(messages: list[bytes], size: int) -> None:
    inbox, sequence = Inbox(1000), 0
    for message in messages:
        starts = list(range(0, len(message), size)) or [0]
        for start in starts:
            content = message[start : start + size]
            complete = inbox.piece(sequence, PIECE_HEAD.pack(RUN, len(message) - start - len(content)) + content)
            assert complete == (start == starts[-1])
            sequence += 1
    assert inbox.bind(RUN)
    assert [inbox.take() for _ in messages] == messages
    assert not inbox


def test_pieces_of_another_run() -> None:
    inbox = Inbox(1000)
    inbox.piece(0, PIECE_HEAD.pack(RUN, 0) + b"x")
    with pytest.raises(OtherRunError):
        inbox.piece(1, PIECE_HEAD.pack(bytes(32), 0) + b"x")
    assert not inbox.bind(bytes(32))
