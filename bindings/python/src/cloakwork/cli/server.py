"""`cloakwork server`."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import urlsplit

import click

from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["server"]

_FOLDER = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("cloakwork-server"),
    show_default=True,
    help="Folder of the server.",
)


@click.group()
def server() -> None:
    """Bring the members of runs together and open sums, and nothing else."""


@server.command("init")
@_FOLDER
@click.option("--url", required=True, help="Address under which clients reach the server, such as https://aggregate.example:8443.")
@click.option("--host", default=None, help="Address to listen on.  [default: this machine alone without a certificate, else 0.0.0.0]")
@click.option("--port", type=click.IntRange(0, 65535), default=None, help="Port to listen on.  [default: that of the URL]")
@click.option("--certificate", help="Certificate chain, PEM; relative to the folder.")
@click.option("--key", help="Private key of the certificate, PEM; relative to the folder.")
@click.option("--self-signed", is_flag=True, help="Make a certificate that signs itself, for trials and closed networks.")
@click.option("--controller", "controllers", multiple=True, metavar="FINGERPRINT", help="Who may create runs; may be repeated.")
def server_init(
    folder: Path,
    url: str,
    host: str | None,
    port: int | None,
    certificate: str | None,
    key: str | None,
    *,
    self_signed: bool,
    controllers: tuple[str, ...],
) -> None:
    """Make the folder of a server: identity, configuration, list of controllers.

    \b
    Examples:
        cloakwork server init --url https://aggregate.example:8443 --certificate chain.pem --key key.pem
        cloakwork server init --url https://localhost:8443 --self-signed --controller cw1-...
    """
    from cloakwork.server import folder as folders

    if self_signed and (certificate or key):
        raise FlowError(FlowStatus.CONFIGURATION, "give a certificate or let one be made, not both", argument="--self-signed")
    if bool(certificate) != bool(key):
        raise FlowError(FlowStatus.CONFIGURATION, "needs --key, and --key needs it", argument="--certificate")
    if self_signed:
        certificate, key = "certificate.pem", "key.pem"
    tls = (certificate, key) if certificate and key else None
    if tls is None and urlsplit(url).scheme == "https":
        message = "an https URL needs --certificate and --key, or --self-signed"
        raise FlowError(FlowStatus.CONFIGURATION, message, argument="--url")
    listen = host or ("127.0.0.1" if tls is None else "0.0.0.0")  # noqa: S104 - a server with TLS is there for others
    fingerprint = folders.create(folder, url, host=listen, port=port, tls=tls)
    if self_signed and tls:
        from cloakwork.flow.certificate import self_signed as make

        make(_hosts(url), folder / tls[0], folder / tls[1])
        click.echo(f"Certificate: {folder / tls[0]} (clients and controllers give it to --ca)", err=True)
    for entry in controllers:
        folders.allow(folder, entry, "")
    click.echo(fingerprint)
    click.echo(f"Start it with: cloakwork server run --folder {folder}", err=True)


def _hosts(url: str) -> list[str]:
    host = urlsplit(url).hostname or "localhost"
    return [host, "127.0.0.1", "::1"] if host == "localhost" else [host]


@server.command("allow")
@_FOLDER
@click.argument("fingerprint")
@click.option("--note", default="", help="Whose it is, for people.")
def server_allow(folder: Path, fingerprint: str, note: str) -> None:
    """Let the party with this fingerprint control the server. A running server notices."""
    from cloakwork.server import folder as folders

    folders.allow(folder, fingerprint, note)


@server.command("show")
@_FOLDER
def server_show(folder: Path) -> None:
    """Show the server's URL and fingerprint, and the address of its page."""
    from cloakwork.flow import keyfile
    from cloakwork.server.settings import Settings

    settings = Settings.read(folder)
    click.echo(f"url          {settings.url}")
    click.echo(f"fingerprint  {keyfile.load(settings.identity).fingerprint}")
    click.echo(f"page         {_page(settings.url, settings.view_token)}")


def _page(url: str, token: str) -> str:
    return f"{url}/#token={token}" if token else f"{url}/"


@server.command("run")
@_FOLDER
def server_run(folder: Path) -> None:
    """Serve until interrupted. Whatever happens to the process, it goes on where it stopped when it is started again.

    \b
    Example:
        cloakwork server run --folder cloakwork-server
    """
    from cloakwork.server.serving import serve
    from cloakwork.server.settings import Settings

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    settings = Settings.read(folder)
    if settings.certificate is None:
        click.echo("Serving without TLS, on this machine alone.", err=True)
    click.echo(f"Page: {_page(settings.url, settings.view_token)}", err=True)
    serve(settings)
