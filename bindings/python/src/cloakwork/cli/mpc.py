"""`cloakwork mpc`."""

from __future__ import annotations

import runpy
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import click

from cloakwork.cli.home import Home
from cloakwork.flow import keyfile
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["mpc"]

# Below this nobody wonders.
PATIENCE = 2.0

_CONFIG = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="File that says who takes part (`cloakwork mpc init`).",
)


@click.group()
def mpc() -> None:
    """Compute with others on numbers that none of them sees."""


@mpc.command("init")
@click.option("--parties", type=click.IntRange(2, 64), default=3, show_default=True, help="How many parties.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), default=Path("mpc.toml"), show_default=True, help="The file.")
def mpc_init(parties: int, output: Path) -> None:
    """Write an example of the file that all parties and the dealer have.

    Its fingerprints are those of nobody: put in the ones that the others show you with `cloakwork identity show`.

    \b
    Example:
        cloakwork mpc init --parties 3 --output salaries.toml
    """
    from cloakwork.mpc._network import example
    from cloakwork.secagg import Identity

    keys = [Identity.generate().public_key for _ in range(parties + 1)]
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(example(output.stem, keys[:-1], keys[-1]))
    except FileExistsError:
        raise FlowError(FlowStatus.CONFLICT, "there is such a file already; name another one with --output", argument=str(output)) from None
    except OSError as error:
        raise FlowError(FlowStatus.STORAGE_FAILED, f"cannot be written: {error.strerror}", argument=str(output)) from error
    click.echo(f"{output}: put in the parties' fingerprints and addresses, and give it to all of them.", err=True)


@mpc.command("dealer")
@_CONFIG
@click.option("--session", help="Name of this computation, in the place of that in the file.")
@click.pass_obj
def mpc_dealer(home: Home, config: Path, session: str | None) -> None:
    """Deal correlated randomness for one computation, until its parties have ended.

    A dealer who saw a message of a party could see through it: run it on a machine of somebody who works with none of them.

    \b
    Example:
        cloakwork mpc dealer --config salaries.toml
    """
    from cloakwork.mpc import serve

    network, identity = _network(config, session), home.identity()
    names = ", ".join(party.name for party in network.parties)
    with _progress(lambda: f"dealing for {names}"):
        serve(network, identity)


@mpc.command("party", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_CONFIG
@click.option("--session", help="Name of this computation, in the place of that in the file.")
@click.option("--identity", "identity_file", type=click.Path(dir_okay=False, path_type=Path), help="Another identity than that of --home.")
@click.argument("program", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def mpc_party(home: Home, config: Path, session: str | None, identity_file: Path | None, program: Path, arguments: tuple[str, ...]) -> None:
    """Run a program as one of the parties.

    PROGRAM is a Python file with a function `main`, which gets the connected session. All parties run the same program, each with its own
    data; ARGUMENTS are its `sys.argv[1:]`.

    \b
    Example, salaries.py:
        import sys
        def main(session):
            own = float(sys.argv[1])
            salaries = [session.share(own, owner=party) for party in range(session.parties)]
            print("mean:", (sum(salaries) / session.parties).open())
    \b
    Each party:
        cloakwork mpc party --config salaries.toml salaries.py 5100
    """
    from cloakwork.mpc import Session

    network = _network(config, session)
    identity = home.identity() if identity_file is None else keyfile.load(identity_file)
    main = _main(program, arguments)
    with _progress(lambda: f"waiting for {', '.join(party.name for party in network.parties if party.key != identity.public_key)}"):
        connected = Session.connect(network, identity)
    with connected, _progress(lambda: "computing"):
        main(connected)
        spent, making = connected.cost, connected.making_cost
    made = f", and {making.bytes:,} bytes for correlated randomness" if making.bytes else ""
    click.echo(f"{spent.rounds:,} rounds, {spent.bytes:,} bytes to each other party{made}", err=True)


def _network(config: Path, session: str | None) -> Any:  # noqa: ANN401 - imported where it is needed
    from dataclasses import replace

    from cloakwork.mpc import Network

    network = Network.read(config)
    return network if session is None else replace(network, name=session)


def _main(program: Path, arguments: tuple[str, ...]) -> Callable[[Any], object]:
    """The function `main` of a Python file."""
    sys.argv = [str(program), *arguments]
    sys.path.insert(0, str(program.resolve().parent))
    main = runpy.run_path(str(program), run_name="cloakwork_program").get("main")
    if not callable(main):
        raise FlowError(FlowStatus.CONFIGURATION, "has no function `main(session)`", argument=str(program))
    return main  # type: ignore[no-any-return]


@contextmanager
def _progress(text: Callable[[], str]) -> Iterator[None]:
    """Says on the standard error, if that is a terminal, what takes long, and for how long.

    An interrupt ends the process, in whatever call of the library it is.
    """
    done = threading.Event()
    terminal, start = sys.stderr.isatty(), monotonic()

    def show() -> None:
        while not done.wait(PATIENCE if monotonic() - start < PATIENCE else 1.0):
            click.echo(f"\r{text()}: {monotonic() - start:.0f} s", nl=False, err=True)

    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    watcher = threading.Thread(target=show, daemon=True)
    if terminal:
        watcher.start()
    try:
        yield
    finally:
        done.set()
        if terminal:
            watcher.join()
            if monotonic() - start >= PATIENCE:
                click.echo("", err=True)
        if before is not None:
            signal.signal(signal.SIGINT, before)
