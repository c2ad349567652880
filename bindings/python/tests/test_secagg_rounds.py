"""Whole rounds in one process: sums are exact for whoever is left, or everybody learns why there is none, and the run goes on."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloakwork.errors import CryptoError, ProtocolError, Status
from cloakwork.layout import Layout, Tensor, Weight
from cloakwork.secagg import Client, Config, Identity, Segment, Server, aggregate, decode
from secagg_rounds import Network
from secagg_vectors import numbers, residues

STEPS = ("advertise", "confirm", "mask", "survive", "unmask")


def inputs(network: Network, random: np.random.Generator) -> dict[int, dict[str, np.ndarray]]:
    """Residues of all sizes, and fixed-point integers up to the bound."""
    found: dict[int, dict[str, np.ndarray]] = {}
    for member in network.clients:
        found[member] = {}
        for segment in network.run.segments:
            limit = segment.limit(len(network.clients))
            if limit is None:
                words = [int.from_bytes(random.bytes(16), "little") % 2**segment.bits for _ in range(segment.length)]
                found[member][segment.label] = residues(segment, [str(word) for word in words])
            else:
                bound = min(limit, 2**62)
                found[member][segment.label] = random.integers(-bound, bound, segment.length, endpoint=True)
    return found


def expected(segment: Segment, vectors: list[np.ndarray]) -> list[int]:
    columns = zip(*(numbers(segment, vector) if segment.encoding == "residues" else vector.tolist() for vector in vectors), strict=True)
    return [sum(column) % 2**segment.bits for column in columns]


def play(network: Network, values: dict[int, dict[str, np.ndarray]], leaving: dict[int, str]) -> set[int]:
    """A round of everybody who is there; members leave before they answer at a step. Returns whose inputs are in the sum."""
    server = network.server
    network.begin()
    while server.phase.name in STEPS:
        step = server.phase.name
        network.gone |= {member for member, when in leaving.items() if when == step}
        if step == "mask":
            network.mask({member: values[member] for member in server.participants() if member not in network.gone})
        else:
            network.collect("acknowledge" if step == "survive" else "unmask")
    if server.phase.name != "sum":
        assert server.outcome in (Status.TOO_FEW_INPUTS, Status.TOO_FEW_SHARES, Status.TOO_MANY_PASSES, Status.NO_RECOVERY)
        assert set(network.outcomes().values()) <= {server.outcome}
        return set()
    survivors = server.survivors()
    sums = network.sums()
    for segment in network.run.segments:
        assert numbers(segment, sums[segment.label]) == expected(segment, [values[member][segment.label] for member in survivors])
    assert set(network.outcomes().values()) == {0}
    return set(survivors)


SEGMENT = st.builds(
    lambda bits, length, fixed: (bits, length, "fixed" if fixed and bits > 5 else "residues"),
    st.integers(1, 128),
    st.integers(1, 20),
    st.booleans(),
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    members=st.integers(3, 9),
    suite=st.sampled_from([1, 2]),
    sparse=st.booleans(),
    recovery=st.booleans(),
    segments=st.lists(SEGMENT, min_size=1, max_size=4),
    data=st.data(),
)
def test_any_round(
    members: int, suite: int, sparse: bool, recovery: bool, segments: list[tuple[int, int, Any]], data: st.DataObject
) -> None:
    """Any run, any members leaving at any step of the first round; in the second round, after a new set-up, all are back."""
    degree = data.draw(st.integers(1, (members - 1) // 2)) * 2 if sparse and members > 4 else 0
    config = Config(
        segments=tuple(Segment(f"s{index}", *shape) for index, shape in enumerate(segments)),
        suite=suite,
        recovery=recovery,
        degree=degree,
        colluders=0,
        min_inputs=2,
    )
    network = Network(config, sorted(data.draw(st.sets(st.integers(0, 2**64 - 1), min_size=members, max_size=members))))
    values = inputs(network, np.random.default_rng(data.draw(st.integers(0, 2**32))))
    leaving = {member: data.draw(st.sampled_from(("never", "never", *STEPS))) for member in network.clients}
    network.gone = {member for member, when in leaving.items() if when == "advertise"}
    if len(network.there()) > members - network.run.tolerated_dropouts():
        network.set_up()
        play(network, values, leaving)
    network.gone = set()
    network.set_up()
    assert play(network, values, {}) == set(network.clients)


@pytest.mark.parametrize(
    "steps", list(product(("never", "mask", "survive", "unmask"), repeat=4)), ids=lambda steps: "-".join(step[0] for step in steps)
)
def test_four_members_leaving_at_every_step(steps: tuple[str, ...]) -> None:
    """With t = 2 of 3 neighbours and nobody colluding a round survives one absence, and no more."""
    network = Network(Config(segments=(Segment("x", 32, 3),), colluders=0, min_inputs=2), 4)
    network.set_up()
    values = inputs(network, np.random.default_rng(4))
    leaving = dict(zip(network.clients, steps, strict=True))
    survivors = play(network, values, leaving)
    masked = {member for member, when in leaving.items() if when != "mask"}
    if sum(when != "never" for when in steps) <= 1:
        assert survivors == masked
    if len(masked) < 3:
        assert survivors == set()
    assert survivors <= masked
    network.gone = set()
    # Whoever left without `finished` simply joins the next round; keys are still good.
    assert play(network, values, {}) == set(network.clients)


def test_clients_and_server_that_restart_at_every_step() -> None:
    """A client goes on from its saved state. A server is made again from what it received."""
    network = Network(Config(segments=(Segment("x", 20, 100),), suite=1), 5)
    log: list[tuple[Any, ...]] = []

    def restart() -> None:
        for member, client in network.clients.items():
            state = client.save()
            client.close()
            network.clients[member] = Client.load(network.run, network.identities[member], state)
        machine = Server(network.run)
        for action, *arguments in log:
            getattr(machine, action)(*arguments)
        assert machine.phase == network.server.phase
        assert machine.waiting() == network.server.waiting()
        network.server.close()
        network.server = machine

    def act(action: str, *arguments: Any) -> Any:
        log.append((action, *arguments))
        found = getattr(network.server, action)(*arguments)
        restart()
        return found

    values = inputs(network, np.random.default_rng(5))
    act("invite")
    for answer in ("advertise", "confirm"):
        for member in network.clients:
            act("receive", member, getattr(network.clients[member], answer)(network.server.message(member)))
    for member in network.clients:
        network.clients[member].accept(network.server.message(member))
    act("begin", None, b"model")
    payloads = {}
    for member in network.clients:
        network.clients[member].begin(network.server.message(member), b"model")
        if member == 2:
            continue
        message = network.clients[member].mask(values[member])
        payloads[member] = message[act("receive", member, message).payload]
    act("close_step")
    for answer in ("acknowledge", "unmask"):
        for member in payloads:
            act("receive", member, getattr(network.clients[member], answer)(network.server.message(member)))
    sums = aggregate(network.run, network.server.opening(), payloads.values())
    assert numbers(network.run.segments[0], sums["x"]) == expected(network.run.segments[0], [values[member]["x"] for member in payloads])


def test_receipts_and_phases() -> None:
    network = Network(Config(segments=(Segment("x", 20, 5),)), 3)
    server = network.server
    assert server.phase == ("idle", 0, 0, 0)
    assert server.message(1) is None
    assert server.invite() == 1
    assert server.phase == ("advertise", 1, 0, 0)
    answer = network.clients[1].advertise(server.message(1))
    assert server.receive(1, answer) == (1, True, None)
    assert server.receive(1, answer) == (1, False, None)
    assert server.waiting() == [2, 3]
    with pytest.raises(ProtocolError) as failure:
        server.receive(1, network.clients[2].advertise(server.message(2)))
    assert (failure.value.code, failure.value.party) == (Status.DUPLICATE, 1)
    with pytest.raises(ProtocolError) as failure:
        server.begin()
    assert failure.value.code == Status.OUT_OF_ORDER
    with pytest.raises(ProtocolError) as failure:
        server.close_step()
    assert failure.value.code == Status.TOO_FEW_INPUTS
    assert server.phase.name == "idle"
    network.set_up()
    assert server.phase == ("ready", 2, 0, 0)
    assert server.confirmed() == [1, 2, 3]
    assert network.clients[1].state == ("ready", 2, 0)
    assert network.clients[1].unconfirmed == []
    with pytest.raises(ProtocolError) as failure:
        server.begin([])
    assert failure.value.code == Status.TOO_FEW_INPUTS
    network.begin(context=b"model")
    assert network.clients[1].state == ("begun", 2, 1)
    server.stop()
    assert server.outcome == Status.STOPPED
    assert network.outcomes() == dict.fromkeys((1, 2, 3), int(Status.STOPPED))
    with pytest.raises(ProtocolError):
        server.stop()
    confirmations = server.confirmations(1)
    assert confirmations is not None


def test_another_context_is_refused() -> None:
    network = Network(Config(segments=(Segment("x", 20, 5),)), 3)
    network.set_up()
    network.server.begin(None, b"model")
    with pytest.raises(ProtocolError) as failure:
        network.clients[1].begin(network.server.message(1), b"another model")
    assert failure.value.code == Status.WRONG_CONTEXT
    network.clients[1].begin(network.server.message(1), b"model")


def test_swapped_keys_are_named() -> None:
    """A server that puts other fresh keys into `keys` is found out by the confirmation tags, and the neighbour is named."""
    network = Network(Config(segments=(Segment("x", 20, 5),)), 4)
    server = network.server
    server.invite()
    network.collect("advertise")
    # The last 32 bytes of what client 1 gets are the fresh key of client 4.
    others = server.message(1)[:-32]
    with pytest.raises(CryptoError) as failure:
        network.clients[1].confirm(others + network.identities[2].public_key)
    assert (failure.value.code, failure.value.party) == (Status.REPEATED_KEY, 4)
    swapped = others + Identity.generate().public_key
    for member, client in network.clients.items():
        server.receive(member, client.confirm(swapped if member == 1 else server.message(member)))
    assert [client.accept(server.message(member)) for member, client in network.clients.items()] == [1, 0, 0, 1]
    assert [client.unconfirmed for client in network.clients.values()] == [[4], [], [], [1]]
    server.begin()
    with pytest.raises(CryptoError) as failure:
        network.clients[1].begin(server.message(1), b"")
    assert (failure.value.code, failure.value.party) == (Status.NOT_CONFIRMED, 4)


@pytest.mark.parametrize("suite", [1, 2])
def test_threads_and_ranges_give_one_sum(suite: int) -> None:
    """Segments of several ranges, in every lane, on one thread or many."""
    length = (1 << 17) + 4321
    segments = tuple(Segment(f"b{bits}", bits, length, "residues") for bits in (5, 47, 120))
    network = Network(Config(segments=segments, suite=suite), 5)
    network.set_up()
    network.begin()
    random = np.random.default_rng(suite)
    values = {}
    for member in network.clients:
        rows = np.frombuffer(random.bytes(16 * length), dtype=np.uint64).reshape(length, 2)
        wide = rows & np.array([2**64 - 1, 2**56 - 1], dtype=np.uint64)
        values[member] = {"b5": rows[:, 0].astype(np.uint32) & 31, "b47": rows[:, 1] >> np.uint64(17), "b120": wide}
    network.mask({member: vectors for member, vectors in values.items() if member != 3})
    network.open()
    opening, payloads = network.server.opening(), list(network.payloads.values())
    found = [aggregate(network.run, opening, payloads, threads) for threads in (1, 2, 7, None)]
    for sums in found[1:]:
        assert all(np.array_equal(sums[label], vector) for label, vector in found[0].items())
    there = [vectors for member, vectors in values.items() if member != 3]
    assert np.array_equal(found[0]["b5"], sum(vectors["b5"] for vectors in there) & 31)
    assert np.array_equal(found[0]["b47"], sum(vectors["b47"] for vectors in there) & np.uint64(2**47 - 1))
    for row in (0, 1 << 17, length - 1):
        total = sum(int(vectors["b120"][row, 0]) + (int(vectors["b120"][row, 1]) << 64) for vectors in there) % 2**120
        assert numbers(segments[2], found[0]["b120"][row : row + 1]) == [total]


def test_named_tensors_through_a_round() -> None:
    """A weighted mean of a model, a mean of a metric and a count, with one party missing: equal to NumPy's up to the stated error."""
    layout = Layout(
        {
            "coefficients": Tensor((4, 7), bound=20, precision=2**-30, reduction="weighted_mean"),
            "loss": Tensor(bound=50, precision=2**-20, reduction="mean", group="metrics"),
            "cases": Tensor((2,), bound=100_000),
        },
        parties=5,
        weight=Weight(bound=10_000),
    )
    network = Network(Config(segments=layout.segments, settings=layout.settings), 5)
    assert Layout.from_settings(network.run.config.settings) == layout
    network.set_up()
    random = np.random.default_rng(6)
    values = {
        member: {
            "coefficients": random.uniform(-20, 20, (4, 7)),
            "loss": float(random.uniform(0, 50)),
            "cases": random.integers(0, 100_000, 2),
        }
        for member in network.clients
    }
    weights = {member: int(random.integers(1, 10_000)) for member in network.clients}
    network.begin()
    network.mask({member: layout.flatten(values[member], weights[member]) for member in network.clients if member != 4})
    network.open()
    survivors = network.server.survivors()
    assert survivors == [1, 2, 3, 5]
    sums = network.sums()
    result = layout.unflatten({label: decode(network.run, label, vector) for label, vector in sums.items()}, parties=len(survivors))
    assert (result.parties, result.weight) == (4, sum(weights[member] for member in survivors))
    assert result.values["cases"].tolist() == np.sum([values[member]["cases"] for member in survivors], axis=0).tolist()
    mean = np.average([values[member]["coefficients"] for member in survivors], axis=0, weights=[weights[member] for member in survivors])
    assert np.abs(result.values["coefficients"] - mean).max() <= layout.error("coefficients", parties=4, weight=result.weight) + 1e-13
    loss = np.mean([values[member]["loss"] for member in survivors])
    assert abs(result.values["loss"] - loss) <= layout.error("loss") + 1e-13
