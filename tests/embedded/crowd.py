"""Many members of a run in one process: the neighbours that a device needs to be measured with.

    crowd.py INVITATION CA FOLDER COUNT LENGTH

FOLDER has identities `0` ... `COUNT - 1`, as `cloakwork.flow.keyfile` makes them. Each member gives zeros.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import numpy as np

from cloakwork.client import AsyncClient

IDLE_SECONDS = 240.0
FILE_SECONDS = 60.0


async def take_part(invitation: str, ca: Path, folder: Path, number: int, length: int) -> None:
    """One member's stay."""
    client = await AsyncClient.join(invitation, folder / str(number), folder / f"{number}.sqlite", ca=ca)
    async with client:
        label = client.run.config.segments[0].label
        await client.serve(lambda _: {label: np.zeros(length)}, idle_seconds=IDLE_SECONDS)


async def main() -> None:
    """All of them at once."""
    path, ca, folder = (Path(word) for word in sys.argv[1:4])
    count, length = (int(word) for word in sys.argv[4:6])
    deadline = time.monotonic() + FILE_SECONDS
    while not path.is_file():
        if time.monotonic() > deadline:
            sys.exit(f"{path} did not appear within {FILE_SECONDS:.0f} s")
        await asyncio.sleep(0.05)
    invitation = path.read_text(encoding="utf-8").strip()
    await asyncio.gather(*(take_part(invitation, ca, folder, number, length) for number in range(count)))


if __name__ == "__main__":
    asyncio.run(main())
