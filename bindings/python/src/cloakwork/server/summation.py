"""The sum of a round: payloads are read one by one, masks removed, and what is left becomes the result."""

from __future__ import annotations

from pathlib import Path

from cloakwork.secagg import Opening, Run, aggregate
from cloakwork.server.database import Reader
from cloakwork.web.memory import return_free_blocks
from cloakwork.wire import result

__all__ = ["sum_round"]


def sum_round(path: Path, run: Run, opening: Opening, survivors: list[int]) -> bytes:
    """Adds up the payloads of the survivors and removes their masks.

    Args:
        path: the database.
        run: the run.
        opening: the masks.
        survivors: ids of those whose payloads are added.

    Returns:
        The bytes of `cloakwork.wire.result`.

    Raises:
        CryptoError: `MASKS_DID_NOT_CANCEL`.
        FlowError: `STORAGE_FAILED`.
    """
    return_free_blocks()
    with Reader(path) as reader:
        sums = aggregate(run, opening, reader.payloads(run.run_id, survivors))
    return result.encode(run, sums, None if run.config.mechanism is None else opening.rotation_seed)
