"""Certificates: what a server shows, which ones it accepts, and the TLS that checks both sides.

TLS 1.3 by Python's `ssl`. A peer is known by one certificate, byte by byte: names in it do not count, nor do authorities that would
vouch for others.
"""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from cloakwork.secagg import sha256
from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["PROTOCOL", "Credentials", "certificate_of", "in_time", "peer_context", "shown"]

# The version of what links carry; servers that have no version in common refuse each other in the handshake.
PROTOCOL = "cloakwork-fsc/1"


@dataclass(frozen=True)
class Credentials:
    """A certificate and its private key, as PEM files, and the certificate itself."""

    certificate: Path
    key: Path
    content: bytes

    @classmethod
    def load(cls, certificate: Path, key: Path) -> Credentials:
        """Reads a certificate and looks whether the key belongs to it.

        Raises:
            FlowError: a file cannot be read or holds something else, or the key is another one's.
        """
        made = cls(certificate, key, certificate_of(certificate))
        peer_context(made, [], server=True)
        return made


def certificate_of(path: Path) -> bytes:
    """The first certificate in a PEM file, as DER.

    Raises:
        FlowError: it cannot be read, or holds none.
    """
    try:
        text = path.read_text(encoding="ascii")
        end = "-----END CERTIFICATE-----"
        start = text.index("-----BEGIN CERTIFICATE-----")
        return ssl.PEM_cert_to_DER_cert(text[start : text.index(end, start) + len(end)])
    except (OSError, ValueError) as error:
        raise FlowError(FlowStatus.CONFIGURATION, f"holds no certificate in PEM: {error}", argument=str(path)) from error


def shown(certificate: bytes) -> str:
    """The SHA-256 of a certificate in hexadecimal digits, which tools for certificates show as its fingerprint."""
    return sha256(certificate).hex()


def in_time(certificate: bytes) -> bool:
    """Whether a certificate is valid now."""
    found = x509.load_der_x509_certificate(certificate)
    # Older versions of the package have times without a zone.
    before = getattr(found, "not_valid_before_utc", None) or found.not_valid_before.replace(tzinfo=dt.timezone.utc)
    after = getattr(found, "not_valid_after_utc", None) or found.not_valid_after.replace(tzinfo=dt.timezone.utc)
    return bool(before <= dt.datetime.now(dt.timezone.utc) <= after)


def peer_context(own: Credentials, accepted: Iterable[bytes], *, server: bool) -> ssl.SSLContext:
    """TLS between servers, for either side of a connection.

    Args:
        own: what this side shows.
        accepted: the certificates of which the other side must show one; whose it is, the caller looks up.
        server: whether this side was called.

    Raises:
        FlowError: the own certificate and key do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # The certificate is pinned, which says more than a name in it.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.set_alpn_protocols([PROTOCOL])
    if server:
        context.num_tickets = 0
    try:
        context.load_cert_chain(own.certificate, own.key)
    except (OSError, ssl.SSLError) as error:
        message = f"and {own.key} are no certificate and its private key in PEM: {error}"
        raise FlowError(FlowStatus.CONFIGURATION, message, argument=str(own.certificate)) from error
    for certificate in accepted:
        context.load_verify_locations(cadata=certificate)
    return context
