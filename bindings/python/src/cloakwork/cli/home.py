"""Where the command line keeps what belongs to a party: its identity, the servers it controls, the runs it plans and takes part in."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cloakwork.flow import keyfile
from cloakwork.ledger import Ledger
from cloakwork.secagg import Identity
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Home", "ServerEntry"]

_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True)
class ServerEntry:
    """A server that this party controls."""

    url: str
    fingerprint: str
    ca: str | None


class Home:
    """The folder of a party.

    Args:
        folder: where it is; it is made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def identity_file(self) -> Path:
        """The file of the identity."""
        return self.folder / "identity"

    @property
    def ledger_file(self) -> Path:
        """The file of the ledger: what data sets have lost in private runs."""
        return self.folder / "ledger.sqlite"

    def ledger(self) -> Ledger:
        """The ledger; its file is made if it is not there."""
        return Ledger(self.ledger_file)

    def identity(self) -> Identity:
        """The identity.

        Raises:
            FlowError: there is none, or others may read it.
        """
        return keyfile.load(self.identity_file)

    def server(self) -> ServerEntry:
        """The server that this party controls.

        Raises:
            FlowError: none was named.
        """
        found = self._read(self.folder / "controller.json")
        if found is None:
            message = "no server is known; name it with: cloakwork controller connect URL FINGERPRINT"
            raise FlowError(FlowStatus.CONFIGURATION, message)
        return ServerEntry(found["url"], found["fingerprint"], found["ca"])

    def keep_server(self, entry: ServerEntry) -> None:
        """Remembers the server that this party controls."""
        self._write(self.folder / "controller.json", asdict(entry))

    def plan(self, name: str) -> dict[str, Any]:
        """A run that this controller planned or started.

        Raises:
            FlowError: there is none of this name.
        """
        found = self._read(self._plan_file(name))
        if found is None:
            known = ", ".join(sorted(path.stem for path in (self.folder / "runs").glob("*.json"))) or "none"
            raise FlowError(FlowStatus.NOT_FOUND, f"there is no run named {name!r} here; known are: {known}", argument="run")
        return found

    def has_plan(self, name: str) -> bool:
        """Whether there is a run of this name."""
        return self._plan_file(name).exists()

    def keep_plan(self, name: str, plan: dict[str, Any]) -> None:
        """Remembers a run."""
        self._write(self._plan_file(name), plan)

    def client_folder(self, run: bytes) -> Path:
        """Where the state of this party in a run is."""
        return self.folder / "client" / run.hex()

    def keep_joined(self, run: bytes, name: str, invitation: str) -> None:
        """Remembers a run that this party has joined, beside its state: that is for one process at a time."""
        self._write(self.client_folder(run) / "joined.json", {"name": name, "invitation": invitation})

    def joined(self) -> list[tuple[Path, str, str]]:
        """The runs that this party has joined: folder, name and invitation of each."""
        found: list[tuple[Path, str, str]] = []
        for path in sorted((self.folder / "client").glob("*/joined.json")):
            content = self._read(path)
            if content is not None:
                found.append((path.parent, content["name"], content["invitation"]))
        return found

    def _plan_file(self, name: str) -> Path:
        if not _RUN_NAME.fullmatch(name):
            message = "the name of a run is 1 to 64 letters, digits, '_', '.' or '-'"
            raise FlowError(FlowStatus.CONFIGURATION, message, argument="run")
        return self.folder / "runs" / f"{name}.json"

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise FlowError(FlowStatus.CONFIGURATION, f"cannot be read: {error}", argument=str(path)) from error
        return content

    def _write(self, path: Path, content: dict[str, Any]) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        keyfile.write_private(path, (json.dumps(content, indent=1) + "\n").encode(), replace=True)
