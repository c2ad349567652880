"""A hospital: a process that has its own rows and takes part in all runs until they are closed. Its folder is its first argument.

It may be killed at any moment: started again with the same folder it goes on with the keys and the state that it stored there.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import logistic
import moments
import numpy as np
import private
from messages import hear, leave_with_parent, say
from numpy.typing import NDArray
from rows import Rows

from cloakwork.client import Client, Event, Round
from cloakwork.flow import keyfile
from cloakwork.ledger import Budget, Ledger

_PATIENCE_SECONDS = 60
_IDLE_SECONDS = 180
_SLOW_SECONDS = 120


class Hospital:
    """A hospital with its rows.

    Args:
        folder: where its rows, its identity and its state are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows = Rows.read(folder / "rows.npz")
        path = folder / "identity"
        self._identity = keyfile.load(path) if path.exists() else keyfile.create(path)
        self._slow_round: int | None = None
        say("ready", fingerprint=self._identity.fingerprint)

    def take_part(self, invited: dict[str, Any]) -> None:
        """Takes part in the runs that it is invited to, one after the other.

        Args:
            invited: `ca`, an invitation for each of the runs, and as `slow_round` a training round in which it computes for long.
        """
        self._slow_round = invited["slow_round"]
        self._serve("statistics", invited, self._statistics)
        self._serve("training", invited, self._training)
        with Ledger(self._folder / "ledger.sqlite") as ledger:
            for epsilon in private.EPSILONS:
                name = private.run_name(epsilon)
                # This hospital's own limit for its own rows, whatever the office keeps to.
                ledger.open_dataset(name, Budget(epsilon, private.DELTA))
                self._serve(name, invited, self._private, ledger=ledger, dataset=name, unit=private.unit())
                say("spent", epsilon=epsilon, spent=ledger.spent(name).epsilon)

    def _serve(self, run: str, invited: dict[str, Any], contribute: Any, **charged: Any) -> None:  # noqa: ANN401 - a method, arguments
        invitation, storage = invited["invitations"][run], self._folder / f"{run}.sqlite"
        with Client.join(invitation, self._identity, storage, ca=invited["ca"], patience=_PATIENCE_SECONDS, **charged) as client:

            def tell(event: Event) -> None:
                fields = {"what": event.what, "epoch": event.epoch, "round": event.round, "text": event.text}
                say("step", run=run, sent=client.sent_bytes, **fields)

            client.serve(contribute, idle_seconds=_IDLE_SECONDS, listener=tell)

    def _statistics(self, current: Round) -> dict[str, NDArray[Any]]:
        tensors = moments.contribution(self._rows, np.frombuffer(current.context, "<f8"))
        return moments.layout(len(current.run.members)).flatten(tensors, weight=len(self._rows))

    def _training(self, current: Round) -> dict[str, NDArray[Any]]:
        if current.number == self._slow_round:
            say("computing", round=current.number)
            time.sleep(_SLOW_SECONDS)
        tensors = logistic.contribution(self._rows, logistic.Model.decode(current.context))
        return logistic.layout(len(current.run.members)).flatten(tensors, weight=len(self._rows))

    def _private(self, current: Round) -> NDArray[np.float64]:
        return private.contribution(self._rows, np.frombuffer(current.context, "<f8"))


def main() -> None:
    """Introduces itself, waits for its invitations and takes part."""
    hospital = Hospital(Path(sys.argv[1]))
    invited = hear()
    leave_with_parent()
    if invited is not None:
        hospital.take_part(invited)


if __name__ == "__main__":
    main()
