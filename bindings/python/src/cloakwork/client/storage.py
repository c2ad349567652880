"""What a client keeps between two moments: one SQLite file a run, written before anything leaves.

The protocol's state and the message that it produced are one transaction: after a crash the client sends the stored bytes again and
never computes them anew. The file holds secret keys: only its owner may read it, deleted content is overwritten, and one process at a
time uses it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cloakwork.wire.invitation import Invitation
from cloakwork.wire.problem import FlowError, FlowStatus

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Joined", "Progress", "Storage"]

_VERSION = 1
_SCHEMA = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    invitation TEXT NOT NULL,
    name TEXT NOT NULL,
    description BLOB NOT NULL,
    roster BLOB NOT NULL,
    settings BLOB NOT NULL
) STRICT;
CREATE TABLE progress (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    state BLOB,       -- saved state of the protocol; NULL before the first message
    number INTEGER NOT NULL,  -- of the next message to ask the server for
    outgoing BLOB     -- message that the server has not acknowledged yet
) STRICT;
"""


@dataclass(frozen=True)
class Joined:
    """A run that this party agreed to take part in."""

    invitation: Invitation
    name: str
    description: bytes
    roster: bytes
    settings: bytes


@dataclass(frozen=True)
class Progress:
    """Where the client is: its saved state, the next message to ask for, and what it has still to send."""

    state: bytes | None
    number: int
    outgoing: bytes | None


class Storage:
    """The file of one run. Close it, or use it as a context manager.

    Args:
        path: the file; it is created, for its owner alone, when it is not there.

    Raises:
        FlowError: another process uses the file, others may read it, or it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise FlowError(
                    FlowStatus.CONFIGURATION, f"others may read these secret keys; forbid it with: chmod 600 {path}", argument=str(path)
                )
            # The conversation moves between threads, but never uses the file from two at once.
            self._database = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise FlowError(FlowStatus.STORAGE_FAILED, f"cannot be opened: {error}", argument=str(path)) from error
        try:
            self._open()
        except BaseException:
            self._database.close()
            raise

    def _open(self) -> None:
        try:
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA secure_delete = ON")
            self._database.execute("PRAGMA synchronous = EXTRA")
            # With exclusive locking the lock of the first write is kept until the file is closed.
            self._database.execute("BEGIN EXCLUSIVE")
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {_VERSION}")
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            if "locked" in str(error):
                message = "another process takes part in this run with this file; end it first"
                raise FlowError(FlowStatus.CONFLICT, message, argument=str(self.path)) from error
            raise FlowError(FlowStatus.STORAGE_FAILED, f"cannot be used: {error}", argument=str(self.path)) from error
        if version not in {0, _VERSION}:
            message = f"was written by another version of this package (format {version}, here {_VERSION})"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(self.path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the use of the file."""
        self._database.close()

    def joined(self) -> Joined | None:
        """The run, if this party has joined it."""
        row = self._one("SELECT invitation, name, description, roster, settings FROM run")
        return None if row is None else Joined(Invitation.parse(row[0]), row[1], row[2], row[3], row[4])

    def join(self, joined: Joined) -> None:
        """Keeps a run. A run that was joined before stays as it is."""
        values = (str(joined.invitation), joined.name, joined.description, joined.roster, joined.settings)
        self._transaction(
            ("INSERT INTO run VALUES (1, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", values),
            ("INSERT INTO progress VALUES (1, NULL, 1, NULL) ON CONFLICT DO NOTHING", ()),
        )

    def progress(self) -> Progress:
        """Where the client is."""
        row = self._one("SELECT state, number, outgoing FROM progress")
        return Progress(None, 1, None) if row is None else Progress(row[0], row[1], row[2])

    def advance(self, number: int, state: bytes | None = None, outgoing: bytes | None = None) -> None:
        """Keeps, in one transaction, the next number, the new state (the old one stays if None) and what is to be sent."""
        self._transaction(("UPDATE progress SET number = ?, state = coalesce(?, state), outgoing = ?", (number, state, outgoing)))

    def sent(self) -> None:
        """The server has the outgoing message."""
        self._transaction(("UPDATE progress SET outgoing = NULL", ()))

    def _one(self, statement: str) -> tuple[Any, ...] | None:
        try:
            row: tuple[Any, ...] | None = self._database.execute(statement).fetchone()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return row

    def _transaction(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            for statement, values in statements:
                self._database.execute(statement, values)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise self._failed(error) from error

    def _failed(self, error: sqlite3.Error) -> FlowError:
        return FlowError(FlowStatus.STORAGE_FAILED, f"cannot be written or read ({error}); nothing was sent", argument=str(self.path))
