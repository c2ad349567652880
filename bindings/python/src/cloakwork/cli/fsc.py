"""`cloakwork fsc`."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import click

from cloakwork.web.listener import Listener

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


@fsc.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), help=f"Port for clients.  [default: {Listener.port}, or the configuration's]")
@click.option("--host", help=f"Address to listen on.  [default: {Listener.host}, or the configuration's]")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="Configuration; without one, for this machine alone.")
def fsc_serve(port: int | None, host: str | None, config: Path | None) -> None:
    """Serve clients, and compute with the other servers, until interrupted.

    \b
    Examples:
        cloakwork fsc serve --port=55501
        cloakwork fsc serve --config example/alice/fsc.toml
    """
    from cloakwork.fsc.configured import configured, development
    from cloakwork.fsc.serving import serve

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    if config is None:
        settings, engine = development(host or Listener.host, Listener.port if port is None else port)
    else:
        settings, engine = configured(config)
        listener = settings.listener
        listener = replace(listener, host=host or listener.host, port=listener.port if port is None else port)
        settings = replace(settings, listener=listener)
    if settings.clients is None:
        click.echo("Nobody is asked who calls: everybody on this machine may, and nobody else.", err=True)
    click.echo(f"Clients: {_url(settings.listener)} (described at {_url(settings.listener)}/ui/)", err=True)
    serve(settings, engine)


def _url(listener: Listener) -> str:
    host = f"[{listener.host}]" if ":" in listener.host else listener.host
    return f"{'http' if listener.certificate is None else 'https'}://{host}:{listener.port}"


@fsc.command("allow")
@click.argument("name")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("clients"),
    show_default=True,
    help="Who may call; the configuration names it: file = ... in [clients].",
)
def fsc_allow(name: str, file: Path) -> None:
    """Let a client call, and show the token by which it says who it is. A running server notices.

    \b
    Examples:
        cloakwork fsc allow ann --file example/alice/clients
    Ann then calls, in Python:
        Api("https://ann:TOKEN@server.example:55501")
    and in R or JavaScript:
        Api("https://server.example:55501/TOKEN")
    """
    from cloakwork.fsc.api.authentication import allow

    click.echo(allow(file, name))
    click.echo(f"The token is shown this once: {file} holds its SHA-256.", err=True)
