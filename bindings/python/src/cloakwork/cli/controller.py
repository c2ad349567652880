"""`cloakwork controller`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from cloakwork.cli import private, show
from cloakwork.cli.home import Home, ServerEntry
from cloakwork.cli.progress import follow
from cloakwork.controller import Controller, RoundResult, RunHandle
from cloakwork.controller.conversations import define
from cloakwork.privacy import Neighbours
from cloakwork.secagg import Config, Run, plan, public_key
from cloakwork.tasks import STATISTICS, Column, Privacy, Task
from cloakwork.wire.invitation import base_url
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["controller"]

_RUN = click.argument("run")


@click.group()
def controller() -> None:
    """Define runs, start rounds, read results."""


@controller.command("connect")
@click.argument("url")
@click.argument("fingerprint")
@click.option("--ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM file that vouches for the server.")
@click.pass_obj
def connect(home: Home, url: str, fingerprint: str, ca: Path | None) -> None:
    """Name the server that this party controls.

    \b
    Example:
        cloakwork controller connect https://aggregate.example:8443 cw1-...
    """
    public_key(fingerprint)
    entry = ServerEntry(base_url(url), fingerprint, None if ca is None else str(ca.resolve()))
    runs = _controller(home, entry).runs()
    home.keep_server(entry)
    show.note(f"The server answers and knows this controller; it has {len(runs)} runs.")


@controller.group("run")
def run() -> None:
    """Plan, start and end runs."""


@run.command("create")
@_RUN
@click.option("--task", "statistic", type=click.Choice(STATISTICS), required=True, help="What to compute.")
@click.option("--column", "columns", multiple=True, metavar="NAME:LOW:HIGH", help="A column and its range; may be repeated.")
@click.option("--rows", type=click.IntRange(1), default=2**24, show_default=True, help="Most rows that a party may have.")
@click.option("--min-inputs", type=click.IntRange(2), help="Fewest parties whose sum may be opened.  [default: more than half]")
@click.option("--colluders", type=click.IntRange(0), default=1, show_default=True, help="Clients assumed to work with the server.")
@click.option("--threshold", type=click.IntRange(1), help="Shares that open a mask.  [default: the fewest that are secure]")
@click.option("--degree", type=click.IntRange(0), help="Neighbours of a party, 0 for all.  [default: all of up to 100, else planned]")
@click.option("--dropout", type=click.FloatRange(0, 0.9), default=0.1, show_default=True, help="Fraction of dropouts to plan for.")
@click.option("--suite", type=click.IntRange(1, 2), default=2, show_default=True, help="1: ChaCha20, for devices; 2: AES.")
@click.option("--no-recovery", is_flag=True, help="One message a round, which every participant must send.")
@click.option("--rounds", "max_rounds", type=click.IntRange(1), help="Rounds of the run.  [default: 1000, or 1 if it is private]")
@click.option("--setup-seconds", type=click.IntRange(1), default=60, show_default=True, help="Time for each step of set-up.")
@click.option("--step-seconds", type=click.IntRange(1), default=60, show_default=True, help="Time for each step of a round.")
@click.option("--share-results", is_flag=True, help="Members may read the results as well.")
@private.options
@click.pass_obj
def run_create(home: Home, /, run: str, statistic: str, columns: tuple[str, ...], rows: int, **parameters: Any) -> None:  # noqa: ANN401 - options
    """Plan a run. It stays on this machine until it is started.

    With --epsilon and --delta the parties add noise that hides every single record, and the rounds are charged to a budget.

    \b
    Examples:
        cloakwork controller run create study --task mean --column age:0:120 --column bmi:10:80
        cloakwork controller run create study --task mean --column age:0:120 --rows 5000 --epsilon 1 --delta 1e-6
    """
    if home.has_plan(run):
        raise FlowError(FlowStatus.CONFLICT, f"there is a run named {run!r} already", argument="run")
    epsilon, delta, neighbours = (parameters.pop(name) for name in ("epsilon", "delta", "neighbours"))
    private_run = epsilon is not None or delta is not None
    unused = next((name for name in ("honest", "bits", "dataset", "budget_epsilon", "budget_delta") if parameters[name] is not None), None)
    if unused is not None and not private_run:
        option = f"--{unused.replace('_', '-')}"
        raise FlowError(FlowStatus.CONFIGURATION, "is for private runs: give --epsilon and --delta as well", argument=option)
    parameters["max_rounds"] = parameters["max_rounds"] or (1 if private_run else 1000)
    promise = private.privacy(epsilon, delta, neighbours, parameters["max_rounds"])
    task = Task(statistic, tuple(_column(text) for text in columns), rows, promise)
    described = [[column.name, column.low, column.high] for column in task.columns]
    planned: dict[str, Any] = {
        "task": {"statistic": statistic, "columns": described, "rows": rows},
        "parameters": parameters,
        "members": {},
    }
    if promise is not None:
        planned["task"]["privacy"] = {"epsilon": epsilon, "delta": delta, "rounds": promise.rounds, "neighbours": neighbours}
        parameters["dataset"] = parameters["dataset"] or run
    home.keep_plan(run, planned)
    show.note(f"Add its members with: cloakwork controller run add {run} NAME FINGERPRINT")


def _column(text: str) -> Column:
    try:
        name, low, high = text.rsplit(":", 2)
        return Column(name, float(low), float(high))
    except ValueError:
        raise FlowError(FlowStatus.TASK, f"{text!r} is not of the form NAME:LOW:HIGH", argument="--column") from None


@run.command("add")
@_RUN
@click.argument("name")
@click.argument("fingerprint")
@click.pass_obj
def run_add(home: Home, run: str, name: str, fingerprint: str) -> None:
    """Add a member to a planned run by its fingerprint, which pins its identity.

    \b
    Example:
        cloakwork controller run add study "St. Mary" cw1-...
    """
    planned = _draft(home, run)
    key = public_key(fingerprint)
    members: dict[str, str] = planned["members"]
    for known, listed in members.items():
        if known != name and public_key(listed) == key:
            raise FlowError(FlowStatus.CONFLICT, f"{known!r} has this fingerprint", argument="fingerprint")
    members[name] = fingerprint
    home.keep_plan(run, planned)
    show.note(f"{len(members)} members.")


def _draft(home: Home, run: str) -> dict[str, Any]:
    planned = home.plan(run)
    if "invitation" in planned:
        raise FlowError(FlowStatus.CONFLICT, "the run was started, and its roster is fixed; plan another run", argument="run")
    return planned


@run.command("start")
@_RUN
@click.pass_obj
def run_start(home: Home, run: str) -> None:
    """Fix the roster, give the run to the server, and print the invitation for its members.

    The invitation is no secret, but pins the server and every parameter: send it by a channel that the members trust.

    \b
    Example:
        cloakwork controller run start study
    """
    planned = home.plan(run)
    _open_dataset(home, planned)
    server = _server(home)
    if "run" not in planned:
        # Kept before it leaves, so that a second try gives the server the same run.
        defined, names = define(planned["members"], _config(planned))
        planned |= {
            "run": defined.run_id.hex(),
            "hash": defined.hash.hex(),
            "description": defined.description.hex(),
            "roster": defined.roster.hex(),
            "settings": (defined.config.settings or b"").decode("ascii"),
            "names": {str(member): name for member, name in names.items()},
        }
        home.keep_plan(run, planned)
    handle = _give(server, run, planned)
    planned["invitation"] = str(handle.invitation)
    home.keep_plan(run, planned)
    tolerated = handle.run.tolerated_dropouts()
    show.note(f"The run has {len(handle.names)} members; a round succeeds when up to {tolerated} of them drop out.")
    click.echo(planned["invitation"])


def _give(server: Controller, name: str, planned: dict[str, Any]) -> RunHandle:
    settings = planned["settings"].encode("ascii")
    run = Run.decode(bytes.fromhex(planned["description"]), bytes.fromhex(planned["roster"]), settings)
    names = {int(member): known for member, known in planned["names"].items()}
    shares = planned["parameters"]["share_results"]
    task = _task(planned)
    if task.privacy is None:
        return server.give(run, name, names, shares_results=shares)
    handle = server.give(run, name, names, shares_results=shares, dataset=planned["parameters"]["dataset"], unit=task.unit)
    if handle.account is not None:
        private.describe_left(handle.account)
    return handle


def _open_dataset(home: Home, planned: dict[str, Any]) -> None:
    """The data set of a private run, with the run's own promise as its budget where it is new and no other is stated."""
    promise, parameters = _task(planned).privacy, planned["parameters"]
    if promise is None:
        return
    with home.ledger() as ledger:
        epsilon, delta = parameters["budget_epsilon"], parameters["budget_delta"]
        if parameters["dataset"] not in ledger.datasets():
            epsilon, delta = epsilon or promise.epsilon, delta or promise.delta
        private.open_dataset(ledger, parameters["dataset"], "record", promise.neighbours, epsilon, delta)


