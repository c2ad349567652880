"""What a machine sees of products and comparisons: recomputed from its messages and its shares, over many runs with the same inputs.

Nothing is seeded: the library draws from the operating system. The probabilities of a false alarm are those of a binomial distribution.
"""

from __future__ import annotations

import gc
import itertools
import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from cloakwork import mpc
from cloakwork.mpc import PrivateScalar, SharedScalar, Trace, VirtualMachine

RUNS = 1024
# A bit is off by 7.5 standard deviations with a probability below 6.4 10^-14. Tests look at fewer than 15,000 bits together: 10^-9.
DEVIATION = 7.5 * np.sqrt(RUNS) / 2

Words = NDArray[np.uint64]


def received(trace: Trace, machine: VirtualMachine) -> list[int]:
    """The words that came to a machine, from the bytes of the messages."""
    words: list[int] = []
    for step in trace.steps:
        # The seeds of the first round of a session are bytes, and do not depend on anything.
        for message in () if step.name == "seeds in common" else step.messages:
            if step.who(message)[1] is machine:
                body = message.content[8:]
                words += struct.unpack(f"<{len(body) // 8}Q", body)
    return words


def opened(trace: Trace) -> list[int]:
    return [element for step in trace.steps for opening in step.openings for element in opening.elements]


def own(machine: VirtualMachine, *scalars: SharedScalar) -> list[int]:
    return [scalar.share_of[machine].value % 2**64 for scalar in scalars]


def product_views(machines: list[VirtualMachine], left: int, right: int) -> dict[VirtualMachine, Words]:
    """What each machine sees of a product: a row a run, a column a word."""
    views: dict[VirtualMachine, list[list[int]]] = {machine: [] for machine in machines}
    for _ in range(RUNS):
        x, y = PrivateScalar(left, machines[0]).share(machines), PrivateScalar(right, machines[1]).share(machines)
        with Trace() as trace:
            made = x * y
        for machine, rows in views.items():
            seen = trace.seen_by(machine)
            # Shares of inputs: of its own input a machine knows the sum as well, so these are what it did not choose.
            rows.append([*own(machine, x, y, made), *received(seen, machine), *opened(seen)])
    return {machine: np.array(rows, dtype=np.uint64) for machine, rows in views.items()}


def bias(words: Words) -> float:
    """By how much the most unbalanced bit of a column differs from half."""
    bits = np.unpackbits(words.view(np.uint8).reshape(RUNS, -1), axis=1)
    return float(np.abs(bits.sum(axis=0) - RUNS / 2).max())


def combinations(view: Words) -> list[Words]:
    """Sums and differences of each two columns."""
    columns = view.T
    return [join(columns[i], columns[j]) for i, j in itertools.combinations(range(len(columns)), 2) for join in (np.add, np.subtract)]


@pytest.mark.parametrize("count", [2, 3])
def test_every_word_that_a_machine_sees_of_a_product_is_uniform(count: int) -> None:
    machines = [VirtualMachine(name) for name in ("alice", "bob", "carol")[:count]]
    for left, right in ((25, 50), (0, 0)):
        for view in product_views(machines, left, right).values():
            assert view.shape == (RUNS, 3 + 2 * (count - 1) + 2)
            for column in view.T:
                assert bias(np.ascontiguousarray(column)) < DEVIATION
            if count == 2:
                # Two by two as well: what was opened less a share of it is the other's share, and the other's is uniform.
                for column in combinations(view):
                    assert bias(np.ascontiguousarray(column)) < DEVIATION


def found(words: list[int], wanted: set[int], terms: int = 3) -> set[tuple[int, ...]]:
    """Sums of up to so many words or their negatives that are one of the wanted numbers."""
    signed = [(sign * word, place) for place, word in enumerate(words) for sign in (1, -1)]
    return {
        tuple(place for _, place in chosen)
        for length in range(1, terms + 1)
        for chosen in itertools.combinations(signed, length)
        if sum(number for number, _ in chosen) % 2**64 in wanted
    }


