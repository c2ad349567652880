"""Five hospitals, a server and an office, each a process of its own, compute joint statistics and a joint model over TLS on this machine.

    python examples/python/demo [--quick]

One hospital is killed in the middle of a round and comes back later. Then the model is trained anew with differential privacy, at three
epsilons. At the end every secure result stands beside the pooled one. Ends with 0 when everything is right, with 1 when a result is off,
and with 2 when something failed.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

import rows
from judgement import Judgement
from play import Play, Plot
from processes import Failure
from record import Record
from report import show
from screen import Stage, console

_KILLED = "west"
_PRIVATE_ROUNDS = 20
_OFF = 1
_FAILED = 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer training rounds")
    parser.add_argument("--step-seconds", type=int, default=6, help="how long a round waits for a hospital in each step (default: 6)")
    parser.add_argument("--seconds", type=float, default=240, help="how long everything may take (default: 240)")
    parser.add_argument("--record", type=Path, help="keep what the parties reported in this file")
    parser.add_argument("--judge", type=Path, help="play nothing; judge such a file")
    return parser.parse_args()


def _plot(arguments: argparse.Namespace) -> Plot:
    rounds, killed_in, away = (12, 3, 1) if arguments.quick else (20, 6, 3)
    return Plot(rounds, _PRIVATE_ROUNDS, _KILLED, killed_in, away, arguments.step_seconds, arguments.seconds)


def main() -> int:
    """Plays, shows and judges; returns the exit code."""
    arguments = _arguments()
    shown_on = console()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_FAILED))
    whole, names = rows.load()
    parts = rows.split(whole)
    counts = {name: len(part) for name, part in parts.items()}
    if arguments.judge:
        record = Record.read(arguments.judge)
    else:
        plot = _plot(arguments)
        listed = ", ".join(f"{name} {count}" for name, count in counts.items())
        shown_on.print(f"{len(whole)} rows of {rows.FEATURES} features in {len(parts)} hospitals: {listed}")
        try:
            with (
                tempfile.TemporaryDirectory(prefix="cloakwork-demo-") as folder,
                Stage(shown_on, counts, plot) as stage,
                Play(Path(folder), parts, plot, stage) as play,
            ):
                record = play.run()
        except (Failure, KeyboardInterrupt) as failure:
            shown_on.print(f"failed: {failure}" if isinstance(failure, Failure) else "stopped", markup=False)
            return _FAILED
        if arguments.record:
            record.write(arguments.record)
    judgement = Judgement(record, parts)
    show(shown_on, judgement, names, counts)
    verdict = "every secure result is the pooled one, every private one as noisy as it states" if judgement.holds else "A RESULT IS OFF"
    shown_on.print(f"{verdict}; {record.seconds:.1f} s in all", style="bold green" if judgement.holds else "bold red")
    return 0 if judgement.holds else _OFF


if __name__ == "__main__":
    sys.exit(main())
