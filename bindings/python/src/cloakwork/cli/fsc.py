"""`cloakwork fsc`."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["fsc"]


@click.group()
def fsc() -> None:
    """Compute with other servers for clients of Federated Secure Computing."""


@fsc.command("init")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def fsc_init(folder: Path) -> None:
    """Write an example of three servers, with keys and certificates, ready to run on this machine.

    \b
    Example:
        cloakwork fsc init example
        cloakwork fsc serve --config example/alice/fsc.toml
    """
    from cloakwork.fsc.peers.example import create

    for path in create(folder):
        click.echo(path)
    click.echo("Each file says what to change for servers on machines of their own.", err=True)
