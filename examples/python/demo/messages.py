"""What the processes of the demonstration tell each other besides the protocol: a JSON object a line, on standard input and output."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

__all__ = ["hear", "leave_with_parent", "say"]


def say(event: str, **content: object) -> None:
    """Tells the process that started this one."""
    print(json.dumps({"event": event, **content}, allow_nan=False), flush=True)


def hear() -> dict[str, Any] | None:
    """The next line from the process that started this one; None when that has ended."""
    line = sys.stdin.readline()
    heard: dict[str, Any] | None = json.loads(line) if line else None
    return heard


def leave_with_parent() -> None:
    """Ends this process when the one that started it has ended, however that ended."""

    def wait() -> None:
        while sys.stdin.readline():
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