def _config(planned: dict[str, Any]) -> Config:
    members, parameters = len(planned["members"]), planned["parameters"]
    task = _task(planned)
    degree, threshold = parameters["degree"], parameters["threshold"]
    if degree is None and threshold is None and members > 100 and not parameters["no_recovery"]:
        found = plan(members, corrupt=parameters["colluders"] / members, dropout=parameters["dropout"], rounds=parameters["max_rounds"])
        degree, threshold = found.degree, found.threshold
    others: dict[str, Any] = {
        "suite": parameters["suite"],
        "recovery": not parameters["no_recovery"],
        "degree": degree or 0,
        "threshold": threshold,
        "min_inputs": parameters["min_inputs"],
        "colluders": parameters["colluders"],
        "max_rounds": parameters["max_rounds"],
        "setup_seconds": parameters["setup_seconds"],
        "step_seconds": parameters["step_seconds"],
        "settings": task.settings(members),
    }
    if task.privacy is None:
        return Config(segments=task.layout(members).segments, **others)
    config, promised = private.config(task, members, parameters["honest"], parameters["bits"], **others)
    mechanism, clip = promised.mechanism, promised.unit.clip
    show.note(f"Each party adds noise of {mechanism.sigma:.4g} to sums in which a record counts at most {clip:.4g}.")
    show.note(f"That keeps {task.privacy}, with {mechanism.honest} honest parties; masked numbers have {promised.bits} bits.")
    return config


