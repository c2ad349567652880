"""Identities, channels, runs and handles: what they hold, what they hide, when they end, and threads."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from cloakwork import __version__
from cloakwork._native import ffi, lib
from cloakwork.errors import (
    ArgumentError,
    ArgumentTypeError,
    CloakworkError,
    CryptoError,
    EncodingError,
    ParameterError,
    ProtocolError,
    Status,
)
from cloakwork.secagg import (
    Channel,
    Client,
    Config,
    Identity,
    Kind,
    Run,
    Segment,
    Server,
    fingerprint,
    message_kind,
    plan,
    public_key,
    sha256,
)
from secagg_rounds import Network

SEGMENTS = (Segment("values", 24, 10, "fixed", 8), Segment("wide", 90, 2, "residues"))


def keys(count: int) -> dict[int, bytes]:
    return {member: Identity.generate().public_key for member in range(count)}


def test_the_library_and_the_package_are_of_one_version() -> None:
    assert ffi.string(lib.cloak_version()).decode() == __version__
    assert f"{lib.CLOAK_VERSION_MAJOR}.{lib.CLOAK_VERSION_MINOR}.{lib.CLOAK_VERSION_PATCH}" == __version__


def test_sha256_takes_anything_bytes_like() -> None:
    # FIPS 180-4, one block.
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    for data in (b"abc", bytearray(b"abc"), memoryview(b"xabc")[1:], np.frombuffer(b"abc", dtype=np.uint8)):
        assert sha256(data).hex() == digest


def test_identities_come_back_and_are_distinct() -> None:
    first, second = Identity.generate(), Identity.generate()
    assert first.public_key != second.public_key
    assert Identity(first.export()).public_key == first.public_key
    assert Identity.from_bytes(bytearray(first.export())).public_key == first.public_key
    assert public_key(first.fingerprint) == first.public_key
    assert public_key("cw1-" + first.fingerprint[4:].lower()) == first.public_key


def test_no_secret_is_shown_or_pickled() -> None:
    identity = Identity.generate()
    channel = Channel(identity, "client", Identity.generate().public_key)
    network = Network(Config(segments=SEGMENTS), 3)
    secret = identity.export()
    objects = [identity, channel, network.run, network.server, network.clients[1]]
    for thing in objects:
        text = repr(thing)
        assert secret.hex() not in text
        assert not any(repr(secret[start : start + 4])[2:-1] in text for start in range(29))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError):
                pickle.dumps(thing, protocol)
        with pytest.raises(TypeError):
            copy.copy(thing)
    assert fingerprint(identity.public_key) in repr(identity)


def test_a_closed_object_refuses() -> None:
    network = Network(Config(segments=SEGMENTS), 3)
    network.set_up()
    identity = Identity.generate()
    uses = {
        identity: lambda: identity.public_key,
        network.run: lambda: network.run.description,
        network.clients[1]: lambda: network.clients[1].save(),
        network.server: lambda: network.server.phase,
    }
    for thing, use in uses.items():
        use()
        with thing as same:
            assert same is thing
        thing.close()
        assert repr(thing) == f"{type(thing).__name__}(closed)"
        with pytest.raises(ArgumentError, match="closed") as failure:
            use()
        assert failure.value.code == Status.WRONG_HANDLE


def test_objects_outlive_what_they_were_made_from() -> None:
    network = Network(Config(segments=SEGMENTS), 3)
    run, identity = network.run, network.identities[1]
    client, server = Client(run, identity), Server(run)
    network.identities[1] = Identity.generate()
    run.close()
    identity.close()
    del run, identity
    gc.collect()
    server.invite()
    message = server.message(1)
    assert message is not None
    assert message_kind(message) == Kind.INVITE
    assert message_kind(client.advertise(message)) == Kind.ADVERTISE


def test_runs_hold_what_they_were_given() -> None:
    members, beacon = keys(6), bytes(range(32))
    config = Config(segments=SEGMENTS, suite=1, degree=4, threshold=3, min_inputs=4, settings=b"the task")
    run = Run.new(config, members, beacon, run_id=b"\1" * 16)
    assert run.config == config
    assert (run.beacon, run.run_id, run.settings_hash) == (beacon, b"\1" * 16, sha256(b"the task"))
    assert run.members == members
    assert run.degree == 4
    assert all(len(run.neighbours(member)) == 4 and member not in run.neighbours(member) for member in members)
    # 10 values and 3 zeros of 24 bits, then 2 values and 1 zero of 90 bits.
    assert run.payload_size == 39 + 34
    again = Run.decode(run.description, run.roster)
    assert again == run
    assert hash(again) == hash(run)
    assert again.config == replace(config, settings=None)
    assert Run.decode(run.description, run.roster, b"the task").config == config
    with pytest.raises(ProtocolError) as failure:
        Run.decode(run.description, run.roster, b"another task")
    assert (failure.value.code, failure.value.argument) == (Status.WRONG_CONTEXT, "settings")


def test_drawn_identifiers_differ() -> None:
    members, config = keys(3), Config(segments=SEGMENTS)
    first, second = Run.new(config, members), Run.new(config, members)
    assert first.run_id != second.run_id
    assert first.beacon != second.beacon
    assert first != second


@pytest.mark.parametrize(
    ("members", "config", "expected"),
    [
        # n = 3 with 2t > k + c tolerates nobody's absence, n = 5 one's.
        (3, Config(segments=SEGMENTS), 0),
        (5, Config(segments=SEGMENTS), 1),
        (5, Config(segments=SEGMENTS, colluders=0, min_inputs=2), 1),
        (5, Config(segments=SEGMENTS, min_inputs=5), 0),
        (5, Config(segments=SEGMENTS, recovery=False), 0),
        (20, Config(segments=SEGMENTS, min_inputs=2), 8),
        (20, Config(segments=SEGMENTS, degree=8, min_inputs=2), 3),
    ],
)
def test_tolerated_dropouts(members: int, config: Config, expected: int) -> None:
    assert Run.new(config, keys(members)).tolerated_dropouts() == expected


def test_plans() -> None:
    found = plan(1000, corrupt=0.05, dropout=0.1, rounds=20)
    assert found.degree % 2 == 0
    assert 2 * found.threshold > found.degree
    # More neighbours are needed against a server that lies about who is there, and for more rounds.
    assert plan(1000, corrupt=0.05, dropout=0.1, rounds=20, adversary="semi_honest").degree < found.degree
    assert plan(1000, corrupt=0.05, dropout=0.1, rounds=100_000).degree >= found.degree
    Run.new(Config(segments=SEGMENTS, degree=found.degree, threshold=found.threshold, colluders=0), keys(1000))
    with pytest.raises(ParameterError) as failure:
        plan(10, corrupt=0.4, dropout=0.3)
    assert failure.value.code == Status.NO_PARAMETERS


PARAMETERS = [
    ({"segments": ()}, "segments", Status.INVALID_RUN),
    ({"segments": tuple(Segment(f"s{i}", 8, 1) for i in range(9))}, "segments", Status.INVALID_RUN),
    ({"segments": (SEGMENTS[0], SEGMENTS[0])}, "segment 'values'", Status.INVALID_RUN),
    ({"segments": (Segment("", 8, 1),)}, "segment ''", Status.INVALID_RUN),
    ({"segments": (Segment("x" * 33, 8, 1),)}, f"segment '{'x' * 33}'", Status.INVALID_RUN),
    ({"segments": (Segment("x\0y", 8, 1),)}, "segment 'x\\x00y'", Status.INVALID_RUN),
    ({"segments": (Segment("ä", 8, 1),)}, "segment 'ä'", Status.INVALID_RUN),
    ({"segments": (Segment("x", 0, 1),)}, "segment 'x'", Status.INVALID_WIDTH),
    ({"segments": (Segment("x", 129, 1),)}, "segment 'x'", Status.INVALID_WIDTH),
    ({"segments": (Segment("x", 300, 1),)}, "bits of segment 'x'", Status.INVALID_ARGUMENT),
    ({"segments": (Segment("x", 8, 0),)}, "segment 'x'", Status.INVALID_RUN),
    ({"segments": (Segment("x", 8, 2**31 + 1),)}, "segment 'x'", Status.INVALID_RUN),
    ({"segments": (Segment("x", 8, -1),)}, "length of segment 'x'", Status.INVALID_ARGUMENT),
    ({"segments": (Segment("x", 8, 1.5),)}, "length of segment 'x'", Status.INVALID_ARGUMENT),
    ({"segments": (Segment("x", 8, 1, "float"),)}, "segment 'x'", Status.INVALID_RUN),
    ({"segments": (Segment("x", 8, 1, "residues", 1),)}, "segment 'x'", Status.INVALID_RUN),
    ({"segments": (Segment("x", 8, 1, "fixed", 121),)}, "segment 'x'", Status.INVALID_RUN),
    ({"segments": (Segment("x", 8, 1, "fixed", -65),)}, "segment 'x'", Status.INVALID_RUN),
    ({"segments": (Segment("x", 8, 1, "fixed", 1000),)}, "segment 'x'", Status.INVALID_RUN),
    ({"segments": (Segment("x", 3, 1),)}, "segment 'x'", Status.INVALID_RUN),
    ({"suite": 3}, "suite", Status.UNSUPPORTED),
    ({"suite": 2**40}, "suite", Status.INVALID_ARGUMENT),
    ({"degree": 3}, "degree", Status.INVALID_DEGREE),
    ({"degree": 6}, "degree", Status.INVALID_DEGREE),
    ({"degree": -2}, "degree", Status.INVALID_ARGUMENT),
    ({"threshold": 0}, "threshold", Status.INVALID_THRESHOLD),
    ({"threshold": 2}, "threshold", Status.INVALID_THRESHOLD),
    ({"threshold": 6}, "threshold", Status.INVALID_THRESHOLD),
    ({"min_inputs": 1}, "min_inputs", Status.INVALID_RUN),
    ({"min_inputs": 6}, "min_inputs", Status.INVALID_RUN),
    ({"recovery": False, "colluders": 4}, "colluders", Status.INVALID_THRESHOLD),
    ({"max_passes": 0}, "max_passes", Status.INVALID_RUN),
    ({"max_passes": 256}, "max_passes", Status.INVALID_ARGUMENT),
    ({"max_rounds": 0}, "max_rounds", Status.INVALID_RUN),
    ({"max_rounds": 2**32}, "max_rounds", Status.INVALID_ARGUMENT),
    ({"setup_seconds": 0}, "setup_seconds", Status.INVALID_RUN),
    ({"step_seconds": 604_801}, "step_seconds", Status.INVALID_RUN),
    ({"step_seconds": 1.5}, "step_seconds", Status.INVALID_ARGUMENT),
    ({"recovery": False, "min_inputs": 2}, "min_inputs", Status.INVALID_RUN),
    ({"settings": None}, "settings", Status.INVALID_RUN),
    ({"settings": "text"}, "data", Status.INVALID_ARGUMENT),
]


@pytest.mark.parametrize(("change", "argument", "code"), PARAMETERS, ids=lambda value: str(value)[:40])
def test_parameters_that_are_refused_by_name(change: dict[str, object], argument: str, code: Status) -> None:
    config = replace(Config(segments=SEGMENTS), **change)
    with pytest.raises((ArgumentError, EncodingError)) as failure:
        Run.new(config, keys(5))
    assert (failure.value.argument, failure.value.code) == (argument, code), str(failure.value)


def test_rosters_that_are_refused() -> None:
    config, members = Config(segments=SEGMENTS), keys(4)
    for roster in ({}, {1: members[1]}, dict(list(members.items())[:2])):
        with pytest.raises(ParameterError) as failure:
            Run.new(config, roster)
        assert (failure.value.code, failure.value.argument) == (Status.INVALID_ROSTER, "members")
    for wrong, match in (({-1: members[0]}, "^members: "), ({2**64: members[0]}, "^members: "), ({9: b"short"}, "^key of member 9: ")):
        with pytest.raises(ArgumentError, match=match):
            Run.new(config, {**members, **wrong})
    with pytest.raises(ArgumentTypeError, match="^key of member 9: "):
        Run.new(config, {**members, 9: "text"})


def test_keys_that_the_server_refuses() -> None:
    config, members = Config(segments=SEGMENTS), keys(3)
    wrong = [
        ({2: members[1]}, Status.INVALID_ROSTER),
        ({2: bytes(32)}, Status.LOW_ORDER_KEY),
        # The order of the field, which is a second spelling of 0.
        ({2: (2**255 - 19).to_bytes(32, "little")}, Status.MALFORMED),
    ]
    for change, code in wrong:
        with pytest.raises(CloakworkError) as failure:
            Server(Run.new(config, {**members, **change}))
        assert (failure.value.code, failure.value.party, failure.value.argument) == (code, 2, "run")


def test_bytes_that_are_no_bytes() -> None:
    identity, other = Identity.generate(), Identity.generate().public_key
    run = Run.new(Config(segments=SEGMENTS), {**keys(3), 7: identity.public_key})
    client, server = Client(run, identity), Server(run)
    calls = [
        ("secret", lambda bad: Identity(bad)),
        ("public_key", fingerprint),
        ("peer", lambda bad: Channel(identity, "client", bad)),
        ("message", client.advertise),
        ("message", client.confirm),
        ("message", client.accept),
        ("message", lambda bad: client.begin(bad, b"")),
        ("data", lambda bad: client.begin(b"", bad)),
        ("message", client.acknowledge),
        ("message", client.unmask),
        ("message", client.finish),
        ("state", lambda bad: Client.load(run, identity, bad)),
        ("message", lambda bad: server.receive(7, bad)),
        ("data", lambda bad: server.begin(None, bad)),
        ("description", lambda bad: Run.decode(bad, b"")),
        ("roster", lambda bad: Run.decode(b"", bad)),
        ("message", message_kind),
    ]
    for argument, call in calls:
        for bad in ("text", 7, None, [1], memoryview(b"strided")[::2]):
            with pytest.raises(ArgumentTypeError) as failure:
                call(bad)
            assert failure.value.argument == argument
    for argument, call in calls[:3]:
        for length in (0, 31, 33):
            with pytest.raises(ArgumentError) as refused:
                call(bytes(length))
            assert (refused.value.argument, refused.value.bound) == (argument, 32)
    with pytest.raises(ArgumentTypeError, match="^fingerprint: "):
        public_key(b"cw1-")
    with pytest.raises(ArgumentError, match="^side: "):
        Channel(identity, "both", other)


def test_channels_refuse_the_own_key_and_bad_requests() -> None:
    identity = Identity.generate()
    with pytest.raises(CryptoError) as failure:
        Channel(identity, "client", identity.public_key)
    assert (failure.value.code, failure.value.argument) == (Status.REPEATED_KEY, "peer")
    channel = Channel(identity, "server", Identity.generate().public_key)
    good = {"direction": 0, "method": "GET", "path": b"/", "query": b"", "body_hash": bytes(32), "run": b"", "counter": 1}
    mac = channel.mac(**good)
    bad = [
        ("direction", 2),
        ("path", "/"),
        ("body_hash", bytes(31)),
        ("run", bytes(15)),
        ("counter", -1),
        ("counter", 2**64),
        ("counter", 1.0),
    ]
    for name, value in bad:
        with pytest.raises(ArgumentError) as refused:
            channel.mac(**{**good, name: value})
        assert refused.value.argument == name
    with pytest.raises(ArgumentError, match="^mac: "):
        channel.verify(mac[:-1], **good)


def test_ids_are_unsigned_64_bit_numbers() -> None:
    network = Network(Config(segments=SEGMENTS), [0, 2**63, 2**64 - 1])
    network.set_up()
    assert network.server.confirmed() == [0, 2**63, 2**64 - 1]
    assert network.clients[2**64 - 1].id == 2**64 - 1
    for bad in (-1, 2**64):
        with pytest.raises(ArgumentError, match="^receiver: "):
            network.server.message(bad)
    for bad in (1.0, "1", True):
        with pytest.raises(ArgumentTypeError, match="^sender: "):
            network.server.receive(bad, b"")
    with pytest.raises(ProtocolError) as failure:
        network.server.message(5)
    assert (failure.value.code, failure.value.party) == (Status.UNKNOWN_PARTY, 5)
    with pytest.raises(ProtocolError) as failure:
        network.run.neighbours(5)
    assert failure.value.code == Status.UNKNOWN_PARTY


def test_one_machine_serves_many_threads() -> None:
    """Threads that use one client and one server at once get the answers that one thread would get, or refusals; nothing breaks."""
    network = Network(Config(segments=SEGMENTS), 8)
    network.server.invite()
    messages = {member: network.server.message(member) for member in network.clients}

    def advertise(member: int) -> None:
        for _ in range(50):
            state = network.clients[member].state
            assert state.name in ("idle", "advertised")
            network.server.waiting()
        network.server.receive(member, network.clients[member].advertise(messages[member]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(advertise, network.clients))
    assert network.server.phase.name == "confirm"

    client, invite = network.clients[1], network.server.message(1)
    answers, barrier = [], threading.Barrier(8)

    def confirm(_: int) -> None:
        barrier.wait()
        try:
            answers.append(client.confirm(invite))
        except ProtocolError as failure:
            assert failure.code == Status.OUT_OF_ORDER

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(confirm, range(8)))
    assert len(answers) == 1


def test_the_interpreter_lock_is_released() -> None:
    """A callback of the library's random source can wait for another Python thread only if the lock is not held meanwhile."""
    network = Network(Config(segments=SEGMENTS), 3)
    network.server.invite()
    asked, allowed = threading.Event(), threading.Event()

    @ffi.callback("int32_t(void *, uint8_t *, size_t)")
    def fill(_userdata: object, out: object, length: int) -> int:
        asked.set()
        ffi.memmove(out, bytes(range(length)), length)
        return 0 if allowed.wait(60) else 1

    client = network.clients[1]
    client._random = ffi.new("cloak_rng *", {"fill": fill, "userdata": ffi.NULL})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.advertise, network.server.message(1))
        assert asked.wait(60)
        allowed.set()
        assert message_kind(answer.result(60)) == Kind.ADVERTISE


def test_a_random_source_that_fails() -> None:
    network = Network(Config(segments=SEGMENTS), 3)
    network.server.invite()

    @ffi.callback("int32_t(void *, uint8_t *, size_t)")
    def fail(_userdata: object, _out: object, _length: int) -> int:
        return 1

    client = network.clients[1]
    client._random = ffi.new("cloak_rng *", {"fill": fail, "userdata": ffi.NULL})
    state = client.save()
    with pytest.raises(CryptoError) as failure:
        client.advertise(network.server.message(1))
    assert failure.value.code == Status.RANDOMNESS
    assert client.save() == state
