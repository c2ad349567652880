"""Who calls: by Basic authentication, a bearer token, or a path that begins with the token, as unmodified clients can do it."""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from cloakwork.flow.keyfile import write_private
from cloakwork.secagg import sha256
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Clients", "allow"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TOKEN_BYTES = 32

_HEADER = """# Who may call this server: a name and the SHA-256 of a token a line. The tokens themselves are nowhere;
# `cloakwork fsc allow NAME` makes one. The server reads this file again when it changes.
"""


class Clients:
    """The clients and the digests of their tokens.

    A token has 256 random bits, so its digest says nothing of it, and is compared in constant time all the same. The file is read again
    when it changes.

    Args:
        path: the file.

    Raises:
        FlowError: it cannot be read, others may write or read it, or a line is no client.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at: int | None = None
        self._digests: dict[str, bytes] = {}
        self._read()

    def by_token(self, token: str) -> str | None:
        """The client of a token, or None."""
        self._read()
        digest = _digest(token)
        found: str | None = None
        # All are compared, whichever fits.
        for name, kept in self._digests.items():
            if hmac.compare_digest(kept, digest):
                found = name
        return found

    def by_authorization(self, header: str) -> str | None:
        """The client of an `Authorization` header, or None."""
        scheme, _, credentials = header.partition(" ")
        if scheme.lower() == "bearer":
            return self.by_token(credentials.strip())
        if scheme.lower() != "basic":
            return None
        try:
            name, colon, token = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return None
        found = self.by_token(token) if colon else None
        return found if found == name else None

    def _read(self) -> None:
        try:
            with self._path.open(encoding="utf-8") as file:
                about = os.fstat(file.fileno())
                if about.st_mtime_ns == self._read_at:
                    return
                lines = file.read().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            message = f"cannot be read: {error}; make it with: cloakwork fsc allow NAME"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(self._path)) from error
        if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            message = f"others may use this file; forbid it with: chmod 600 {self._path}"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(self._path))
        self._digests, self._read_at = self._parse(lines), about.st_mtime_ns

    def _parse(self, lines: list[str]) -> dict[str, bytes]:
        digests: dict[str, bytes] = {}
        for number, line in enumerate(lines, 1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if len(words) != 2 or not _NAME.fullmatch(words[0]) or not _DIGEST.fullmatch(words[1]) or words[0] in digests:
                message = f"line {number} has to be a new name and 64 lower-case hex digits"
                raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(self._path))
            digests[words[0]] = bytes.fromhex(words[1])
        return digests


def allow(path: Path, name: str) -> str:
    """Adds a client to the file, which is made if it is not there; a client that is there gets a new token. Returns the token.

    Raises:
        FlowError: the name is none, or the file cannot be read.
    """
    if not _NAME.fullmatch(name):
        message = "the name of a client is 1 to 64 letters, digits, '_', '.', '@' or '-'"
        raise FlowError(FlowStatus.CONFIGURATION, message, argument="NAME")
    if path.exists():
        Clients(path)
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.split()[:1] != [name]]
    else:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = _HEADER.splitlines()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    write_private(path, "\n".join([*lines, f"{name} {_digest(token).hex()}", ""]).encode(), replace=True)
    return token


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="replace"))
