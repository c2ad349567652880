"""The file that keeps a party's identity: its secret key, readable by its owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cloakwork.secagg import Identity
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["create", "load", "write_private"]

_HEADER = "# The secret key of a Cloakwork identity. Whoever has it can act as this party: do not copy or send it.\n"


def create(path: Path) -> Identity:
    """Makes an identity and its file; an existing file is never overwritten.

    Raises:
        FlowError: the file exists, or cannot be written.
    """
    identity = Identity.generate()
    text = f"{_HEADER}# fingerprint: {identity.fingerprint}\n{identity.export().hex()}\n"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        write_private(path, text.encode(), replace=False)
    except FileExistsError:
        raise FlowError(FlowStatus.CONFLICT, "there is an identity already; another one needs another --home", argument=str(path)) from None
    except OSError as error:
        raise FlowError(FlowStatus.STORAGE_FAILED, f"cannot be written: {error.strerror}", argument=str(path)) from error
    return identity


def load(path: Path) -> Identity:
    """Reads an identity.

    Raises:
        FlowError: there is no such file, others may read it, or it holds no key.
    """
    try:
        with path.open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    except FileNotFoundError:
        raise FlowError(
            FlowStatus.CONFIGURATION, "there is no identity; make one with: cloakwork identity new", argument=str(path)
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise FlowError(FlowStatus.CONFIGURATION, f"cannot be read: {error}", argument=str(path)) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise FlowError(FlowStatus.CONFIGURATION, f"others may read this secret key; forbid it with: chmod 600 {path}", argument=str(path))
    try:
        secret = bytes.fromhex(lines[0]) if len(lines) == 1 else b""
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise FlowError(FlowStatus.CONFIGURATION, "holds no identity", argument=str(path))
    return Identity.from_bytes(secret)


def write_private(path: Path, content: bytes, *, replace: bool) -> None:
    """Writes a file that only its owner may read, whole or not at all, and makes it durable.

    Raises:
        FileExistsError: the file exists and `replace` is False.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
