"""Where servers are: base URLs as clients write them, and the addresses of peer listeners."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Address", "node"]

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """A host and a port."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Reads ``host:port``; the address of IPv6 stands in brackets.

        Raises:
            ValueError: it is none.
        """
        try:
            parts = urlsplit(f"//{text}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or port is None or parts.path or parts.query or parts.username is not None:
            raise ValueError(f"must be an address such as clinic.example:56501, not {text!r}")
        return cls(host, port)


def node(url: str) -> str:
    """A base URL in the one spelling that URLs are compared in: no user, no closing slash, lower case, the port always there.

    Raises:
        ValueError: it is no http or https URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if not host or parts.scheme not in _PORTS or parts.query or parts.fragment:
        raise ValueError(f"must be a base URL such as https://clinic.example:8443, not {url!r}")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}:{_PORTS[parts.scheme] if port is None else port}{parts.path.rstrip('/')}"
