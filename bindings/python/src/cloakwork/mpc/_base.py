"""Base transfers that a pair of parties keeps for many sessions."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from cloakwork._boundary import HASH_SIZE, Machine, check, failure, sized_bytes, taken, view, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, Status


class BaseTransfers(Machine):
    """One side's base transfers of a pair of parties, from which they make correlated randomness in many sessions.

    Each side sends `message` and gives the other side's to `receive`, twice; then they are ready. They are secret, live in this process and
    are not written down. Any number of sessions may use them at the same time, 65536 in all.

    Args:
        name: 32 bytes that both sides know and use once.
        side: 0 on one side, 1 on the other.
    """

    FREE = "cloak_mpc_base_free"

    def __init__(self, name: bytes, side: int) -> None:
        super().__init__()
        out = ffi.new("cloak_mpc_base **")
        check(lib.cloak_mpc_base_new(view("name", name, HASH_SIZE), whole_number("side", side, 32), ffi.NULL, out), "side")
        self._own(out[0])

    @property
    def message(self) -> bytes:
        """What the other side is to get now; nothing when the transfers are ready."""
        with self._turn:
            handle = self._open()
            return sized_bytes(lambda out, room, length: lib.cloak_mpc_base_message(handle, out, room, length), room=8224)

    def receive(self, message: bytes) -> None:
        """Takes the other side's next message.

        Raises:
            EncodingError, CryptoError, ProtocolError: it is refused, and nothing changes.
        """
        data = view("message", message)
        with self._turn:
            check(lib.cloak_mpc_base_receive(self._open(), data, len(data)))

    def _about(self) -> tuple[bytes, int] | None:
        identity, sessions = ffi.new("uint8_t[]", HASH_SIZE), ffi.new("uint32_t *")
        with self._turn:
            status = lib.cloak_mpc_base_get_id(self._open(), identity, sessions)
        if status == lib.CLOAK_ERR_OUT_OF_ORDER:
            return None
        check(status)
        return taken(identity, HASH_SIZE), int(sessions[0])

    @property
    def id(self) -> bytes | None:
        """What both sides call them, 32 bytes that are public: who say the same have the same ones. None until they are ready."""
        about = self._about()
        return None if about is None else about[0]

    @property
    def sessions(self) -> int:
        """How many sessions they have served."""
        about = self._about()
        return 0 if about is None else about[1]


@dataclass(frozen=True)
class Kept:
    """Where a party's correlated randomness comes from: base transfers with every other party.

    Attributes:
        session: 32 bytes that all parties know and use once.
        bases: the transfers with each party, in their order; None in the own place.
    """

    session: bytes
    bases: Sequence[BaseTransfers | None]

    def begin(self, config: Any, ahead: int, out: Any) -> int:  # noqa: ANN401 - C pointers
        """Makes a session of the C library; its status, where that concerns no party.

        Raises:
            ArgumentError: there are not as many places as parties, or transfers are missing.
            ProtocolError: the transfers with a party, which is named, have served this session, or are not ready.
        """
        if len(self.bases) != config.parties:
            message = f"has {len(self.bases)} places, expected one a party"
            raise ArgumentError(Status.INVALID_LENGTH, message, argument="bases", bound=config.parties)
        error = ffi.new("cloak_error *")
        with ExitStack() as turns:
            # Always in the same order, so that two sessions that begin at a time do not wait for each other.
            for base in sorted({base for base in self.bases if base is not None}, key=id):
                turns.enter_context(base._turn)
            bases = ffi.new("cloak_mpc_base *[]", [ffi.NULL if base is None else base._open() for base in self.bases])
            name = view("session", self.session, HASH_SIZE)
            status = lib.cloak_mpc_session_new_with_base(config, name, ahead, bases, ffi.NULL, out, error)
        if status != lib.CLOAK_OK and error.status == status:
            raise failure(status, "bases", error)
        return int(status)
