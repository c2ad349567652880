"""The groups of commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cloakwork import __version__
from cloakwork.cli import budget, client, controller, fsc, mpc, plan, server
from cloakwork.cli.home import Home
from cloakwork.errors import CloakworkError
from cloakwork.flow import keyfile

__all__ = ["cloakwork"]


class _Commands(click.Group):
    """A group whose commands report errors in a sentence."""

    def invoke(self, context: click.Context) -> Any:  # noqa: ANN401 - what the command returns
        try:
            return super().invoke(context)
        except CloakworkError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("~/.cloakwork"),
    envvar="CLOAKWORK_HOME",
    show_default=True,
    help="Folder of this party: its identity, the runs that it plans and takes part in.",
)
@click.version_option(__version__, prog_name="cloakwork")
@click.pass_context
def cloakwork(context: click.Context, home: Path) -> None:
    """Sums, statistics and models over data that nobody shows.

    \b
    A party makes an identity once and gives its fingerprint to the controller:
        cloakwork identity new
    It takes part in a run by the invitation that it gets:
        cloakwork client join 'cloakwork+https://...'
        cloakwork client run --data patients.csv
    It computes with others on numbers that none of them sees:
        cloakwork mpc party --config mpc.toml program.py
    What private runs may cost its data is in its ledger:
        cloakwork budget
    """
    context.obj = Home(home.expanduser())


@cloakwork.group()
def identity() -> None:
    """The key pair by which others know this party."""


@identity.command("new")
@click.pass_obj
def identity_new(home: Home) -> None:
    """Make an identity and show its fingerprint.

    \b
    Example:
        cloakwork identity new
    """
    made = keyfile.create(home.identity_file)
    click.echo(made.fingerprint)
    click.echo(f"The secret key is in {home.identity_file}. Give the fingerprint to the controller.", err=True)


@identity.command("show")
@click.pass_obj
def identity_show(home: Home) -> None:
    """Show the fingerprint of this party."""
    click.echo(home.identity().fingerprint)


def _add(group: Callable[..., Any]) -> None:
    cloakwork.add_command(group)  # type: ignore[arg-type]


_add(server.server)
_add(controller.controller)
_add(client.client)
_add(mpc.mpc)
_add(fsc.fsc)
_add(budget.budget)
_add(plan.plan)
