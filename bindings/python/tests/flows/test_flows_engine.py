"""The engine: replay after every event, and failures of storage at every statement."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flows_engine import Study

from cloakwork.errors import CloakworkError, Status
from cloakwork.secagg import Kind, message_kind
from cloakwork.wire.problem import FlowError, FlowStatus


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    made = Study(tmp_path / "server.sqlite", 5)
    yield made
    made.engine.close()


def snapshot(study: Study) -> tuple[object, ...]:
    """Everything that a machine shows. One that was made anew between two rounds does not remember the last one, and need not."""
    machine = study.live.machine
    name, epoch, _, passes = machine.phase
    if name in {"ready", "finished"}:
        return "between rounds", epoch, machine.confirmed()
    messages = [machine.message(member) for member in sorted(study.run.members)]
    return name, epoch, passes, machine.waiting(), machine.confirmed(), machine.survivors(), messages


def test_the_machine_is_the_same_after_a_restart_at_every_event(study: Study) -> None:
    """One member drops out, so that every step occurs; the engine is made anew after each message and each closed step."""
    for number in (1, 2):
        silent: set[int] = set()
        study.start_round(number)
        for _ in range(100):
            before = snapshot(study)
            study.restart()
            assert snapshot(study) == before
            if study.live.machine.phase.name == "mask":
                silent = {5}
            if not advance(study, silent):
                break
        study.check(number, (1, 2, 3, 4))
        study.settle()


def advance(study: Study, silent: set[int]) -> bool:
    """One message, or one closed step, or the sum; False when nothing is left."""
    for party in study.parties.values():
        if party.id in silent:
            continue
        if party.outgoing is not None:
            study.send(party)
            return True
        message = study.fetch(party)
        if message is not None:
            party.take(message)
            return True
    name = study.live.machine.phase.name
    if name == "sum":
        study.sum_up()
        return True
    if name in {"mask", "survive", "unmask"}:
        study.work(study.live.close_step)
        return True
    return False


@contextmanager
def failing_write(study: Study, number: int) -> Iterator[list[str]]:
    """Makes the write with this number fail, as on a full disk; gives the writes that were tried."""
    database = study.engine.database
    write, tried = database.change, []

    def change(statement: str, *values: object) -> int:
        tried.append(statement)
        if len(tried) == number:
            raise sqlite3.OperationalError("database or disk is full")
        return write(statement, *values)

    database.change = change  # type: ignore[method-assign]
    try:
        yield tried
    finally:
        del database.change  # type: ignore[method-assign]


def test_no_half_step_when_storage_fails(tmp_path: Path) -> None:
    """Every write of every transaction of a round is made to fail once: nothing is changed, and the same thing succeeds afterwards."""
    study = Study(tmp_path / "server.sqlite", 5)
    failures = 0
    for action in script(study):
        number = 1
        while True:
            before, machine = study.dump(), snapshot(study)
            with failing_write(study, number) as tried:
                try:
                    action()
                except FlowError as error:
                    assert error.code == FlowStatus.STORAGE_FAILED
                    assert len(tried) == number
                else:
                    assert len(tried) < number
                    break
            assert study.dump() == before
            assert snapshot(study) == machine
            failures += 1
            number += 1
    study.check(1, (1, 2, 3, 4, 5))
    study.engine.close()
    assert failures > 60


def script(study: Study):
    """The transactions of a round, one after the other."""
    yield lambda: study.start_round(1)
    for _ in range(4):
        for party in study.parties.values():
            message = study.fetch(party)
            if message is not None:
                party.take(message)
        for party in study.parties.values():
            message = study.fetch(party)
            if party.outgoing is None and message is not None:
                party.take(message)
        for party in study.parties.values():
            if party.outgoing is not None:
                outgoing = party.outgoing

                def send(party=party, outgoing=outgoing) -> None:
                    party.outgoing = outgoing
                    study.send(party)

                yield send
    yield study.sum_up


def test_a_full_database_refuses_and_goes_on(study: Study) -> None:
    study.start_round(1)
    connection = study.engine.database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    before = study.dump()
    with pytest.raises(FlowError) as caught:
        study.work(lambda: study.engine.start_round(study.run.run_id, 2, None, bytes(10**6)))
    assert caught.value.code == FlowStatus.STORAGE_FAILED
    assert "full" in caught.value.message
    assert study.dump() == before
    connection.execute("PRAGMA max_page_count = 1000000")
    study.settle()
    study.check(1, (1, 2, 3, 4, 5))


def test_a_locked_database_refuses_and_goes_on(study: Study) -> None:
    study.start_round(1)
    other = sqlite3.connect(study.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    before = study.dump()
    with pytest.raises(FlowError) as caught:
        study.settle()
    assert caught.value.code == FlowStatus.STORAGE_FAILED
    assert "locked" in caught.value.message
    assert study.dump() == before
    other.execute("ROLLBACK")
    other.close()
    study.settle()
    study.check(1, (1, 2, 3, 4, 5))


def test_two_runs_side_by_side_do_not_mix(tmp_path: Path) -> None:
    first = Study(tmp_path / "server.sqlite", 3, "first")
    second = Study(tmp_path / "server.sqlite", 4, "second", engine=first.engine)
    first.start_round(1)
    second.start_round(1)
    for party in first.parties.values():
        message = first.fetch(party)
        assert message is not None
        party.take(message)
        # The ids are those of members of the other run as well, the message is not.
        outgoing = party.outgoing
        assert outgoing is not None
        with pytest.raises(CloakworkError) as caught:
            second.live.receive(party.id, outgoing)
        assert caught.value.code == Status.WRONG_RUN
    first.settle()
    second.settle()
    first.check(1, (1, 2, 3))
    second.check(1, (1, 2, 3, 4))
    first.engine.close()


def test_rounds_are_started_in_order_and_once(study: Study) -> None:
    engine, run = study.engine, study.run.run_id
    for number, context in ((0, b""), (2, b"")):
        with pytest.raises(FlowError) as caught:
            study.work(lambda number=number, context=context: engine.start_round(run, number, None, context))
        assert caught.value.code == FlowStatus.CONFLICT
    study.start_round(1)
    study.start_round(1)
    for number, wanted, context in ((1, None, b"another"), (1, [1, 2, 3], b"model and settings"), (2, None, b"")):
        with pytest.raises(FlowError) as caught:
            study.work(lambda args=(number, wanted, context): engine.start_round(run, *args))
        assert caught.value.code == FlowStatus.CONFLICT
    study.settle()
    study.check(1, (1, 2, 3, 4, 5))


def test_what_a_round_needed_is_deleted_when_it_has_ended(study: Study) -> None:
    study.start_round(1)
    study.settle()
    database = study.engine.database
    assert database.value("SELECT count(*) FROM payloads") == 0
    assert database.value("SELECT count(*) FROM events WHERE round > 0") == 0
    study.start_round(2)
    assert database.value("SELECT count(*) FROM contents") == 2
    study.settle()
    study.check(2, (1, 2, 3, 4, 5))


def test_a_stopped_round_tells_everybody_and_the_next_one_succeeds(study: Study) -> None:
    study.settle()
    study.start_round(1)
    party = study.parties[1]
    message = study.fetch(party)
    assert message is not None
    party.take(message)
    study.send(party)
    study.work(lambda: study.live.stop_round(1))
    study.work(lambda: study.live.stop_round(1))
    study.settle()
    assert party.outcomes == [Status.STOPPED]
    study.start_round(2)
    study.settle()
    study.check(2, (1, 2, 3, 4, 5))


def test_a_round_stopped_before_set_up_is_complete(study: Study) -> None:
    study.start_round(1)
    study.work(lambda: study.live.stop_round(1))
    study.settle()
    study.start_round(2)
    study.settle()
    study.check(2, (1, 2, 3, 4, 5))


def refuse(study: Study, member: int, accused: int) -> None:
    """A member says that another's keys are not confirmed, as an answer to its confirmations."""
    number = study.engine.database.value("SELECT number FROM outbox WHERE round = 0 ORDER BY number DESC")
    study.work(lambda: study.live.refused(member, number, accused, int(Status.NOT_CONFIRMED), "keys are not confirmed"))


