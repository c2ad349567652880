"""The controller: defines runs, starts rounds and reads their results.

    controller = Controller("https://aggregate.example:8443", server="cw1-...", identity="identity")
    run = controller.create("study", {"north": "cw1-...", "south": "cw1-...", "west": "cw1-..."}, config)
    print(run.invitation)                  # for every member, by a channel that it trusts
    sums = run.round(context=b"").sums     # starts the next round and waits for its end

`Controller` is for sync callers, `AsyncController` for async ones.
"""

from __future__ import annotations

from cloakwork.controller.api import AsyncController, AsyncRunHandle, Controller, RunHandle
from cloakwork.controller.conversations import RoundResult

__all__ = ["AsyncController", "AsyncRunHandle", "Controller", "RoundResult", "RunHandle"]
