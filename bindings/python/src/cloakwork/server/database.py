"""The server's SQLite database: one connection, one thread, explicit transactions."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloakwork.server.schema import SCHEMA, VERSION
from cloakwork.wire.problem import FlowError, FlowStatus

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Database", "Reader", "id_bytes", "id_number", "join_ids", "split_ids"]

# How long a transaction waits for another process (a backup) to let go of the file.
_LOCK_SECONDS = 2.0
# What of the write-ahead log is left on disk once its content is in the database.
_LARGEST_JOURNAL = 64 * 2**20
# Bytes of a piece of a masked vector, a model or a result: SQLite makes two copies of what is written at once.
_PIECE = 256 * 1024

Row = sqlite3.Row


class Database:
    """The database, for the thread that made it alone.

    Args:
        path: the file; it is created, for its owner alone, when it is not there.

    Raises:
        FlowError: the file cannot be used, or another version wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_SECONDS)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_JOURNAL}")
            # Overwrites what is deleted where that costs no further writing. Nothing here opens an input: see docs/threat-model.md.
            self._connection.execute("PRAGMA secure_delete = FAST")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._durable = True
            self._connection.execute("PRAGMA synchronous = FULL")
            self._migrate()
        except (OSError, sqlite3.Error) as error:
            raise FlowError(FlowStatus.STORAGE_FAILED, f"the database cannot be opened: {error}", argument=str(path)) from error

    def _migrate(self) -> None:
        with self.transaction():
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in SCHEMA.split(";\n"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {VERSION}")
            elif version != VERSION:
                message = f"another version of this package wrote the database (format {version}, here {VERSION})"
                raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(self.path))

    def close(self) -> None:
        """Ends the use of the file."""
        self._connection.close()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        """All of the block's changes, or none.

        Args:
            durable: whether the changes survive a loss of power at once. Without, they survive a crash of this process at once and a loss
                of power after the next checkpoint.

        Raises:
            FlowError: `STORAGE_FAILED` when the disk is full or another process holds the file; nothing was changed.
        """
        try:
            if durable != self._durable:
                self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise FlowError(
                FlowStatus.STORAGE_FAILED, f"the server could not keep this ({error}) and changed nothing; send it again later"
            ) from error
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Within a transaction: all of the block's changes, or none when it raises."""
        self._connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO part")
                self._connection.execute("RELEASE part")
            raise
        self._connection.execute("RELEASE part")

    def change(self, statement: str, *values: object) -> int:
        """Runs a statement and returns how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def one(self, statement: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query."""
        row: sqlite3.Row | None = self._connection.execute(statement, values).fetchone()
        return row

    def rows(self, statement: str, *values: object) -> sqlite3.Cursor:
        """The rows of a query, read as they are asked for."""
        return self._connection.execute(statement, values)

    def value(self, statement: str, *values: object) -> Any:  # noqa: ANN401 - what the column holds
        """The first column of the first row, or None."""
        row = self._connection.execute(statement, values).fetchone()
        return None if row is None else row[0]

    def store_payload(self, run: bytes, party: bytes, payload: memoryview) -> None:
        """Stores a masked vector."""
        for number, piece in _pieces(payload):
            self.change("INSERT INTO payloads VALUES (?, ?, ?, ?)", run, party, number, piece)

    def payload(self, run: bytes, party: bytes) -> bytearray:
        """A masked vector; empty when there is none."""
        return _payload(self._connection, run, party)

    def store_content(self, digest: bytes, content: bytes) -> None:
        """Stores a model or a result under its SHA-256; it may be there already."""
        for number, piece in _pieces(memoryview(content)):
            self.change("INSERT INTO contents VALUES (?, ?, ?) ON CONFLICT DO NOTHING", digest, number, piece)

    def content(self, digest: bytes) -> bytes | None:
        """The model or result with this SHA-256."""
        pieces = [row["bytes"] for row in self.rows("SELECT bytes FROM contents WHERE digest = ? ORDER BY piece", digest)]
        return b"".join(pieces) if pieces else None


class Reader:
    """A second, reading connection for another thread; it sees what was committed."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_LOCK_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def payloads(self, run: bytes, parties: list[int]) -> Iterator[bytearray]:
        """The masked vectors of these parties, one at a time."""
        for party in parties:
            payload = _payload(self._connection, run, id_bytes(party))
            if not payload:
                raise FlowError(FlowStatus.STORAGE_FAILED, "a masked vector is missing from the database", party=party)
            yield payload


def _pieces(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The pieces in which data is stored, numbered; one where there is nothing in it."""
    for number, start in enumerate(range(0, max(1, len(data)), _PIECE)):
        yield number, data[start : start + _PIECE]


def _payload(connection: sqlite3.Connection, run: bytes, party: bytes) -> bytearray:
    payload = bytearray()
    for row in connection.execute("SELECT bytes FROM payloads WHERE run = ? AND party = ? ORDER BY piece", (run, party)):
        payload += row[0]
    return payload


def id_bytes(number: int) -> bytes:
    """A member's id as it is stored."""
    return number.to_bytes(8, "big")


def id_number(stored: bytes) -> int:
    """A member's id from its stored form."""
    return int.from_bytes(stored, "big")


def join_ids(numbers: list[int]) -> bytes:
    """A list of ids as it is stored."""
    return b"".join(map(id_bytes, numbers))


def split_ids(stored: bytes) -> list[int]:
    """A list of ids from its stored form."""
    return [id_number(stored[start : start + 8]) for start in range(0, len(stored), 8)]
