"""The office: the controller of all runs, a process that has no data. Its folder is its first argument; each line tells it what to do."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import logistic
import moments
import numpy as np
import private
from messages import hear, say
from numpy.typing import NDArray
from rows import FEATURES

from cloakwork.controller import Controller, RoundResult, RunHandle
from cloakwork.errors import ProtocolError
from cloakwork.flow import keyfile
from cloakwork.layout import Layout, Result
from cloakwork.ledger import Budget, Ledger
from cloakwork.secagg import Config, Identity

_ROUND_SECONDS = 120
_SETUP_SECONDS = 60
_ATTEMPTS = 3


class Office:
    """The controller.

    Args:
        folder: where it keeps its ledger.
        identity: its identity.
        order: `url` and `server` (the fingerprint), `ca`, `members` (a fingerprint for each name), `step_seconds` and `private_rounds`.
    """

    def __init__(self, folder: Path, identity: Identity, order: dict[str, Any]) -> None:
        self._ledger = Ledger(folder / "ledger.sqlite")
        self._controller = Controller(order["url"], order["server"], identity, ca=order["ca"], ledger=self._ledger)
        members: dict[str, str] = order["members"]
        self._layouts = {"statistics": moments.layout(len(members)), "training": logistic.layout(len(members))}
        self._runs = {name: self._create(name, layout, members, order["step_seconds"]) for name, layout in self._layouts.items()}
        self._private_rounds: int = order["private_rounds"]
        for epsilon in private.EPSILONS:
            self._runs[private.run_name(epsilon)] = self._create_private(epsilon, members, order["step_seconds"])
        self._rows = 0
        self._model: logistic.Model | None = None
        dropouts = self._runs["training"].run.tolerated_dropouts()
        invitations = {name: str(handle.invitation) for name, handle in self._runs.items()}
        say("invites", invitations=invitations, members=self._runs["training"].names, tolerated_dropouts=dropouts)

    def _create(self, name: str, layout: Layout, members: dict[str, str], step_seconds: int) -> RunHandle:
        config = Config(layout.segments, settings=layout.settings, setup_seconds=_SETUP_SECONDS, step_seconds=step_seconds)
        return self._controller.create(name, members, config)

    def _create_private(self, epsilon: float, members: dict[str, str], step_seconds: int) -> RunHandle:
        """A run with noise. Each has a budget of its own here, to be read by itself; trainings on the same rows add up in truth."""
        name = private.run_name(epsilon)
        plan = private.plan(epsilon, len(members), self._private_rounds)
        config = Config.private(plan.mechanism, plan.bits, setup_seconds=_SETUP_SECONDS, step_seconds=step_seconds)
        self._ledger.open_dataset(name, Budget(epsilon, private.DELTA))
        return self._controller.create(name, members, config, dataset=name, unit=private.unit())

    def statistics(self) -> None:
        """Has the joint mean computed in one round, and from it variances and correlations in a second one."""
        centre = moments.mean_of(self._round("statistics", np.zeros(FEATURES)), np.zeros(FEATURES))
        found = moments.moments_of(self._round("statistics", centre), centre)
        self._runs["statistics"].close()
        self._rows = found.rows
        self._model = logistic.start(found.rows, found.mean, found.variance)
        say(
            "statistics",
            rows=found.rows,
            mean=found.mean.tolist(),
            variance=found.variance.tolist(),
            correlation=found.correlation.tolist(),
        )

    def train(self) -> None:
        """Has one training round done."""
        if self._model is None:
            raise RuntimeError("training needs the joint statistics")
        joint = self._round("training", np.frombuffer(self._model.encode(), "<f8"))
        self._model = logistic.step(self._model, joint)
        say("trained", coefficients=self._model.coefficients.tolist())

    def train_privately(self) -> None:
        """Has the private trainings done, one after the other."""
        for epsilon in private.EPSILONS:
            name = private.run_name(epsilon)
            trainer = private.Trainer(self._rows, self._private_rounds)
            for _ in range(self._private_rounds):
                found = self._open(name, trainer.coefficients)
                (gradient,) = found.sums.values()
                self._ended(name, found, trainer.coefficients, {"gradient": gradient}, 0)
                trainer.step(gradient)
            self._runs[name].close()
            spent = self._ledger.spent(name).epsilon
            say("private", epsilon=epsilon, rounds=self._private_rounds, coefficients=trainer.model.tolist(), spent={"office": spent})

    def expect(self, member: str) -> None:
        """Waits until the server has heard from a member that was away."""
        handle, version = self._runs["training"], None
        while True:
            status = self._controller.watch(version)
            if status is None:
                continue
            version = status["version"]
            shown = next(run for run in status["runs"] if run["run"] == handle.run.run_id.hex())
            if any(entry["name"] == member and entry["state"] == "ready" for entry in shown["members"]):
                say("there", member=member, epoch=shown["epoch"])
                return

    def close(self) -> None:
        """Closes the training run: the hospitals go home."""
        self._runs["training"].close()
        say("closed")

    def _round(self, run: str, context: NDArray[np.float64]) -> Result:
        """A round of a run without noise."""
        found = self._open(run, context)
        joint = self._layouts[run].unflatten(found.sums, parties=len(found.members))
        self._ended(run, found, context, joint.values, joint.weight)
        return joint

    def _open(self, run: str, context: NDArray[np.float64]) -> RoundResult:
        """A round; one that too few survived, as on a machine that is too busy, is started again."""
        handle = self._runs[run]
        for attempt in range(1, _ATTEMPTS + 1):
            number = handle.start_round(context.astype("<f8").tobytes())
            say("began", run=run, round=number)
            try:
                return handle.result(number, seconds=_ROUND_SECONDS)
            except ProtocolError as error:
                say("aborted", run=run, round=number, text=str(error))
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError

    @staticmethod
    def _ended(run: str, found: RoundResult, context: NDArray[np.float64], values: Mapping[str, NDArray[Any]], weight: int | None) -> None:
        say(
            "ended",
            run=run,
            round=found.number,
            members=found.names,
            seconds=found.seconds,
            context=context.tolist(),
            values={name: value.tolist() for name, value in values.items()},
            weight=weight,
        )


def main() -> None:
    """Introduces itself and does what it is told."""
    folder = Path(sys.argv[1])
    identity = keyfile.create(folder / "identity")
    say("ready", fingerprint=identity.fingerprint)
    office: Office | None = None
    while (order := hear()) is not None:
        if order["do"] == "create":
            office = Office(folder, identity, order)
        elif office is None:
            raise RuntimeError("the runs are not created yet")
        elif order["do"] == "expect":
            office.expect(order["member"])
        else:
            tasks = {"statistics": office.statistics, "train": office.train, "close": office.close, "private": office.train_privately}
            tasks[order["do"]]()


if __name__ == "__main__":
    main()
