"""`python -m cloakwork` is the command `cloakwork`."""

from __future__ import annotations

from cloakwork.cli import main

main()
