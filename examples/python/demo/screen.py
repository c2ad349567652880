"""What is shown while the play goes on: bars on a terminal, a line for each happening elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from play import Plot
from private import EPSILONS, run_name
from record import Round
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

__all__ = ["Stage", "console"]

_WIDTH_OF_FILES = 118
_STATISTICS_ROUNDS = 2


def console() -> Console:
    """The console; a pipe or a file gets lines of a fixed width without control characters."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=_WIDTH_OF_FILES, force_terminal=False, color_system=None)


class Stage:
    """Shows a play as it happens.

    Args:
        shown_on: the console.
        hospitals: rows of each hospital.
        plot: what is to happen.
    """

    def __init__(self, shown_on: Console, hospitals: dict[str, int], plot: Plot) -> None:
        self._console = shown_on
        columns = (TextColumn("{task.description:<12}"), BarColumn(36), MofNCompleteColumn(), TextColumn("{task.fields[text]}"))
        self._progress = Progress(*columns, TimeElapsedColumn(), console=shown_on, disable=not shown_on.is_terminal)
        self._runs: dict[str, TaskID] = {
            "statistics": self._progress.add_task("[bold]statistics", total=_STATISTICS_ROUNDS, text=""),
            "training": self._progress.add_task("[bold]training", total=plot.rounds, text=""),
            **{
                run_name(epsilon): self._progress.add_task(f"[bold]{run_name(epsilon)}", total=plot.private_rounds, text="")
                for epsilon in EPSILONS
            },
        }
        rounds = _STATISTICS_ROUNDS + plot.rounds + plot.private_rounds * len(EPSILONS)
        self._parties: dict[str, TaskID] = {
            name: self._progress.add_task(f"  {name}", total=rounds, text=f"{count} rows") for name, count in hospitals.items()
        }

    def __enter__(self) -> Self:
        """Begins to show."""
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Leaves the bars as they are."""
        self._progress.stop()

    def happened(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, markup=False)

    def party(self, name: str, text: str) -> None:
        """What a hospital is doing."""
        if name in self._parties:
            self._progress.update(self._parties[name], text=text)

    def round(self, entry: Round) -> None:
        """A round has ended."""
        text = ""
        if entry.run == "training":
            text = f"loss {entry.values['loss']:.4f}  accuracy {100 * entry.values['accuracy']:.2f} %"
        self._progress.update(self._runs[entry.run], advance=1, text=text)
        for name in entry.members:
            self._progress.update(self._parties[name], advance=1)
        if not self._console.is_terminal:
            missing = [name for name in self._parties if name not in entry.members]
            without = f"  without {', '.join(missing)}" if missing else ""
            self._console.print(f"{entry.run:<10} round {entry.number:>2}  {entry.seconds:5.2f} s  {text}{without}".rstrip(), markup=False)
