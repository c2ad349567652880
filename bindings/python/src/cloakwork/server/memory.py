"""Memory of the process: large blocks go back to the system at once."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["return_large_blocks"]

_M_ARENA_MAX = -8
_M_MMAP_THRESHOLD = -3
_LARGE = 256 * 1024


def return_large_blocks() -> None:
    """Has the C library map each large block by itself.

    By default glibc raises the size from which it does so to that of the largest block freed so far (mallopt(3), M_MMAP_THRESHOLD), so a
    server that has taken one masked vector keeps the room of several in its heap for ever. Two arenas are enough for the threads here.
    Elsewhere than under glibc nothing is changed.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_ARENA_MAX, 2)
