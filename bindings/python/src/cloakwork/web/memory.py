"""Memory of the process: what is large or free goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

__all__ = ["return_free_blocks", "return_large_blocks"]

_M_ARENA_MAX = -8
_M_MMAP_THRESHOLD = -3
_LARGE = 128 * 1024


def _c_function(name: str) -> Callable[..., int]:
    """A function of glibc; elsewhere one that does nothing."""
    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
    return found or (lambda *_: 0)


def return_large_blocks() -> None:
    """Has the C library map each large block by itself, so that it goes back to the system when it is freed.

    By default glibc raises the size from which it does so to that of the largest block freed so far (mallopt(3), M_MMAP_THRESHOLD), so a
    server that has taken one masked vector keeps the room of several in its heap for ever. Two arenas are enough for the threads here.
    """
    mallopt = _c_function("mallopt")
    mallopt(_M_MMAP_THRESHOLD, _LARGE)
    mallopt(_M_ARENA_MAX, 2)


def return_free_blocks() -> None:
    """Gives back what many uploads at the same time have left free in the heap."""
    _c_function("malloc_trim")(0)
