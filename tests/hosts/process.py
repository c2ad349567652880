"""Programs that run beside the checks, whose lines are read as they come and whose end has a limit."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

END_SECONDS = 20.0


class Process:
    """A program that has been started, with everything that it starts itself.

    Args:
        name: for people; what it writes for them goes into a file of this name.
        words: its command line.
        folder: in which it runs, and for that file.
        environment: what it needs beside the variables that there are.
    """

    def __init__(self, name: str, words: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._errors = folder / f"{name.replace(' ', '-')}.err"
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [str(word) for word in words],
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        self._unread = b""
        self.rest: list[str] = []

    def text(self, seconds: float) -> str | None:
        """Its next line; None when it ended or the time has passed."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    return None
                part = os.read(self._process.stdout.fileno(), 1 << 16)
                if not part:
                    return None
                self._unread += part
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode("utf-8")

    def line(self, seconds: float) -> dict[str, Any] | None:
        """Its next line, which is JSON; None when it ended or the time has passed."""
        text = self.text(seconds)
        found: dict[str, Any] | None = None if text is None else json.loads(text)
        return found

    def end(self, seconds: float) -> int | None:
        """Its exit status, with its other lines in `rest`; None if it has not ended when the time has passed."""
        deadline = time.monotonic() + seconds
        while (line := self.text(max(0.0, deadline - time.monotonic()))) is not None:
            self.rest.append(line)
        try:
            return self._process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> int | None:
        """Asks it to end."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self.end(END_SECONDS)

    def kill(self) -> None:
        """Ends it and what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def said(self) -> str:
        """What it wrote for people."""
        return self._errors.read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