@pytest.mark.parametrize(
    ("accusations", "participants"),
    [
        ([(1, 5), (2, 5), (3, 5)], (1, 2, 3, 4)),
        # Half of the neighbours are not more than half: the accusers are left out, and three are too few for a round.
        ([(1, 5)], (2, 3, 4, 5)),
        ([(5, 5)], (1, 2, 3, 4, 5)),
    ],
)
def test_who_is_left_out_for_keys_that_do_not_confirm(
    study: Study, accusations: list[tuple[int, int]], participants: tuple[int, ...]
) -> None:
    study.settle()
    for accuser, accused in accusations:
        refuse(study, accuser, accused)
    study.start_round(1)
    study.settle()
    study.check(1, participants)
    # New keys, new trust.
    study.work(lambda: study.live.setup_wanted(1))
    study.start_round(2)
    study.settle()
    study.check(2, (1, 2, 3, 4, 5))


def test_an_absent_member_is_not_accused(tmp_path: Path) -> None:
    study = Study(tmp_path / "server.sqlite", 5)
    study.settle(5)
    study.work(study.live.close_step)
    study.settle(5)
    refuse(study, 1, 5)
    study.start_round(1)
    study.settle(5)
    study.check(1, (1, 2, 3, 4))
    study.engine.close()


def test_garbage_tags_leave_their_sender_out(study: Study) -> None:
    """All neighbours of a member that sends wrong confirmation tags refuse it by name."""
    while study.live.machine.phase.name != "ready":
        for party in study.parties.values():
            message = study.fetch(party)
            if message is not None:
                party.take(message)
            if party.outgoing is not None:
                if party.id == 5 and message_kind(party.outgoing) == Kind.CONFIRM:
                    # The message ends with four tags of 16 bytes.
                    party.outgoing = party.outgoing[:-64] + bytes(64)
                study.send(party)
    for party in study.parties.values():
        message = study.fetch(party)
        assert message is not None
        party.take(message)
        for accused in party.machine.unconfirmed:
            refuse(study, party.id, accused)
    study.start_round(1)
    study.settle()
    study.check(1, (1, 2, 3, 4))


