"""The ledger's file: SQLite, to which rows are added and from which none are taken."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Database"]

_VERSION = 1
_WAIT_SECONDS = 30.0
_TABLES = (
    """CREATE TABLE datasets (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        unit TEXT NOT NULL,
        neighbours TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE budgets (  -- the last one of a data set counts
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        dataset INTEGER NOT NULL REFERENCES datasets (id),
        epsilon REAL NOT NULL,
        delta REAL NOT NULL,
        time REAL NOT NULL
    ) STRICT""",
    """CREATE TABLE assignments (  -- which data a run is about; member is 8 bytes, or none for a controller
        run BLOB NOT NULL,
        member BLOB NOT NULL,
        dataset INTEGER NOT NULL REFERENCES datasets (id),
        record_clip REAL,
        PRIMARY KEY (run, member)
    ) STRICT""",
    """CREATE TABLE entries (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        dataset INTEGER NOT NULL REFERENCES datasets (id),
        run BLOB NOT NULL,
        round INTEGER NOT NULL,
        member BLOB NOT NULL,
        rotation_seed BLOB,
        record_clip REAL,
        dimension INTEGER NOT NULL,
        clamp REAL NOT NULL,
        clip REAL NOT NULL,
        granularity REAL NOT NULL,
        noise REAL NOT NULL,
        norm_bound INTEGER NOT NULL,
        parts INTEGER NOT NULL,
        honest INTEGER NOT NULL,
        block_log2 INTEGER NOT NULL,
        time REAL NOT NULL
    ) STRICT""",
    "CREATE INDEX entries_of_runs ON entries (run, round)",
    "CREATE INDEX entries_of_datasets ON entries (dataset)",
)


class Database:
    """A file with transactions. Threads and processes may share it; they take turns.

    Args:
        path: the file; it is created, for its owner alone, when it is not there.

    Raises:
        FlowError: others may read it, or it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._turn = threading.RLock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                message = f"others may read or change this ledger; forbid it with: chmod 600 {path}"
                raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(path))
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=_WAIT_SECONDS, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise FlowError(FlowStatus.STORAGE_FAILED, f"cannot be opened: {error}", argument=str(path)) from error
        # Whoever is given a path opens a ledger for as long as it lives.
        self._closing = weakref.finalize(self, self._connection.close)
        try:
            self._prepare()
        except BaseException:
            self._closing()
            raise

    def _prepare(self) -> None:
        self._execute("PRAGMA foreign_keys = ON")
        # A charge is on the disk before anything leaves for which it was made.
        self._execute("PRAGMA synchronous = EXTRA")
        with self.transaction():
            version = self.rows("PRAGMA user_version")[0][0]
            if version == 0:
                for statement in (*_TABLES, *_kept()):
                    self.change(statement)
                self.change(f"PRAGMA user_version = {_VERSION}")
        if version not in {0, _VERSION}:
            message = f"was written by another version of this package (format {version}, here {_VERSION})"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(self.path))

    def close(self) -> None:
        """Ends the use of the file."""
        with self._turn:
            self._closing()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is changed inside, or nothing; nobody else changes anything meanwhile."""
        with self._turn:
            self._execute("BEGIN IMMEDIATE")
            try:
                yield
                self._execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads inside see one state."""
        with self._turn:
            self._execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What a statement finds, within a transaction or snapshot."""
        return self._execute(statement, *values)

    def change(self, statement: str, *values: object) -> None:
        """Changes something, within a transaction."""
        self._execute(statement, *values)

    def _execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            found: list[tuple[Any, ...]] = self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return found

    def _failed(self, error: sqlite3.Error) -> FlowError:
        if "locked" in str(error):
            return FlowError(FlowStatus.BUSY, "another process uses the ledger; nothing was charged", argument=str(self.path))
        return FlowError(FlowStatus.STORAGE_FAILED, f"cannot be written or read: {error}", argument=str(self.path))


def _kept() -> list[str]:
    """Rules of the file itself: what was written stays."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'a ledger is only added to'); END"
    return [
        f"CREATE TRIGGER {table}_stay_{action.lower()} BEFORE {action} ON {table} {refuse}"
        for table in ("datasets", "budgets", "assignments", "entries")
        for action in ("UPDATE", "DELETE")
    ]