def _task(planned: dict[str, Any]) -> Task:
    entry, promised = planned["task"], planned["task"].get("privacy")
    promise = None if promised is None else Privacy(**{**promised, "neighbours": Neighbours(promised["neighbours"])})
    return Task(entry["statistic"], tuple(Column(*column) for column in entry["columns"]), entry["rows"], promise)


@run.command("list")
@click.pass_obj
def run_list(home: Home) -> None:
    """List the runs of the server."""
    for entry in _server(home).runs():
        click.echo(f"{entry['run']}  {entry['state']:<6}  {entry['rounds']:>5} rounds  {entry['name']}")


@run.command("show")
@_RUN
@click.pass_obj
def run_show(home: Home, run: str) -> None:
    """Show the step of a run, its members and what each is doing; and its invitation."""
    planned = home.plan(run)
    if "invitation" not in planned:
        for name, fingerprint in planned["members"].items():
            click.echo(f"{name}  {fingerprint}")
        show.note("The run is planned and was not started.")
        return
    handle = _handle(home, planned)
    show.tell(show.run_table(handle.about()))
    click.echo(planned["invitation"])
    if handle.account is not None:
        private.describe_left(handle.account)


@run.command("result")
@_RUN
@click.option("--round", "number", type=click.IntRange(1), help="Which round.  [default: the last]")
@click.option("--json", "as_json", is_flag=True, help="In JSON, every number in full.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the sums to this .npz file.")
@click.pass_obj
def run_result(home: Home, run: str, number: int | None, *, as_json: bool, out: Path | None) -> None:
    """Show the result of a round, and wait for it if the round is in progress.

    \b
    Examples:
        cloakwork controller run result study
        cloakwork controller run result study --round 1 --json
    """
    planned = home.plan(run)
    handle = _handle(home, planned)
    number = number or handle.about()["last_round"]
    if not number:
        raise FlowError(FlowStatus.NOT_FOUND, f"no round was started; start one with: cloakwork controller round start {run}")
    follow(_server(home), handle, number)
    _show_result(planned, handle, handle.result(number), as_json=as_json, out=out)