def test_no_machine_can_put_inputs_together_after_a_product() -> None:
    """The attack on the original: one machine held the triple and the opening, and their sum is the input.

    Some 2,700 sums a machine and run hit one of six numbers by chance with a probability of 9 10^-16.
    """
    alice, bob = VirtualMachine("alice"), VirtualMachine("bob")
    x, y = PrivateScalar(25, alice).share([bob]), PrivateScalar(50, bob).share([alice])
    shares = {machine: own(machine, x, y) for machine in (alice, bob)}
    with Trace() as trace:
        made = x * y
    secrets = {25, 50, 1250, -25 % 2**64, -50 % 2**64, -1250 % 2**64}
    views = {}
    for machine in (alice, bob):
        seen = trace.seen_by(machine)
        views[machine] = [*shares[machine], *own(machine, made), *received(seen, machine), *opened(seen)]
        assert len(views[machine]) == 7
        held = [word for word in views[machine] if word]
        assert len(held) == 7
        # Each opened word is the sum of what a machine sent and got: they are three terms that add up to 0, and are none of the secrets.
        assert not found(views[machine], secrets)
        # Nothing but the shares is an object of a machine: no triple, no opening.
        assert machine.objects == [scalar.share_of[machine] for scalar in (x, y, made)]
    # The search finds what is there: both machines together have the inputs and the product.
    assert {tuple(sorted(places)) for places in found([*shares[alice], *shares[bob]], {25, 50})} == {(0, 2), (1, 3)}
    # And so has a machine that holds the triple of the opening, as one did in the original.
    d, e = opened(trace)
    assert found([d, e, (25 - d) % 2**64, (50 - e) % 2**64], {25, 50}, 2)


def test_the_dealer_is_no_machine() -> None:
    alice, bob = VirtualMachine("alice"), VirtualMachine("bob")
    x = PrivateScalar(25, alice).share([bob])
    with Trace() as trace:
        made = x * x
        made.reconstruct(alice)
    parties = {who for step in trace.steps for message in step.messages for who in step.who(message)}
    assert parties == {alice, bob}
    gc.collect()
    assert {type(held).__name__ for machine in parties for held in machine.objects} <= {"PrivateScalar", "Share"}


def test_what_a_machine_sees_of_a_comparison_is_uniform() -> None:
    """Packed bits and words alike: every bit of every message, and of every masked value that they open."""
    alice, bob = VirtualMachine("alice"), VirtualMachine("bob")
    rows: list[bytes] = []
    for _ in range(RUNS):
        x, y = PrivateScalar(3, alice).share([bob]), PrivateScalar(4, bob).share([alice])
        with alice.trace() as trace:
            made = x < y
        (step,) = [step for step in trace.steps if step.name == "less"]
        assert made.kind is bool
        used = [bit for opening in step.openings for element in opening.elements for bit in f"{element:0{opening.part.bits}b}"]
        rows.append("".join(used).encode())
    bits = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(RUNS, -1) - ord("0")
    assert bits.shape[1] > 128
    assert np.abs(bits.sum(axis=0) - RUNS / 2).max() < DEVIATION


def test_an_output_tells_its_receiver_the_sum_alone() -> None:
    """A receiver that gave an input knows shares of it; what the others send it of a sum with another input is uniform nevertheless."""
    alice, bob, carol = (VirtualMachine(name) for name in ("alice", "bob", "carol"))
    rows = {alice: [], carol: []}  # type: dict[VirtualMachine, list[int]]
    x, y = PrivateScalar(25, alice).share([bob]), PrivateScalar(50, bob).share([alice])
    total = x + y
    for _ in range(RUNS):
        for receiver, words in rows.items():
            with Trace() as trace:
                assert total.reconstruct(receiver).value == 75
            words.append(received(trace.seen_by(receiver), receiver)[-1])
    for words in rows.values():
        assert bias(np.array(words, dtype=np.uint64)) < DEVIATION


def test_the_search_for_bias_finds_some() -> None:
    words = np.arange(RUNS, dtype=np.uint64)
    assert bias(words) == RUNS / 2
    assert bias(np.frombuffer(np.random.default_rng(1).bytes(8 * RUNS), dtype=np.uint64)) < DEVIATION


def test_messages_are_those_that_sessions_let_watch() -> None:
    watched: list[mpc.Message] = []
    with mpc.Session.local(parties=2, watch=watched.append, trace=True) as session:
        x, y = session.share(25), session.share(50, owner=1)
        (x * y).open()
        assert session.trace is not None
        assert [message.content for message in session.trace.messages] == [message.content for message in watched]
