"""What the parties reported during a play: all that the judgement looks at. It can be kept as a file and judged again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Observed", "PrivateTraining", "Record", "Round", "Traffic"]


@dataclass(frozen=True)
class Round:
    """A round that ended with a sum.

    Attributes:
        run: `statistics`, `training` or the name of a private training.
        number: of the round in its run.
        members: who is in the sum.
        seconds: from its first message to the sum, by the server's clock.
        context: what every participant was given.
        values: the joint means by name of the tensor; of a private training the noised sum.
        weight: the sum of the weights: rows; 0 in a private training, which has none.
    """

    run: str
    number: int
    members: list[str]
    seconds: float
    context: list[float]
    values: dict[str, Any]
    weight: int


@dataclass(frozen=True)
class Observed:
    """A masked vector as the server stores it.

    Attributes:
        member: whose.
        round: of the training run.
        payload: the bytes, in hexadecimal.
    """

    member: str
    round: int
    payload: str


@dataclass
class Traffic:
    """What a hospital sent: bodies of its requests, in bytes.

    Attributes:
        sent: in all.
        rounds: sent in each training round that it ended.
        masked: the largest message, with its masked vector.
        contributed: how many rounds its contribution is in.
    """

    sent: int = 0
    rounds: list[int] = field(default_factory=list)
    masked: int = 0
    contributed: int = 0


@dataclass(frozen=True)
class PrivateTraining:
    """A training with differential privacy.

    Attributes:
        epsilon: that it may cost.
        rounds: how many it had.
        coefficients: of its model.
        spent: by the ledger of each party after the last round.
    """

    epsilon: float
    rounds: int
    coefficients: list[float]
    spent: dict[str, float]


@dataclass
class Record:
    """A play.

    Attributes:
        killed: the hospital that was killed.
        killed_in: the training round.
        back_in: the first training round after its return.
        epochs: set-ups of the training run until its return: 1 if its stored keys served.
        tolerated: dropouts that every round survives, whoever they are.
        rounds: the rounds that ended with a sum, in order.
        aborted: texts of rounds that did not.
        statistics: `rows`, `mean`, `variance`, `correlation`.
        coefficients: of the last model.
        observed: what the server stored.
        traffic: by hospital.
        private: the private trainings.
        seconds: how long the play took.
    """

    killed: str
    killed_in: int
    back_in: int = 0
    epochs: int = 0
    tolerated: int = 0
    rounds: list[Round] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    statistics: dict[str, Any] = field(default_factory=dict)
    coefficients: list[float] = field(default_factory=list)
    observed: Observed | None = None
    traffic: dict[str, Traffic] = field(default_factory=dict)
    private: list[PrivateTraining] = field(default_factory=list)
    seconds: float = 0.0

    def of(self, run: str) -> list[Round]:
        """The rounds of a run."""
        return [entry for entry in self.rounds if entry.run == run]

    def write(self, path: Path) -> None:
        """Writes it as JSON; every number comes back as it was."""
        path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Record:
        """Reads what `write` wrote."""
        content = json.loads(path.read_text(encoding="utf-8"))
        content["rounds"] = [Round(**entry) for entry in content["rounds"]]
        content["private"] = [PrivateTraining(**entry) for entry in content["private"]]
        content["observed"] = None if content["observed"] is None else Observed(**content["observed"])
        content["traffic"] = {name: Traffic(**entry) for name, entry in content["traffic"].items()}
        return cls(**content)
