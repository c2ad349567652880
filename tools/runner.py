"""Runs stages of checks side by side, each with a log, a time limit and a count of what passed and failed.

Two stages that use the same resource (a Cargo target folder, valgrind) never run at the same time; a stage starts after those that
it names. Output goes to a log of the stage; the end of it is shown when the stage fails.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

LOG_LINES_SHOWN = 60


@dataclass
class Count:
    """Checks that passed and failed, and what the reader should know besides."""

    passed: int = 0
    failed: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Takes in another count."""
        self.passed += other.passed
        self.failed += other.failed
        self.notes += other.notes


class StageFailure(Exception):
    """A command of a stage did not end as it should."""


class Log:
    """Runs the commands of one stage and keeps what they print."""

    def __init__(self, path: Path, root: Path, environment: Mapping[str, str], limit_seconds: float) -> None:
        self.path = path
        self._root = root
        self._environment = environment
        self._deadline = time.monotonic() + limit_seconds
        self.computing_seconds = 0.0
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")

    def write(self, text: str) -> None:
        """Adds a line of the stage's own."""
        with self.path.open("a", encoding="utf-8") as log:
            log.write(text.rstrip("\n") + "\n")

    def run(self, *command: str | Path, environment: Mapping[str, str] | None = None, folder: Path | None = None) -> str:
        """Runs a command and gives what it printed; a non-zero end or the time limit is a failure of the stage."""
        arguments = [str(part) for part in command]
        self.write("$ " + " ".join(arguments))
        start = self.path.stat().st_size
        with self.path.open("ab") as log:
            process = subprocess.Popen(
                arguments,
                cwd=folder or self._root,
                env={**self._environment, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            code = self._end(process, " ".join(arguments))
        with self.path.open("rb") as log:
            log.seek(start)
            output = log.read().decode("utf-8", "replace")
        if code != 0:
            raise CommandFailure(arguments, code, output)
        return output

    def _end(self, process: subprocess.Popen[bytes], command: str) -> int:
        """Waits for the end of a process, kills it at the time limit, and adds up what it and its children computed."""
        late = threading.Event()

        def end() -> None:
            late.set()
            os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(max(1.0, self._deadline - time.monotonic()), end)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        finally:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        self.computing_seconds += usage.ru_utime + usage.ru_stime
        if late.is_set():
            raise StageFailure(f"time limit reached in: {command}")
        return process.returncode

    def tail(self) -> str:
        """The last lines of the log."""
        return "\n".join(self.path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES_SHOWN:])


class CommandFailure(StageFailure):
    """A command ended with another code than 0."""

    def __init__(self, command: Sequence[str], code: int, output: str) -> None:
        super().__init__(f"exit code {code}: {' '.join(command)}")
        self.output = output


@dataclass(frozen=True)
class Stage:
    """One stage: what it is called, what it does, what it must not share and what it waits for."""

    name: str
    action: Callable[[Log], Count]
    resource: str | None = None
    after: tuple[str, ...] = ()
    limit_seconds: float = 1200.0


def count_cargo(output: str, slow: str) -> Count:
    """Reads what `cargo test` prints. An ignored test fails the stage unless its reason contains `slow`."""
    count = Count()
    for passed, failed in re.findall(r"^test result: \w+\. (\d+) passed; (\d+) failed;", output, re.MULTILINE):
        count.passed += int(passed)
        count.failed += int(failed)
    ignored = re.findall(r"^test (.+?) \.\.\. ignored(.*)$", output, re.MULTILINE)
    silent = [name for name, reason in ignored if slow not in reason]
    if len(ignored) > len(silent):
        count.notes.append(f"{len(ignored) - len(silent)} ignored: {slow}")
    if silent:
        count.failed += len(silent)
        count.notes.append("ignored without a reason: " + ", ".join(silent))
    return count


def count_own(output: str) -> Count:
    """Reads the last line `N passed, M failed` that the scripts of this repository print."""
    lines = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
    if not lines:
        return Count(passed=1)
    return Count(int(lines[-1][0]), int(lines[-1][1]))


def count_pytest(report: Path) -> Count:
    """Reads a JUnit report of pytest. A skipped test is a failure: nothing is left out silently."""
    count = Count()
    for suite in ET.parse(report).getroot().iter("testsuite"):
        wrong = int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
        skipped = [case.get("name", "?") for case in suite.iter("testcase") if case.find("skipped") is not None]
        count.failed += wrong + len(skipped)
        count.passed += int(suite.get("tests", "0")) - wrong - len(skipped)
        if skipped:
            count.notes.append("skipped: " + ", ".join(skipped))
    return count


def cargo(log: Log, *arguments: str | Path, environment: Mapping[str, str] | None = None, slow: str = "make test-long") -> Count:
    """Runs a cargo command that executes tests, and counts them even when some failed; see `count_cargo` for `slow`."""
    try:
        output = log.run("cargo", *arguments, environment=environment)
    except CommandFailure as failure:
        count = count_cargo(failure.output, slow)
        if count.failed == 0:
            raise
        return count
    return count_cargo(output, slow)


def own(log: Log, *command: str | Path, environment: Mapping[str, str] | None = None) -> Count:
    """Runs a script of this repository, and counts its checks even when some failed."""
    try:
        return count_own(log.run(*command, environment=environment))
    except CommandFailure as failure:
        count = count_own(failure.output)
        if count.failed == 0:
            raise
        return count


@dataclass(frozen=True)
class Result:
    """How a stage ended."""

    stage: Stage
    count: Count
    seconds: float
    computing_seconds: float
    trouble: str | None


class Runner:
    """Runs a list of stages, as many at a time as there are lanes."""

    def __init__(self, root: Path, logs: Path, environment: Mapping[str, str], *, lanes: int = 3, quiet: bool = False) -> None:
        self._root = root
        self._logs = logs
        self._environment = environment
        self._lanes = lanes
        self._quiet = quiet
        self._print_lock = threading.Lock()

    def run(self, stages: Sequence[Stage]) -> list[Result]:
        """Runs all stages; a stage whose predecessor failed fails too, without running."""
        waiting = list(stages)
        running: dict[Future[Result], Stage] = {}
        results: dict[str, Result] = {}
        names = {stage.name for stage in stages}
        with ThreadPoolExecutor(self._lanes) as pool:
            while waiting or running:
                for stage in list(waiting):
                    if len(running) >= self._lanes:
                        break
                    needed = [name for name in stage.after if name in names]
                    if any(name not in results for name in needed):
                        continue
                    if stage.resource and any(other.resource == stage.resource for other in running.values()):
                        continue
                    waiting.remove(stage)
                    broken = [name for name in needed if results[name].count.failed]
                    if broken:
                        results[stage.name] = self._report(Result(stage, Count(failed=1), 0.0, 0.0, f"needs {', '.join(broken)}"))
                        continue
                    running[pool.submit(self._run_one, stage)] = stage
                if not running:
                    if waiting and not any(all(n in results for n in s.after if n in names) for s in waiting):
                        raise ValueError("stages wait for each other: " + ", ".join(stage.name for stage in waiting))
                    continue
                for finished in wait(running, return_when=FIRST_COMPLETED).done:
                    stage = running.pop(finished)
                    results[stage.name] = finished.result()
        return [results[stage.name] for stage in stages]

    def _run_one(self, stage: Stage) -> Result:
        log = Log(self._logs / f"{stage.name}.log", self._root, self._environment, stage.limit_seconds)
        start = time.monotonic()
        trouble = None
        try:
            count = stage.action(log)
            if count.passed + count.failed == 0:
                raise StageFailure("nothing was checked")
        except Exception as error:  # noqa: BLE001 - whatever went wrong is the result of this stage
            count = Count(failed=1)
            trouble = str(error) if isinstance(error, StageFailure) else f"{type(error).__name__}: {error}"
        if count.failed:
            trouble = f"{trouble or 'checks failed'}\n{log.tail()}"
        return self._report(Result(stage, count, time.monotonic() - start, log.computing_seconds, trouble))

    def _report(self, result: Result) -> Result:
        mark = "FAIL" if result.count.failed else "ok"
        counts = f"{result.count.passed} passed" + (f", {result.count.failed} failed" if result.count.failed else "")
        notes = "".join(f"; {note}" for note in result.count.notes)
        if self._quiet:
            return result
        with self._print_lock:
            times = f"{result.seconds:8.1f} s {result.computing_seconds:8.1f} s of a core"
            print(f"{mark:<5}{result.stage.name:<24}{times}   {counts}{notes}", flush=True)
            if result.trouble:
                print("\n".join(f"     | {line}" for line in result.trouble.splitlines()), flush=True)
        return result
