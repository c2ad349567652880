"""How values cross into the C library: buffers without copies, statuses as exceptions, handles with an owner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, ArgumentTypeError, CloakworkError, Status, error_class

if TYPE_CHECKING:
    from typing_extensions import Self

KEY_SIZE: int = lib.CLOAK_KEY_SIZE
HASH_SIZE: int = lib.CLOAK_HASH_SIZE

if lib.cloak_abi_version() != lib.CLOAK_ABI_VERSION:
    message = "the extension module was built with the header of another version of the library; build the package anew"
    raise ImportError(message)


def check(status: int, argument: str | None = None) -> None:
    """Raises the exception of a status that is not success.

    Raises:
        CloakworkError: of the class for the status.
    """
    if status != lib.CLOAK_OK:
        raise failure(status, argument)


def failure(status: int, argument: str | None = None, detail: Any = None) -> CloakworkError:  # noqa: ANN401 - a cloak_error
    """The exception for a status, with the party and bound of a `cloak_error`."""
    text = ffi.string(lib.cloak_status_text(status)).decode("ascii")
    party = bound = None
    if detail is not None and detail.status == status:
        party = int(detail.party) if detail.present & lib.CLOAK_ERROR_HAS_PARTY else None
        bound = int(detail.bound) if detail.present & lib.CLOAK_ERROR_HAS_BOUND else None
    return error_class(status)(status, text, party=party, bound=bound, argument=argument)


def failure_of(party: int) -> Callable[[int], CloakworkError]:
    """Makes the exceptions of calls that fail only because of a party, which they do not report."""

    def refuse(status: int) -> CloakworkError:
        found = failure(status)
        found.party = party
        return found

    return refuse


def view(name: str, data: object, size: int | None = None) -> Any:  # noqa: ANN401 - a C pointer that keeps `data` alive
    """The memory of contiguous bytes-like `data` as a C array, not copied.

    Raises:
        ArgumentTypeError: `data` is not bytes-like.
        ArgumentError: its length is not `size`.
    """
    try:
        array = ffi.from_buffer("uint8_t[]", data)
    except (TypeError, ValueError, BufferError) as refused:
        kind = type(data).__name__
        raise ArgumentTypeError(Status.INVALID_ARGUMENT, f"expected contiguous bytes, got {kind}", argument=name) from refused
    if size is not None and len(array) != size:
        raise ArgumentError(Status.INVALID_LENGTH, f"has {len(array)} bytes, expected {size}", argument=name, bound=size)
    return array


def whole_number(name: str, value: object, bits: int = 64) -> int:
    """An integer that fits an unsigned C type.

    Raises:
        ArgumentTypeError: `value` is no integer.
        ArgumentError: it is negative or does not fit.
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        message = f"expected an integer, got {type(value).__name__}"
        raise ArgumentTypeError(Status.INVALID_ARGUMENT, message, argument=name)
    number = int(value.__index__())
    if not 0 <= number < 1 << bits:
        raise ArgumentError(Status.INVALID_ARGUMENT, f"is outside 0 to 2^{bits} - 1", argument=name, bound=(1 << bits) - 1)
    return number


def fixed(size: int, call: Callable[[Any], int], argument: str | None = None) -> bytes:
    """The output of a call that writes `size` bytes; nothing of it stays elsewhere in memory."""
    out = ffi.new("uint8_t[]", size)
    check(call(out), argument)
    return taken(out, size)


def taken(out: Any, size: int) -> bytes:  # noqa: ANN401 - a C array
    """The first bytes of a C array, which is wiped: it may hold secrets."""
    content = ffi.buffer(out, size)
    copied = bytes(content)
    content[:] = bytes(size)
    return copied


def sized(call: Callable[[Any, int, Any], int], refuse: Callable[[int], CloakworkError], kind: str = "uint8_t[]", room: int = 1024) -> Any:  # noqa: ANN401
    """The output of a call that writes as many elements as it needs: a C array and how many of its elements are written.

    Args:
        call: takes the output, its capacity and where the number goes.
        refuse: makes the exception of a status.
        kind: the C type of the output.
        room: capacity of the first attempt; the call says what it needs if that is too little.
    """
    length = ffi.new("size_t *")
    while True:
        out = ffi.new(kind, room)
        status = call(out, room, length)
        if status == lib.CLOAK_OK:
            return out, length[0]
        if status != lib.CLOAK_ERR_BUFFER_TOO_SMALL or length[0] <= room:
            raise refuse(status)
        room = length[0]


def sized_bytes(call: Callable[[Any, int, Any], int], refuse: Callable[[int], CloakworkError] = failure, room: int = 1024) -> bytes:
    """As `sized`, for bytes."""
    out, length = sized(call, refuse, room=room)
    return taken(out, length)


def sized_ids(call: Callable[[Any, int, Any], int], refuse: Callable[[int], CloakworkError] = failure) -> list[int]:
    """As `sized`, for ids of parties."""
    out, length = sized(call, refuse, "uint64_t[]", 128)
    return [int(number) for number in ffi.unpack(out, length)]


class Handle:
    """Owns an object of the C library.

    The object ends when the last reference to it is gone: the one of this owner, which `close` gives up, and those of calls that are
    still running on other threads.
    """

    FREE: ClassVar[str]

    _pointer: Any

    def _own(self, pointer: Any) -> None:  # noqa: ANN401 - a C pointer
        self._pointer = ffi.gc(pointer, getattr(lib, self.FREE))

    def _open(self) -> Any:  # noqa: ANN401 - a C pointer
        """The object, for one call.

        Raises:
            ArgumentError: it was closed.
        """
        pointer = self._pointer
        if pointer is None:
            raise ArgumentError(Status.WRONG_HANDLE, "it is closed", argument=type(self).__name__)
        return pointer

    def close(self) -> None:
        """Ends the object and wipes its secrets; a second time it does nothing. Any other use raises `ArgumentError` afterwards."""
        self._pointer = None

    def __reduce__(self) -> NoReturn:
        message = f"{type(self).__name__} objects are neither copied nor pickled: they hold secrets or a state that must not fork"
        raise TypeError(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Machine(Handle):
    """Owns an object that its calls change: they take turns, whatever the thread."""

    def __init__(self) -> None:
        self._turn = threading.Lock()

    def close(self) -> None:
        """Ends the object and wipes its secrets, after a call that is running; a second time it does nothing."""
        with self._turn:
            super().close()
