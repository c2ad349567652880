"""Traces: every step with its shares, its messages and what they open."""

from __future__ import annotations

import numpy as np
import pytest

from cloakwork import mpc
from cloakwork.mpc import PrivateScalar, Trace, VirtualMachine


def test_a_product_step_by_step() -> None:
    with mpc.Session.local(parties=3, trace=True) as session:
        x, y = session.share([25, -3]), session.share([50, 4], owner=1)
        product = x * y
        assert product.open(to=2)[2].tolist() == [1250, -12]
        trace = session.trace
        assert trace is not None
    assert [step.name for step in trace.steps] == ["seeds in common", "share of party 0", "share of party 1", "multiply", "open"]
    seeds, shared, other, multiplied, opened = trace.steps
    assert {message.round for message in seeds.messages} == {0}
    assert len(seeds.messages) == 6
    # Both ends expand these seeds: an input takes no message.
    assert not shared.messages
    for step, expected in ((shared, [25, -3]), (multiplied, [1250, -12])):
        (value,) = step.outputs
        assert value.kind == mpc.Kind.INTEGER
        total = sum(value.shares.values(), np.zeros(2, dtype=np.uint64))
        np.testing.assert_array_equal(total.view(np.int64), expected)
    assert [value.number for value in multiplied.inputs] == [shared.outputs[0].number, other.outputs[0].number]
    # Four masked words are opened, x - a and y - b, by 32 bytes from everybody to everybody.
    (opening,) = multiplied.openings
    assert len(opening.elements) == 4
    assert {(message.sender, message.receiver, len(message.content)) for message in multiplied.messages} == {
        (one, other, 8 + 32) for one in range(3) for other in range(3) if one != other
    }
    shares = [int(np.frombuffer(m.content, dtype=np.uint64, offset=8)[0]) for m in multiplied.messages if m.receiver == (m.sender + 1) % 3]
    assert sum(shares) % 2**64 == opening.elements[0]
    assert {(message.sender, message.receiver) for message in opened.messages if message.parts} == {(0, 2), (1, 2)}
    assert list(opened.learnt) == [2]


def test_what_is_printed() -> None:
    alice, bob = VirtualMachine("alice"), VirtualMachine("bob")
    with Trace() as trace:
        x = PrivateScalar(25, alice).share([bob])
        product = x * x + 1
        below = product < 700
        below.reconstruct(bob)
    text = str(trace)
    lines = text.splitlines()
    assert [step.name for step in trace.steps] == ["seeds in common", "share of alice", "square", "add public", "public", "less", "open"]
    heads = [line for line in lines if not line.startswith("       ")]
    assert heads[1] == "  2  share of alice -> #0 (integer)"
    assert len(heads) == len(trace.steps)
    (opened,) = trace.steps[2].openings
    assert f"{opened.elements[0]:016x}  (x - a; of a and a^2 each party has a share)" in text
    assert "alice holds" in text
    assert "alice -> bob" in text
    assert "bob learns" in text
    assert "masked bits" in text
    for line in lines:
        assert line == line.rstrip()


def test_a_machine_sees_what_is_its_own() -> None:
    alice, bob, carol, dave = (VirtualMachine(name) for name in ("alice", "bob", "carol", "dave"))
    with alice.trace() as seen, dave.trace() as strange, Trace() as everything:
        x = PrivateScalar(6, bob).share([alice, bob, carol])
        y = PrivateScalar(7, carol).share([alice, bob, carol])
        z = x * y
        z.reconstruct(bob)
        z.reconstruct(dave)
    assert {who for step in seen.steps for value in step.outputs for who in value.shares} == {alice}
    assert all(alice in step.who(message) for step in seen.steps for message in step.messages)
    assert not any(step.learnt for step in seen.steps)
    assert [step.learnt[bob].tolist() for step in everything.steps if bob in step.learnt] == [[42]]
    assert "bob -> carol" not in str(seen)
    assert "bob -> carol" in str(everything)
    assert str(everything.seen_by(alice)) == str(seen)
    assert [step.name for step in strange.steps] == ["open to dave"]
    (step,) = strange.steps
    assert {step.who(message) for message in step.messages} == {(who, dave) for who in (alice, bob, carol)}
    words = [int.from_bytes(message.content[8:], "little") for message in step.messages]
    assert sum(words) % 2**64 == 42


def test_every_masked_value_is_what_the_messages_add_up_to() -> None:
    """For every operation with messages; and tracing changes no result."""
    with mpc.Session.local(parties=3, trace=True) as session, mpc.Session.local(parties=3) as plain:
        found = []
        for one in (session, plain):
            x, y = one.share([0.5, -3.0, 2.0]), one.share([1.5, 2.0, 2.0], owner=2)
            kept = [x * y, x / y, x < y, x == y, x.sigmoid(), x.exp(), y.log(), x.relu(), x.sort(), x.max()]
            found.append([np.asarray(made.open()).tolist() for made in kept])
        assert found[0] == found[1]
        assert session.trace is not None
        steps = session.trace.steps
    for step in steps:
        rounds = {message.round for message in step.messages}
        for round_ in rounds:
            sizes = {len(message.content) - 8 for message in step.messages if message.round == round_}
            parts = {sum(part.bytes for part in message.parts) for message in step.messages if message.round == round_}
            assert sizes == parts
    assert any(opening.part.bits == 1 for step in steps for opening in step.openings)
    assert any(opening.part.bits == 32 for step in steps for opening in step.openings)
    assert plain.trace is None


def test_without_a_dealer_the_messages_that_make_randomness_are_there() -> None:
    with mpc.Session.local(parties=2, dealer=False, trace=True) as session:
        (session.share(2) * session.share(3)).open()
        assert "bytes that make correlated randomness" in str(session.trace)


def test_a_trace_ends_with_its_block() -> None:
    alice, bob = VirtualMachine("alice"), VirtualMachine("bob")
    x = PrivateScalar(6, alice).share([bob])
    with Trace() as trace, pytest.raises(ZeroDivisionError):
        x / 0
    x.reconstruct(alice)
    assert trace.steps == []
    # Operations wait again until something is opened.
    with Trace() as trace:
        kept = x * x
    (step,) = trace.steps
    assert step.messages
    assert kept.reconstruct(alice).value == 36
