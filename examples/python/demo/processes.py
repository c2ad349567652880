"""The processes of the demonstration: each with a folder of its own, all ended when the play is over, however it ends."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

__all__ = ["Actor", "Failure", "Inbox"]

_HERE = Path(__file__).resolve().parent
_END_SECONDS = 10
_LOG_LINES = 15


class Failure(Exception):
    """Something did not happen that always should; the message says what."""


class Inbox:
    """What the processes say, in the order in which it comes.

    Args:
        seconds: how long the whole play may take.
    """

    def __init__(self, seconds: float) -> None:
        self._queue: queue.Queue[tuple[Actor, dict[str, Any] | None]] = queue.Queue()
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def put(self, actor: Actor, message: dict[str, Any] | None) -> None:
        """A process said something; None: it has ended."""
        self._queue.put((actor, message))

    def next(self, what: str) -> tuple[Actor, dict[str, Any] | None]:
        """The next message.

        Raises:
            Failure: the time is over.
        """
        try:
            return self._queue.get(timeout=max(0.0, self._deadline - time.monotonic()))
        except queue.Empty:
            raise Failure(f"{self._seconds:.0f} s were not enough; it waited for {what}") from None


class Actor:
    """A process that says JSON lines and is told JSON lines.

    Args:
        name: its name.
        arguments: of this Python.
        folder: its folder; what it writes to standard error goes into a file there.
        inbox: where its messages go.
    """

    def __init__(self, name: str, arguments: list[str | Path], folder: Path, inbox: Inbox) -> None:
        self.name = name
        self.expected_to_end = False
        self._log = folder / "log"
        self._inbox = inbox
        # Numerical libraries with a thread for each core, in seven processes, would only be in each other's way.
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, *map(str, arguments)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment, text=True, encoding="utf-8"
            )
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    @classmethod
    def script(cls, name: str, script: str, folder: Path, inbox: Inbox) -> Actor:
        """A program of this folder, with its own folder as its argument."""
        return cls(name, [_HERE / script, folder], folder, inbox)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def tell(self, **content: object) -> None:
        """Gives it a line.

        Raises:
            Failure: it has ended.
        """
        if self._process.stdin is None:
            raise Failure(f"{self.name} cannot be told anything")
        try:
            self._process.stdin.write(json.dumps(content) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise Failure(self.ending()) from None

    def kill(self) -> None:
        """SIGKILL: it has no moment left to tidy up."""
        self.expected_to_end = True
        self._process.kill()
        self._process.wait(_END_SECONDS)

    def ask_to_end(self) -> None:
        """SIGTERM."""
        self.expected_to_end = True
        if self._process.poll() is None:
            self._process.terminate()

    def ended(self) -> None:
        """Waits for its end, and ends it if it does not."""
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_END_SECONDS)

    def ending(self) -> str:
        """How it ended, with the last lines of its log."""
        code = self._code()
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
        return "\n".join([f"{self.name} ended unexpectedly ({code})", *lines])

    def _code(self) -> str:
        try:
            return f"exit code {self._process.wait(_END_SECONDS)}"
        except subprocess.TimeoutExpired:
            return "its output is closed or no JSON"

    def _listen(self, output: IO[str]) -> None:
        try:
            for line in output:
                self._inbox.put(self, json.loads(line))
        finally:
            self._inbox.put(self, None)