def test_a_round_waits_for_nobody_who_refused(study: Study) -> None:
    """The refusal may come before or after the answers of the others."""
    for number, first in ((1, True), (2, False)):
        study.settle()
        study.start_round(number)
        begin = study.parties[5].number

        def refusal(begin: int = begin) -> None:
            study.live.refused(5, begin, None, int(Status.WRONG_CONTEXT), "another model")

        if first:
            study.work(refusal)
        study.settle(5)
        if not first:
            study.work(refusal)
        study.settle(5)
        study.check(number, (1, 2, 3, 4))


def test_a_step_is_closed_at_its_limit_and_not_before(study: Study) -> None:
    """A timer that comes a moment early, or a clock that was set back, gets the limit again to wait for."""
    study.settle()
    study.start_round(1)
    run = study.run.run_id
    ahead = study.live.deadline
    assert ahead is not None
    (wake,) = study.engine.close_if_due(run)
    assert wake.deadline == ahead
    assert study.live.machine.phase.name == "mask"
    study.engine.database.change("UPDATE runs SET deadline = 1")
    study.engine.close_if_due(run)
    assert study.live.machine.phase.name == "finished"
    assert study.live.deadline is None
    # Who missed the step is away until it is heard from.
    assert study.live.members.away() == {1, 2, 3, 4, 5}
    study.engine.heard(run, 1)
    assert study.live.members.away() == {2, 3, 4, 5}


def test_set_up_has_no_limit_until_a_round_waits_for_it(study: Study) -> None:
    assert study.live.deadline is None
    study.start_round(1)
    assert study.live.deadline is not None
    study.work(lambda: study.live.stop_round(1))
    assert study.live.deadline is None


def test_a_restart_gives_members_time_to_come_back(study: Study) -> None:
    study.settle()
    study.start_round(1)
    study.engine.database.change("UPDATE runs SET deadline = 1")
    study.restart()
    study.engine.resume()
    deadline = study.live.deadline
    assert deadline is not None
    assert deadline > time.time() + 30
    study.settle()
    study.check(1, (1, 2, 3, 4, 5))
