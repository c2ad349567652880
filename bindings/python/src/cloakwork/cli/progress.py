"""The progress of a round, as bars: how many parties have answered in the present step."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cloakwork.controller import Controller, RunHandle

__all__ = ["STEPS", "follow"]

STEPS = {
    "idle": "set-up",
    "advertise": "set-up: keys",
    "confirm": "set-up: confirmation",
    "ready": "ready",
    "mask": "masked vectors",
    "survive": "dropouts",
    "unmask": "opening",
    "sum": "adding up",
    "finished": "ended",
}


def follow(controller: Controller, handle: RunHandle, number: int) -> None:
    """Shows a round until it has ended. Where the standard error is no terminal it only waits."""
    console = Console(stderr=True)
    columns = (TextColumn("round {task.fields[round]}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[step]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("round", total=len(handle.names), round=number, step="")
        version: str | None = None
        while True:
            status = controller.watch(version)
            if status is None:
                continue
            version = status["version"]
            about = next(run for run in status["runs"] if run["run"] == handle.run.run_id.hex())
            waiting = _waited_for(about)
            text = STEPS.get(about.get("step", ""), "closed")
            if waiting and len(waiting) <= 3:
                text += f", waiting for {', '.join(waiting)}"
            progress.update(bar, completed=len(about["members"]) - len(waiting), step=text)
            if _ended(about, number):
                return


def _waited_for(about: dict[str, Any]) -> list[str]:
    return [member["name"] for member in about["members"] if member["state"] == "waited for"]


def _ended(about: dict[str, Any], number: int) -> bool:
    # A round that is not among the last ones shown ended long ago.
    shown = [entry for entry in about["rounds"] if entry["round"] == number]
    return not shown or shown[0]["state"] == "ended"
