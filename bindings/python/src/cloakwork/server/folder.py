"""The folder of a server: made once, with an identity, a configuration that explains itself, and a list of controllers."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from cloakwork.flow import keyfile
from cloakwork.secagg import public_key
from cloakwork.server.settings import CONFIG_FILE, CONTROLLERS_FILE
from cloakwork.wire.invitation import base_url
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["allow", "create"]

_CONFIGURATION = """# A Cloakwork server. Paths start at the folder of this file.

# Where clients reach the server; the address is part of every invitation.
url = {url}

# Where it listens. Another machine is served over TLS only.
host = {host}
port = {port}
{tls}
# Whoever has this token may see the page: the parties' names, what each is doing, and outcomes. Empty: everybody may.
view_token = {token}

# What a request may cost; the values are the defaults.
# [bounds]
# context_bytes = 268435456     # model and settings of a round
# payload_bytes = 1073741824    # a masked vector
# members = 10000
# body_seconds = 30             # for every body, and in addition
# slow_bytes_per_second = 16384 # the time that it takes at this rate
# uploads = 4                   # bodies that one party may send at a time
# connections = 4096
# header_seconds = 20           # for the head of a request
# results = 100                 # of how many rounds a run keeps the result
"""

_TLS = """
# Certificate chain and private key, PEM.
certificate = {certificate}
key = {key}
"""

_CONTROLLERS = """# Who may create runs, start rounds and read results: a fingerprint a line, and after it a note for people.
# The server reads this file again when it changes.
"""


def create(folder: Path, url: str, *, host: str, port: int | None, tls: tuple[str, str] | None) -> str:
    """Makes the folder of a server and returns its fingerprint.

    Args:
        folder: the folder; it may exist, but holds no server.
        url: base URL for clients.
        host: address to listen on.
        port: port to listen on; that of the URL if None.
        tls: names of the files of the certificate and its key; None for plain HTTP on this machine.

    Raises:
        FlowError: there is a server in the folder, or the URL is none.
    """
    url = base_url(url)
    parts = urlsplit(url)
    listen = port or parts.port or (443 if parts.scheme == "https" else 80)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    identity = keyfile.create(folder / "identity")
    files = "" if tls is None else _TLS.format(certificate=_quoted(tls[0]), key=_quoted(tls[1]))
    token = secrets.token_urlsafe(24)
    content = _CONFIGURATION.format(url=_quoted(url), host=_quoted(host), port=listen, tls=files, token=_quoted(token))
    try:
        keyfile.write_private(folder / CONFIG_FILE, content.encode(), replace=False)
        keyfile.write_private(folder / CONTROLLERS_FILE, _CONTROLLERS.encode(), replace=False)
    except FileExistsError:
        raise FlowError(FlowStatus.CONFLICT, "there is a server in this folder already", argument=str(folder)) from None
    return identity.fingerprint


def allow(folder: Path, fingerprint: str, note: str) -> None:
    """Adds a controller to the list.

    Raises:
        EncodingError: this is no fingerprint.
    """
    public_key(fingerprint)
    path = folder / CONTROLLERS_FILE
    listed = path.read_text(encoding="utf-8") if path.exists() else _CONTROLLERS
    if fingerprint.upper() in listed.upper():
        return
    line = " ".join([fingerprint, *note.split()])
    keyfile.write_private(path, f"{listed.rstrip()}\n{line}\n".encode(), replace=True)


def _quoted(text: str) -> str:
    # The strings of JSON are strings of TOML.
    return json.dumps(text, ensure_ascii=False)