def _show_result(planned: dict[str, Any], handle: RunHandle, found: RoundResult, *, as_json: bool, out: Path | None) -> None:
    if out is not None:
        np.savez(out, **found.sums)  # type: ignore[arg-type]
    statistics = _task(planned).result(found.sums, len(found.members), len(handle.names), handle.run.config.mechanism)
    if as_json:
        click.echo(show.statistics_json(statistics, found.names))
        return
    show.tell(*show.statistics_tables(statistics))
    if statistics.privacy is not None:
        click.echo(f"Private: {statistics.privacy}.")
    show.note(f"Round {found.number}: {', '.join(found.names)}; {found.seconds:.1f} s")


@run.command("stop")
@_RUN
@click.pass_obj
def run_stop(home: Home, run: str) -> None:
    """Stop the round in progress and close the run; its results stay."""
    _handle(home, home.plan(run)).close()


@controller.group("round")
def round_() -> None:
    """Start and stop rounds."""


@round_.command("start")
@_RUN
@click.option("--participant", "participants", multiple=True, metavar="NAME", help="Who takes part; everybody who is there if absent.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait for the result and show it.")
@click.option("--json", "as_json", is_flag=True, help="Show the result in JSON, every number in full.")
@click.pass_obj
def round_start(home: Home, run: str, participants: tuple[str, ...], *, wait: bool, as_json: bool) -> None:
    """Start the next round of a run.

    \b
    Example:
        cloakwork controller round start study
    """
    planned = home.plan(run)
    handle = _handle(home, planned)
    unknown = set(participants) - set(handle.names.values())
    if unknown:
        raise FlowError(FlowStatus.NOT_FOUND, f"there is no member named {sorted(unknown)[0]!r}", argument="--participant")
    number = handle.start_round(participants=list(participants) or None)
    if not wait:
        click.echo(number)
        return
    follow(_server(home), handle, number)
    _show_result(planned, handle, handle.result(number), as_json=as_json, out=None)


@round_.command("stop")
@_RUN
@click.argument("number", type=click.IntRange(1))
@click.pass_obj
def round_stop(home: Home, run: str, number: int) -> None:
    """Stop a round; every participant is told."""
    _handle(home, home.plan(run)).stop_round(number)


def _controller(home: Home, entry: ServerEntry) -> Controller:
    return Controller(entry.url, entry.fingerprint, home.identity(), ca=entry.ca)


def _server(home: Home) -> Controller:
    entry = home.server()
    ledger = home.ledger() if home.ledger_file.exists() else None
    return Controller(entry.url, entry.fingerprint, home.identity(), ca=entry.ca, ledger=ledger)


def _handle(home: Home, planned: dict[str, Any]) -> RunHandle:
    if "invitation" not in planned:
        raise FlowError(FlowStatus.CONFLICT, "the run is planned and was not started; start it with: cloakwork controller run start")
    return _server(home).find(bytes.fromhex(planned["run"]), bytes.fromhex(planned["hash"]))
