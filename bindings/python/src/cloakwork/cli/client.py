"""`cloakwork client`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from numpy.typing import NDArray

from cloakwork.cli import private, show
from cloakwork.cli.home import Home
from cloakwork.client import Client, Event, Round
from cloakwork.privacy import Neighbours, Unit
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
@click.option("--dataset", help="In a private run: name in your ledger of the data that you contribute from.")
@click.option("--budget-epsilon", type=click.FloatRange(0, min_open=True), help="For a new data set: most loss in all runs together.")
@click.option("--budget-delta", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="For a new data set: at which it holds.")
@click.pass_obj
def client_join(
    home: Home,
    invitation: str,
    ca: Path | None,
    *,
    yes: bool,
    dataset: str | None,
    budget_epsilon: float | None,
    budget_delta: float | None,
) -> None:
    """Look at a run and agree to take part.

    What the server says of the run is compared with the invitation, so take that from somebody you trust. The rounds of a private run are
    charged to the budget of the data that you name; it is the same budget in every run.

    \b
    Examples:
        cloakwork client join 'cloakwork+https://aggregate.example:8443/...'
        cloakwork client join 'cloakwork+https://...' --dataset ward --budget-epsilon 3 --budget-delta 1e-6
    """
    parsed = Invitation.parse(invitation)
    folder = home.client_folder(parsed.run)
    known = (folder / "state.sqlite").exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authorities = folder / "ca.pem"
    if ca is not None:
        authorities.write_bytes(ca.read_bytes())
    trusted, identity = authorities if authorities.exists() else None, home.identity()
    name, run = Client.look(parsed, identity, ca=trusted)
    _describe(name, parsed.url, run, identity.public_key)
    charged: dict[str, Any] = {}
    if run.config.mechanism is not None:
        charged = _charged(home, run, dataset, budget_epsilon, budget_delta)
    elif dataset is not None:
        raise FlowError(FlowStatus.CONFIGURATION, "the run is not private: nothing but the sum protects the data", argument="--dataset")
    if not (known or yes or click.confirm("Take part?", default=False, err=True)):
        raise click.Abort
    with Client.join(parsed, identity, folder / "state.sqlite", ca=trusted, **charged) as joined:
        home.keep_joined(parsed.run, name, str(parsed))
        if joined.account is not None:
            private.describe_left(joined.account)
    show.note(f"Joined. Take part with: cloakwork client run {name} --data FILE")


def _charged(home: Home, run: Run, dataset: str | None, epsilon: float | None, delta: float | None) -> dict[str, Any]:
    """What `Client.join` is told about the ledger, with the data set opened."""
    if dataset is None:
        message = "the run is private: name the data that you contribute from; a new name also needs --budget-epsilon and --budget-delta"
        raise FlowError(FlowStatus.CONFIGURATION, message, argument="--dataset")
    task = _task(run)
    if task is not None:
        task.check(run)
    unit = Unit.client() if task is None else task.unit
    promise = None if task is None else task.privacy
    neighbours = Neighbours.REPLACE_ONE if promise is None else promise.neighbours
    with home.ledger() as ledger:
        private.open_dataset(ledger, dataset, unit.kind, neighbours, epsilon, delta)
    return {"ledger": home.ledger_file, "dataset": dataset, "unit": unit}


def _task(run: Run) -> Task | None:
    """The built-in task of a run, if it has one."""
    try:
        return Task.from_settings(run.config.settings or b"", len(run.members))
    except ValueError:
        return None


def _describe(name: str, url: str, run: Run, own: bytes) -> None:
    config = run.config
    click.echo(f"Run {name!r} at {url}")
    click.echo(f"  {len(run.members)} members, of whom at least {config.min_inputs} are in every sum that is opened.")
    recovery = f"{run.tolerated_dropouts()} may drop out of a round" if config.recovery else "none may drop out of a round"
    click.echo(f"  {recovery}; at most {config.colluders} are assumed to work with the server.")
    click.echo(f"  What leaves you in a round: {_what(run)}.")
    for member, key in run.members.items():
        click.echo(f"  {member:>6}  {fingerprint(key)}{'  (you)' if key == own else ''}")


def _what(run: Run) -> str:
    task, mechanism = _task(run), run.config.mechanism
    if task is not None:
        return task.describe()
    if mechanism is not None:
        noise = f"clipped to {mechanism.clip:g}, with noise of {mechanism.sigma:.4g} from each party"
        return f"a vector of {mechanism.dimension} values, {noise}, masked: only the sum over all parties is opened"
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
    ledger = home.ledger_file if home.ledger_file.exists() else None
    authorities = ca if ca.exists() else None
    with Client.open(home.identity(), folder / "state.sqlite", ca=authorities, patience=patience, ledger=ledger) as opened:
        parties = len(opened.run.members)
        task = Task.from_settings(opened.run.config.settings or b"", parties)
        task.check(opened.run)
        # Read and checked before the first round, so that a wrong table is told at once.
        table = read_table(data, tuple(column.name for column in task.columns))
        contribution = task.contribution(table, parties)
        if opened.account is not None:
            private.describe_left(opened.account)
            cut, missing = task.changed(table)
            if cut or missing:
                show.note(f"{cut} values are cut to their range, and {missing} rows without a value are left out. Nobody else is told.")

        def contribute(_round: Round) -> dict[str, NDArray[Any]] | NDArray[Any]:
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
