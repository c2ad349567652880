"""What travels besides protocol messages: errors, invitations, JSON, the route table and its OpenAPI document."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from flows_world import config
from hypothesis import given, settings
from hypothesis import strategies as st

from cloakwork.errors import CloakworkError, EncodingError, Status, error_class
from cloakwork.secagg import Config, Identity, Run, Segment
from cloakwork.wire import authentication, problem, result
from cloakwork.wire.invitation import Invitation, base_url
from cloakwork.wire.openapi import document
from cloakwork.wire.parse import Fields, member_id
from cloakwork.wire.problem import FlowError, FlowStatus
from cloakwork.wire.routes import ROUTES, Role, target

RUN = bytes(range(16))


@settings(derandomize=True, max_examples=100)
@given(
    st.sampled_from([*Status, *FlowStatus]),
    st.text(max_size=50),
    st.none() | st.integers(0, 2**64 - 1),
    st.none() | st.integers(0, 2**53),
    st.none() | st.text(min_size=1, max_size=20),
)
def test_errors_come_back_as_they_were(code: int, text: str, party: int | None, bound: int | None, argument: str | None) -> None:
    made: CloakworkError
    if code in list(FlowStatus):
        made = FlowError(code, text, party=party, bound=bound, argument=argument, next_number=7, last_counter=2**64 - 1)
    else:
        made = error_class(code)(code, text, party=party, bound=bound, argument=argument)
    found = problem.decode(problem.encode(made), problem.http_status(made))
    assert type(found) is type(made)
    assert (found.code, found.name, found.message) == (made.code, made.name, made.message)
    assert (found.party, found.bound, found.argument) == (party, bound, argument)
    if isinstance(found, FlowError):
        assert (found.next_number, found.last_counter) == (7, 2**64 - 1)
    assert 400 <= problem.http_status(made) <= 599


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"code":"x","detail":1}', b"\xff", b'{"code":513}', b"[" * 100_000])
def test_an_unreadable_error_states_the_http_status(body: bytes) -> None:
    found = problem.decode(body, 418)
    assert isinstance(found, FlowError)
    assert "418" in found.message


def test_every_failure_of_the_flows_has_a_status_and_a_name() -> None:
    for code in FlowStatus:
        error = FlowError(code, "text")
        assert 800 < error.code < 900
        assert error.name in str(error)
    assert problem.outcome_text(0) == "the sum was opened"
    assert problem.outcome_text(None) is None
    assert "fewer parties" in str(problem.outcome_text(Status.TOO_FEW_INPUTS))


def test_an_invitation_is_one_line_and_comes_back() -> None:
    made = Invitation("https://aggregate.example:8443", Identity.generate().public_key, RUN, bytes(32))
    text = str(made)
    assert re.fullmatch(r"\S+", text)
    assert Invitation.parse(f"  {text}\n") == made
    assert Invitation.parse(str(replace(made, url="http://localhost:1"))).url == "http://localhost:1"


def test_wrong_invitations_are_refused() -> None:
    text = str(Invitation("https://aggregate.example:8443", Identity.generate().public_key, RUN, bytes(32)))
    wrong = [
        "",
        "https://aggregate.example",
        text.replace("cloakwork+", ""),
        text.replace("hash=", "hush="),
        text + "&more=1",
        text.split("?")[0],
        text[:-1],
        text.replace(RUN.hex(), RUN.hex()[:-1]),
        text.replace("https", "http"),
        text.replace("https", "ftp"),
        text.replace("aggregate.example:8443", ""),
        text.replace("aggregate.example:8443", "user:password@aggregate.example"),
    ]
    for invitation in wrong:
        with pytest.raises(FlowError) as caught:
            Invitation.parse(invitation)
        assert caught.value.code == FlowStatus.CONFIGURATION
    # A fingerprint with a wrong character.
    place = text.index("server=cw1-") + len("server=cw1-")
    flipped = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
    with pytest.raises(EncodingError):
        Invitation.parse(flipped)


@pytest.mark.parametrize(
    "url", ["https://a.example", "https://a.example:8443/", "http://127.0.0.1:80", "http://[::1]:80", "https://[2001:db8::1]"]
)
def test_urls_of_servers(url: str) -> None:
    assert base_url(url) == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://a.example", "a.example", "https://", "https://a?b", "https://a#b", "https://a/b", "ftp://localhost"]
)
def test_urls_of_no_server(url: str) -> None:
    with pytest.raises(FlowError):
        base_url(url)


def test_json_is_read_strictly() -> None:
    fields = Fields(b'{"i": 1, "t": "x", "b": true, "n": null, "bytes": "AAE=", "bad": "*"}')
    assert (fields.take("i", int), fields.take("t", str), fields.take("b", bool)) == (1, "x", True)
    assert fields.bytes("bytes") == b"\x00\x01"
    assert fields.take("absent", int, 3) == 3
    assert not fields.has("n")
    for name, kind in (("b", int), ("t", int), ("i", str), ("n", str), ("absent", str)):
        with pytest.raises(FlowError) as caught:
            fields.take(name, kind)
        assert caught.value.argument == name
    with pytest.raises(FlowError):
        fields.bytes("bad")
    for body in (b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(FlowError):
            Fields(body)


@pytest.mark.parametrize("text", ["", "-1", "1.0", "18446744073709551616", "0x1", " 1", "\u0661", 1, None])
def test_ids_that_are_none(text: object) -> None:
    with pytest.raises(FlowError):
        member_id(text, "id")


def test_results_come_back_in_every_width() -> None:
    segments = tuple(Segment(f"s{bits}", bits, 5, "fixed", fraction) for bits, fraction in ((20, 4), (40, 0), (64, 8), (100, 40)))
    run = Run.new(Config(segments=segments), {number: Identity.generate().public_key for number in (1, 2, 3)})
    residues = {}
    numbers = np.array([0, 1, -1, 100, -100])
    for segment in segments:
        whole = [int(x) * 2**segment.fraction % 2**segment.bits for x in numbers]
        if segment.bits > 64:
            residues[segment.label] = np.array([[x % 2**64, x >> 64] for x in whole], dtype=np.uint64)
        else:
            residues[segment.label] = np.array(whole, dtype=np.uint32 if segment.bits <= 32 else np.uint64)
    body = result.encode(run, residues)
    assert len(body) == result.size(run)
    for label, found in result.decode_sums(run, body).items():
        np.testing.assert_array_equal(found, numbers, err_msg=label)
    with pytest.raises(EncodingError):
        result.decode_sums(run, body[:-1])


def test_the_document_describes_every_route() -> None:
    found = document("https://aggregate.example")
    assert json.loads(json.dumps(found)) == found
    operations = {operation["operationId"]: operation for path in found["paths"].values() for operation in path.values()}
    assert set(operations) == set(ROUTES)
    for name, operation in operations.items():
        route = ROUTES[name]
        parameters = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
        assert parameters == set(route.parameters)
        assert ("requestBody" in operation) == (route.request is not None)
        assert ("security" in operation) == (Role.ANYONE not in route.roles)
        assert operation["summary"].endswith(".")
    assert found["openapi"].startswith("3.1")


def test_targets_are_those_of_the_table() -> None:
    path, query = target("round_start", {"participants": "1,2,3"}, run="00", round=7)
    assert (path, query) == ("/v1/runs/00/rounds/7", "participants=1,2,3")
    assert config().segments[0].label == "values"


def test_counters_of_the_vectors() -> None:
    path = Path(__file__).resolve().parents[4] / "tests" / "vectors" / "channel.json"
    counters = json.loads(path.read_text(encoding="ascii"))["counters"]
    headers = {authentication.PARTY: "0" * 64, authentication.MAC: "0" * 64}
    for entry in counters["valid"]:
        assert authentication.credentials({**headers, authentication.COUNTER: entry["text"]}).counter == int(entry["counter"])
    for text in counters["invalid"]:
        with pytest.raises(FlowError) as caught:
            authentication.credentials({**headers, authentication.COUNTER: text})
        assert caught.value.code == FlowStatus.NOT_AUTHENTICATED, text
