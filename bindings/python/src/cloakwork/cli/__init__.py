"""The command line: `cloakwork identity`, `server`, `controller`, `client`, `mpc`, `fsc`, `budget` and `plan`."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Runs the command line. Ends with 0, with 1 after an error that is told in a sentence, or with 2 for wrong arguments."""
    try:
        from cloakwork.cli.commands import cloakwork
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("cloakwork"):
            raise
        sys.exit(f"The command line needs the package {error.name}; install it with: pip install 'cloakwork[client,server]'")
    cloakwork()
