"""A self-signed certificate, for trials and for closed networks whose members are given the certificate by hand."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cloakwork.flow.keyfile import write_private

__all__ = ["self_signed"]

_LARGEST_COMMON_NAME = 64


def self_signed(hosts: list[str], certificate: Path, key: Path, days: int = 365, *, mutual: bool = False) -> None:
    """Makes an ECDSA P-256 key and a certificate that it signs for itself, and writes both as PEM.

    Args:
        hosts: names and addresses under which the server is reached.
        certificate: file for the certificate: members give it to `--ca`.
        key: file for the private key, for its owner alone.
        days: how long it is valid.
        mutual: whether its owner shows it as a client, too: to another server that knows it.

    Raises:
        FileExistsError: a file exists.
    """
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:_LARGEST_COMMON_NAME])])
    # A clock that is a little behind must not refuse it.
    start = dt.datetime.now(dt.timezone.utc) - dt.timedelta(hours=1)
    public = secret.public_key()
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, *([ExtendedKeyUsageOID.CLIENT_AUTH] if mutual else [])]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(True, False, False, False, False, True, False, False, False), critical=True)  # noqa: FBT003
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(secret, hashes.SHA256())
    )
    encoded = secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_private(key, encoded, replace=False)
    with certificate.open("xb") as file:
        file.write(signed.public_bytes(serialization.Encoding.PEM))


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
