"""The invitation: one line that tells a party where a run is and pins the server and every parameter of the run.

It holds no secret, but whoever changes it on the way could send the party elsewhere: it travels by a channel that the party trusts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from cloakwork.secagg import fingerprint, public_key
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Invitation", "base_url"]

_PREFIX = "cloakwork+"
_RUN = re.compile(r"[0-9a-f]{32}")
_HASH = re.compile(r"[0-9a-f]{64}")


def base_url(url: str) -> str:
    """A server's URL without a path, checked. What is under a MAC are the paths of the server itself, so it has no prefix.

    Raises:
        FlowError: it is no https URL, or it is an http URL of another machine.
    """
    parts = urlsplit(url)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    more = parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username
    if not parts.hostname or parts.scheme not in {"https", "http"} or more:
        raise FlowError(FlowStatus.CONFIGURATION, "expected a URL such as https://aggregate.example:8443", argument="url")
    if parts.scheme == "http" and not local:
        raise FlowError(FlowStatus.CONFIGURATION, "http without TLS is accepted for this machine only; use https", argument="url")
    return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True)
class Invitation:
    """Where a run is, and what pins it.

    Attributes:
        url: base URL of the server.
        server: public key of the server, 32 bytes.
        run: run id, 16 bytes.
        run_hash: hash of the run description, 32 bytes: it fixes roster, task and every other parameter.
    """

    url: str
    server: bytes
    run: bytes
    run_hash: bytes

    def __str__(self) -> str:
        pins = urlencode({"server": fingerprint(self.server), "hash": self.run_hash.hex()})
        return f"{_PREFIX}{self.url}/{self.run.hex()}?{pins}"

    @classmethod
    def parse(cls, text: str) -> Invitation:
        """Reads the line.

        Raises:
            FlowError: the text is no invitation.
        """
        wrong = FlowError(
            FlowStatus.CONFIGURATION,
            "this is no invitation: expected cloakwork+https://HOST/RUN?server=FINGERPRINT&hash=HASH, in a shell within quotes",
            argument="invitation",
        )
        text = text.strip()
        if not text.startswith(_PREFIX):
            raise wrong
        address, _, query = text[len(_PREFIX) :].partition("?")
        url, _, run = address.rpartition("/")
        try:
            fields = dict(parse_qsl(query, strict_parsing=True))
        except ValueError:
            raise wrong from None
        if set(fields) != {"server", "hash"} or not _RUN.fullmatch(run) or not _HASH.fullmatch(fields["hash"]):
            raise wrong
        return cls(base_url(url), public_key(fields["server"]), bytes.fromhex(run), bytes.fromhex(fields["hash"]))
