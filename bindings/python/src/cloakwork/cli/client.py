"""`cloakwork client`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from numpy.typing import NDArray

from cloakwork.cli import show
from cloakwork.cli.home import Home
from cloakwork.client import Client, Event, Round
from cloakwork.secagg import Run, fingerprint
from cloakwork.tasks import Task, read_table
from cloakwork.wire.invitation import Invitation
from cloakwork.wire.problem import FlowError, FlowStatus, outcome_text

__all__ = ["client"]


@click.group()
def client() -> None:
    """Take part in runs with data that stays here."""


@client.command("join")
@click.argument("invitation")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file that vouches for the server.")
@click.option("--yes", is_flag=True, help="Agree without being asked.")
@click.pass_obj
def client_join(home: Home, invitation: str, ca: Path | None, *, yes: bool) -> None:
    """Look at a run and agree to take part.

    What the server says of the run is compared with the invitation, so take that from somebody you trust.

    \b
    Example:
        cloakwork client join 'cloakwork+https://aggregate.example:8443/...'
    """
    parsed = Invitation.parse(invitation)
    folder = home.client_folder(parsed.run)
    known = (folder / "state.sqlite").exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authorities = folder / "ca.pem"
    if ca is not None:
        authorities.write_bytes(ca.read_bytes())
    agreed = False
    try:
        with Client.join(parsed, home.identity(), folder / "state.sqlite", ca=authorities if authorities.exists() else None) as joined:
            _describe(joined)
            agreed = known or yes or click.confirm("Take part?", default=False, err=True)
    finally:
        if not known and not agreed:
            (folder / "state.sqlite").unlink(missing_ok=True)
    if not agreed:
        raise click.Abort
    home.keep_joined(parsed.run, joined.name, str(parsed))
    show.note(f"Joined. Take part with: cloakwork client run {joined.name} --data FILE")


def _describe(joined: Client) -> None:
    run, config = joined.run, joined.run.config
    click.echo(f"Run {joined.name!r} at {joined.invitation.url}")
    click.echo(f"  {len(run.members)} members, of whom at least {config.min_inputs} are in every sum that is opened.")
    recovery = f"{run.tolerated_dropouts()} may drop out of a round" if config.recovery else "none may drop out of a round"
    click.echo(f"  {recovery}; at most {config.colluders} are assumed to work with the server.")
    click.echo(f"  What leaves you in a round: {_what(run)}.")
    own = joined.member
    for member, key in run.members.items():
        click.echo(f"  {member:>6}  {fingerprint(key)}{'  (you)' if member == own else ''}")


def _what(run: Run) -> str:
    try:
        return Task.from_settings(run.config.settings or b"", len(run.members)).describe()
    except ValueError:
        vectors = ", ".join(f"{segment.length} values ({segment.label})" for segment in run.segments)
        return f"{vectors}, masked: only the sums over all parties are opened"


@client.command("run")
@click.argument("run", required=False)
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Table of this party: CSV with a header line, .npz, or a structured .npy.",
)
@click.option("--rounds", type=click.IntRange(1), help="End after so many rounds.  [default: when the controller closes the run]")
@click.option("--patience", type=click.FloatRange(0), default=3600.0, show_default=True, help="Seconds to wait while the server is away.")
@click.pass_obj
def client_run(home: Home, run: str | None, data: Path, rounds: int | None, patience: float) -> None:
    """Take part in the rounds of a run with a table. Interrupt it at any time: started again, it goes on.

    \b
    Examples:
        cloakwork client run --data patients.csv
        cloakwork client run study --data patients.csv --rounds 1
    """
    folder = _folder(home, run)
    ca = folder / "ca.pem"
    with Client.open(home.identity(), folder / "state.sqlite", ca=ca if ca.exists() else None, patience=patience) as opened:
        parties = len(opened.run.members)
        task = Task.from_settings(opened.run.config.settings or b"", parties)
        # Read and checked before the first round, so that a wrong table is told at once.
        contribution = task.contribution(read_table(data, tuple(column.name for column in task.columns)), parties)

        def contribute(_round: Round) -> dict[str, NDArray[Any]]:
            return contribution

        show.note(f"Taking part in {opened.name!r} with {data}. Interrupt with Ctrl-C.")
        opened.serve(contribute, rounds=rounds, listener=_report)


def _report(event: Event) -> None:
    where = f"round {event.round}: " if event.round else ""
    text = event.text
    if event.what == "ended":
        text = outcome_text(event.outcome) or ""
    show.note(f"{where}{event.what}{f': {text}' if text else ''}")


@client.command("show")
@click.pass_obj
def client_show(home: Home) -> None:
    """List the runs that this party has joined."""
    for _, name, invitation in home.joined():
        click.echo(f"{name}  {invitation}")


def _folder(home: Home, run: str | None) -> Path:
    """The folder of a run by its name or the beginning of its id; of the only one without."""
    joined = home.joined()
    found = [folder for folder, name, _ in joined if run is None or name == run or folder.name.startswith(run)]
    if len(found) == 1:
        return found[0]
    if not joined:
        raise FlowError(FlowStatus.NOT_FOUND, "no run was joined; join one with: cloakwork client join INVITATION")
    message = f"name one of the runs that were joined: {', '.join(name for _, name, _ in joined)}"
    raise FlowError(FlowStatus.NOT_FOUND, message, argument="run")
