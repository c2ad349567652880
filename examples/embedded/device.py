"""A device on its serial line: boards that QEMU emulates, and the frames of c/line.h."""

from __future__ import annotations

import os
import selectors
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from provisioning import Page

__all__ = ["BOARDS", "Board", "Device", "Frame", "LineError"]

# No display and no monitor; the serial line is this process's pipes.
_QEMU = ("qemu-system-arm", "-display", "none", "-monitor", "none", "-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line")
# Random bytes of the board without a generator come through it (c/mps2.c).
_SEMIHOSTING = ("-semihosting-config", "enable=on,target=native")
# A nanosecond of the emulated clock is an instruction.
_COUNTING = ("-icount", "shift=0")
_LARGEST_FRAME = 65535


class Frame(IntEnum):
    """Kinds of frames; c/line.h says what is in them."""

    HELLO = 1
    BODY = 2
    REQUEST = 3
    READ = 4
    TOLD = 5
    MEASURED = 6
    RESIDUES = 7
    ANSWER = 65
    DATA = 66
    GO = 67


@dataclass(frozen=True)
class Board:
    """A board: how QEMU calls it, where its provisioning lies and how large that may be, and the instructions in a tick of its clock."""

    machine: tuple[str, ...]
    page: int
    page_size: int
    instructions: float


BOARDS = {
    "mps2": Board(("-machine", "mps2-an386", "-cpu", "cortex-m4", *_SEMIHOSTING), 0x0030_0000, 2**20, 1000 / 25),
    "microbit": Board(("-machine", "microbit"), 0x0003_0000, 2**16, 1000 / 16),
}


class LineError(Exception):
    """The line is dead: the emulator ended, or the device was silent for too long."""


class Device:
    """An emulated device, from power on to power off.

    Args:
        board: the board.
        image: the program, an ELF file.
        provisioning: what is in its flash beside the program; the file that carries it to the emulator is removed at once.
        counting: whether the emulated clock counts instructions, and nothing else.
        options: further options of the emulator.
    """

    def __init__(self, board: Board, image: Path, provisioning: Page, *, counting: bool = False, options: tuple[str, ...] = ()) -> None:
        page = provisioning.page()
        if len(page) > board.page_size:
            raise ValueError(f"the provisioning has {len(page)} bytes, and this board has room for {board.page_size}: give it fewer values")
        self._input = bytearray()
        with tempfile.NamedTemporaryFile(prefix="provisioning-") as file:
            file.write(page)
            file.flush()
            command = [*_QEMU, *board.machine, *(_COUNTING if counting else ()), *options]
            command += ["-kernel", str(image), "-device", f"loader,file={file.name},addr={board.page:#x},force-raw=on"]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            try:
                # By its first byte it has read its flash.
                self._fill(1, 60.0)
            except BaseException:
                self.close()
                raise

    def take(self, seconds: float) -> tuple[Frame, bytes]:
        """The next frame.

        Raises:
            LineError: none came within these seconds.
        """
        self._fill(3, seconds)
        kind, length = struct.unpack_from("<BH", self._input)
        self._fill(3 + length, seconds)
        payload = bytes(self._input[3 : 3 + length])
        del self._input[: 3 + length]
        return Frame(kind), payload

    def give(self, kind: Frame, payload: bytes = b"") -> None:
        """Sends a frame."""
        if len(payload) > _LARGEST_FRAME:
            raise ValueError(f"a frame has at most {_LARGEST_FRAME} bytes, not {len(payload)}")
        pipe: Any = self._process.stdin
        try:
            pipe.write(struct.pack("<BH", kind, len(payload)) + payload)
            pipe.flush()
        except OSError as error:
            raise LineError(f"the emulator ended: {error}") from error

    def _fill(self, wanted: int, seconds: float) -> None:
        """Waits until this many bytes are there."""
        deadline = time.monotonic() + seconds
        output: Any = self._process.stdout
        with selectors.DefaultSelector() as selector:
            selector.register(output, selectors.EVENT_READ)
            while len(self._input) < wanted:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise LineError(f"the device said nothing for {seconds:.0f} s")
                piece = os.read(output.fileno(), 65536)
                if not piece:
                    raise LineError(f"the emulator ended with status {self._process.wait(timeout=10)}")
                self._input += piece

    def close(self) -> None:
        """Switches the device off."""
        self._process.kill()
        self._process.wait(timeout=10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
