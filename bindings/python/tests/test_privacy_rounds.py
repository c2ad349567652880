"""Rounds with a mechanism, in one process: what opens is the noised sum of clipped parts, and nothing else leaves a client."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cloakwork.errors import ArgumentError, NumberError, PrivacyError, ProtocolError, Status
from cloakwork.privacy import Neighbours, Plan, Unit, choose
from cloakwork.secagg import Client, Config, Run, Segment, aggregate, decode_private
from secagg_rounds import Network

DIMENSION = 200


def plan(parts: int = 1, honest: int = 3, epsilon: float = 8.0) -> Plan:
    unit = Unit.part() if parts > 1 else Unit.client()
    return choose(
        clients=6,
        honest=honest,
        dimension=DIMENSION,
        clip=1.0,
        epsilon=epsilon,
        delta=1e-5,
        parts=parts,
        unit=unit,
        neighbours=Neighbours.ZERO_OUT,
    )


def network(found: Plan) -> Network:
    made = Network(Config.private(found.mechanism, found.bits), 6)
    made.set_up()
    made.begin()
    return made


def opened(made: Network) -> np.ndarray:
    made.open()
    with made.server.opening() as opening:
        seed = opening.rotation_seed
        residues = aggregate(made.run, opening, (made.payloads[member] for member in made.server.survivors()))
    made.server.finish()
    assert set(made.outcomes().values()) == {0}
    return decode_private(made.run, seed, residues["vector"])


def send(made: Network, members: list[int]) -> None:
    for member in members:
        message = made.clients[member].mask()
        receipt = made.server.receive(member, message)
        assert receipt.payload is not None
        made.payloads[member] = message[receipt.payload]
    if made.server.phase.name == "mask":
        made.server.close_step()


@pytest.mark.parametrize(("parts", "gone"), [(1, set()), (3, set()), (1, {2}), (3, {5})])
def test_the_noised_sum_opens(parts: int, gone: set[int]) -> None:
    """The error is that of the plan: a chi-square of 200 beyond 6.5 standard deviations has a probability below 10^-8."""
    found = plan(parts)
    made = network(found)
    generator = np.random.default_rng(parts)
    expected = np.zeros(DIMENSION)
    seeds = {made.clients[member].rotation_seed for member in made.clients}
    assert len(seeds) == 1
    there = [member for member in made.clients if member not in gone]
    for member in made.clients:
        for _ in range(parts):
            vector = generator.normal(size=DIMENSION)
            made.clients[member].contribute(vector)
            if member in there:
                expected += vector * min(1, found.mechanism.clip / np.linalg.norm(vector))
    made.gone = set(gone)
    send(made, there)
    error = opened(made) - expected
    shares = len(there) * parts
    variance = shares * found.mechanism.granularity**2 * (found.mechanism.noise**2 + 0.125)
    spread = 6.5 * math.sqrt(2 / DIMENSION)
    assert 1 - spread - 0.05 < np.mean(error**2) / variance < 1 + spread + 0.05


def test_a_run_carries_its_mechanism() -> None:
    found = plan()
    made = network(found)
    again = Run.decode(made.run.description, made.run.roster)
    assert again.config.mechanism == found.mechanism
    assert again == made.run
    other = Network(Config((Segment("x", 16, 3),)), 3)
    assert other.run.config.mechanism is None


def test_nothing_but_contributions_is_masked() -> None:
    made = network(plan())
    client = made.clients[1]
    with pytest.raises(PrivacyError, match="without noise") as refused:
        client.mask({"vector": np.zeros(made.run.segments[0].length, dtype=np.uint32)})
    assert refused.value.code == Status.INVALID_MECHANISM
    with pytest.raises(ProtocolError, match="0 of 1 parts"):
        client.mask()
    with pytest.raises(NumberError, match="index 3"):
        client.contribute(np.array([0.0, 1, 2, math.nan] + [0.0] * (DIMENSION - 4)))
    with pytest.raises(NumberError, match="index 0"):
        client.contribute(np.full(DIMENSION, 2.0**401))
    with pytest.raises(ArgumentError, match="shape"):
        client.contribute(np.zeros(DIMENSION + 1))
    with pytest.raises(ArgumentError, match="dtype"):
        client.contribute(np.zeros(DIMENSION, dtype=np.int64))
    client.contribute(np.zeros(DIMENSION, dtype=np.float32))
    with pytest.raises(ProtocolError, match="every part"):
        client.contribute(np.zeros(DIMENSION))
    client.mask()
    with pytest.raises(ProtocolError):
        client.contribute(np.zeros(DIMENSION))


def test_a_run_without_a_mechanism_takes_no_parts() -> None:
    made = Network(Config((Segment("x", 16, 3),)), 3)
    made.set_up()
    made.begin()
    with pytest.raises(PrivacyError, match="use mask"):
        made.clients[1].contribute(np.zeros(3))
    with pytest.raises(ArgumentError, match="give a vector"):
        made.clients[1].mask()
    with pytest.raises(ArgumentError, match="no mechanism"):
        decode_private(made.run, bytes(32), np.zeros(3, dtype=np.uint32))


def test_parts_do_not_outlive_their_round() -> None:
    found = plan(parts=2)
    made = network(found)
    first = made.clients[1]
    first.contribute(np.ones(DIMENSION))
    restarted = Client.load(made.run, made.identities[1], first.save())
    with pytest.raises(ProtocolError, match="0 of 2 parts"):
        restarted.mask()
    made.server.stop()
    old = first.rotation_seed
    made.begin()
    assert first.rotation_seed != old
    with pytest.raises(ProtocolError, match="0 of 2 parts"):
        first.mask()


def test_a_run_needs_the_honest_clients_of_its_mechanism() -> None:
    found = plan(honest=5)
    config = Config.private(found.mechanism, found.bits)
    assert config.honest_for(6) == 5
    assert (config.min_inputs_for(6), config.threshold_for(6)) == (6, 5)
    keys = {member: identity.public_key for member, identity in Network(config, 6).identities.items()}
    with pytest.raises(PrivacyError, match="honest: is 5 and must be at most 4.*4 works"):
        Run.new(Config.private(found.mechanism, found.bits, min_inputs=5), keys)
    with pytest.raises(PrivacyError, match=r"honest.*at most 4"):
        Run.new(Config.private(found.mechanism, found.bits, threshold=4), keys)
    segments = (Segment("vector", found.bits, found.mechanism.padded, "residues"), Segment("count", 16, 1))
    with pytest.raises(PrivacyError, match="segments"):
        Run.new(Config(segments, mechanism=found.mechanism), keys)
    wide = found.mechanism.max_bits + 1
    with pytest.raises(PrivacyError, match=f"bits: is {wide}"):
        Run.new(Config.private(found.mechanism, wide), keys)


@pytest.mark.parametrize("degree", [0, 4])
@pytest.mark.parametrize("recovery", [True, False])
@pytest.mark.parametrize("colluders", [0, 1, 2])
def test_the_bound_on_honest_clients_is_the_library_s(degree: int, recovery: bool, colluders: int) -> None:
    keys = {member: identity.public_key for member, identity in Network(Config((Segment("x", 8, 1),)), 9).identities.items()}

    def accepted(honest: int, config: Config) -> bool:
        found = choose(clients=9, honest=honest, dimension=4, clip=1.0, epsilon=5, delta=1e-3, unit=Unit.client(), bits=24)
        private = Config.private(
            found.mechanism,
            24,
            degree=degree,
            recovery=recovery,
            colluders=colluders,
            threshold=config.threshold_for(9) if recovery else None,
            min_inputs=config.min_inputs_for(9),
        )
        try:
            Run.new(private, keys)
        except PrivacyError:
            return False
        return True

    for inputs in (6, 9):
        config = Config((Segment("x", 8, 1),), degree=degree, recovery=recovery, colluders=colluders, min_inputs=inputs)
        bound = config.honest_for(9)
        assert bound >= 1
        assert accepted(bound, config)
        assert bound == 9 or not accepted(bound + 1, config)
