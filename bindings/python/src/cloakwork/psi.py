"""Private set intersection: parties learn which items all their sets hold, or how many, and nothing else.

    from cloakwork.psi import Party

    party = Party(run, parties=3, index=me, items=names)
    while not party.finished:
        party.work(threads=2)
        received = exchange(party.messages())   # one message to, and one from, each other party
        party.receive(received)
    print(party.common)

Messages travel however the caller likes, as long as they reach the other party unread and unchanged by anybody else: over TLS between
parties who know each other. The protocol, what each party learns, and what it costs are in docs/psi.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cloakwork._boundary import HASH_SIZE, Machine, check, failure, sized, sized_bytes, view, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, ArgumentTypeError, Status

__all__ = ["MOST_ITEMS", "MOST_PARTIES", "Party"]

# Most items of a set, and most parties.
MOST_ITEMS = 1 << 20
MOST_PARTIES = 64

Item = str | bytes


class Party(Machine):
    """One party's side of one run. After `parties + 1` rounds it is over.

    Args:
        run: 32 bytes that name the run, the same for all parties; they are used once.
        parties: how many there are, 2 to 64.
        index: the place of this one, from 0. The first one works most, in proportion to its set and to the number of parties, so it
            should be the one with the smallest set.
        items: the set: texts, which count as their UTF-8 bytes, or byte strings of any length; up to 2^20 different ones. Repeated ones
            count once.
        size_only: whether the parties learn how many items all sets hold, and not which.
        padded_size: the size to which every set is padded, so that nobody learns how many items another one has; None to let sizes show.
            All parties say the same.

    Raises:
        ArgumentError: an argument is outside its range, or there are more items than `padded_size`.
        ArgumentTypeError: an item is neither text nor bytes.
    """

    FREE = "cloak_psi_free"

    def __init__(
        self, run: bytes, *, parties: int, index: int, items: Iterable[Item], size_only: bool = False, padded_size: int | None = None
    ) -> None:
        super().__init__()
        self._items = list(items)
        texts = [_as_bytes(item) for item in self._items]
        config = ffi.new("cloak_psi_config *")
        ffi.memmove(config.run, view("run", run, HASH_SIZE), HASH_SIZE)
        config.parties = whole_number("parties", parties, 32)
        config.index = whole_number("index", index, 32)
        if index >= parties:
            raise ArgumentError(Status.INVALID_ARGUMENT, f"{index} is none of {parties} places", argument="index", bound=parties - 1)
        config.output = lib.CLOAK_PSI_SIZE if size_only else lib.CLOAK_PSI_INTERSECTION
        config.size = 0 if padded_size is None else _padded(padded_size)
        joined, lengths = b"".join(texts), ffi.new("size_t[]", [len(text) for text in texts])
        out = ffi.new("cloak_psi **")
        status = lib.cloak_psi_new_vartime(config, ffi.from_buffer(joined), len(joined), lengths, len(texts), ffi.NULL, out)
        check(status, "items" if status == lib.CLOAK_ERR_TOO_LONG else "parties")
        self._own(out[0])
        self.parties = parties
        self.index = index
        self.size_only = size_only

    def _progress(self) -> tuple[int, int, int]:
        round_, rounds, pending = ffi.new("uint32_t *"), ffi.new("uint32_t *"), ffi.new("size_t *")
        with self._turn:
            check(lib.cloak_psi_get_progress(self._open(), round_, rounds, pending))
        return int(round_[0]), int(rounds[0]), int(pending[0])

    @property
    def round(self) -> int:
        """The present round, from 0; in the end `rounds`."""
        return self._progress()[0]

    @property
    def rounds(self) -> int:
        """How many rounds there are."""
        return self._progress()[1]

    @property
    def pending(self) -> int:
        """Rows that `work` has left before this round's messages exist."""
        return self._progress()[2]

    @property
    def finished(self) -> bool:
        """Whether the run is over."""
        now, rounds, _ = self._progress()
        return now == rounds

    def work(self, rows: int | None = None, *, threads: int = 1) -> int:
        """Does what this round needs before its messages: tens of microseconds a row and a thread. Other Python threads run meanwhile.

        Args:
            rows: how many, at most, so that a caller can show progress or stop in between; None for all.
            threads: how many of them share the work.

        Returns:
            The rows that are left.

        Raises:
            EncodingError, CryptoError: another party, which is named, sent what is no element; the run cannot go on.
        """
        count = 2**64 - 1 if rows is None else whole_number("rows", rows)
        error = ffi.new("cloak_error *")
        with self._turn:
            size = min(count, 2 ** (8 * ffi.sizeof("size_t")) - 1)
            status = lib.cloak_psi_work_vartime(self._open(), size, whole_number("threads", threads, 32), error)
            if status != lib.CLOAK_OK:
                raise failure(status, "threads" if status == lib.CLOAK_ERR_INVALID_ARGUMENT else None, error)
        return self.pending

    def messages(self) -> list[bytes]:
        """The messages of this round, one to each party; empty at the own place and where there is nothing to say.

        Raises:
            ProtocolError: work is pending, or the run is over.
        """
        with self._turn:
            return [b"" if to == self.index else self._message(to) for to in range(self.parties)]

    def _message(self, to: int) -> bytes:
        handle = self._open()
        return sized_bytes(lambda out, room, length: lib.cloak_psi_message(handle, to, out, room, length), room=0)

    def receive(self, messages: Sequence[bytes | None]) -> None:
        """Takes the messages of this round, one from each party, and goes to the next round.

        Those at the own place and of parties that have nothing to say may be empty or None.

        Raises:
            ArgumentError: another number of messages than of parties.
            EncodingError, CryptoError, ProtocolError: a message is refused; the exception names the party. Messages that were taken
                before it are kept: a second call with all of them takes the others only.
        """
        if len(messages) != self.parties:
            raise ArgumentError(
                Status.INVALID_LENGTH, f"has {len(messages)}, expected one a party", argument="messages", bound=self.parties
            )
        error = ffi.new("cloak_error *")
        with self._turn:
            for sender, message in enumerate(messages):
                if sender == self.index or not message:
                    continue
                data = view("messages", message)
                status = lib.cloak_psi_receive_vartime(self._open(), sender, data, len(data), error)
                if status not in {lib.CLOAK_OK, lib.CLOAK_ERR_DUPLICATE}:
                    raise failure(status, None, error)
            status = lib.cloak_psi_advance_vartime(self._open(), error)
            if status != lib.CLOAK_OK:
                raise failure(status, None, error)

    @property
    def size(self) -> int:
        """How many items all sets hold.

        Raises:
            ProtocolError: the run is not over.
        """
        size = ffi.new("size_t *")
        with self._turn:
            check(lib.cloak_psi_get_size(self._open(), size))
        return int(size[0])

    @property
    def common(self) -> list[Item]:
        """The items that all sets hold, as they were given and in their order; of repeated ones the first.

        Raises:
            ProtocolError: the run is not over, or the parties learn the size alone.
        """
        with self._turn:
            handle = self._open()
            places, count = sized(
                lambda out, room, length: lib.cloak_psi_get_common(handle, out, room, length),
                failure,
                "uint32_t[]",
                max(len(self._items), 1),
            )
        return [self._items[place] for place in ffi.unpack(places, count)] if count else []


def _as_bytes(item: object) -> bytes:
    if isinstance(item, str):
        return item.encode("utf-8", "surrogatepass")
    if isinstance(item, bytes | bytearray | memoryview):
        return bytes(item)
    raise ArgumentTypeError(Status.INVALID_ARGUMENT, f"expected texts or bytes, got {type(item).__name__}", argument="items")


def _padded(size: int) -> int:
    number = whole_number("padded_size", size, 32)
    if not 1 <= number <= MOST_ITEMS:
        raise ArgumentError(Status.INVALID_ARGUMENT, "is outside 1 to 2^20", argument="padded_size", bound=MOST_ITEMS)
    return number
