"""Who takes part in a computation over a network, and where: the same file for all of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from cloakwork.errors import ArgumentError, CloakworkError, Status
from cloakwork.mpc._party import ROUNDINGS, Format
from cloakwork.secagg import fingerprint, public_key

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KEY_SIZE = 32


@dataclass(frozen=True)
class Member:
    """A party, or the dealer, as the others know it.

    Attributes:
        name: what people call it.
        key: its public key.
        address: host and port where the others reach it, such as ``"clinic.example:7101"``.
        listen: host and port where it listens; all addresses of its machine and the same port, if not given.
    """

    name: str
    key: bytes
    address: str
    listen: str = ""

    def listens(self) -> str:
        """Where it listens."""
        return self.listen or f"0.0.0.0:{self.address.rpartition(':')[2]}"


@dataclass(frozen=True)
class Limits:
    """Seconds that things may take; every wait has such a limit.

    Attributes:
        connect: until all parties are there.
        step: until the message of a round has come from each.
        corrections: until the corrections of a batch of operations have come from the dealer; below `step`.
        idle: how long a dealer waits for a request, or for the parties to end.
        message: bytes of a message.
    """

    connect: float = 60.0
    step: float = 60.0
    corrections: float = 0.0
    idle: float = 3600.0
    message: int = 1 << 28


@dataclass(frozen=True)
class Network:
    """A computation over a network. All who take part say the same.

    Attributes:
        parties: in their order.
        name: of this one computation. Take another one for each: whoever has started by another finds no partner.
        dealer: who makes correlated randomness and sees nothing else; none of the parties. Without one they make it themselves.
        format: of real numbers.
        suite: cipher of all streams: 2 = AES-128-CTR, 1 = ChaCha20.
        limits: of waiting.
        verified: whether parties that lie are caught. It takes a dealer, and ``rounding="dithered"``.
    """

    parties: tuple[Member, ...]
    name: str
    dealer: Member | None = None
    format: Format = field(default_factory=Format)
    suite: int = 2
    limits: Limits = field(default_factory=Limits)
    verified: bool = False

    @classmethod
    def read(cls, path: str | Path) -> Network:
        """Reads a file as `cloakwork mpc init` writes it.

        Raises:
            ArgumentError: it cannot be read, an entry is missing or unknown, or is not what it has to be.
        """
        try:
            with Path(path).open("rb") as file:
                content = tomllib.load(file)
        except (OSError, ValueError) as error:
            raise _wrong(f"cannot be read: {error}", str(path)) from error
        _known(content, {"session", "suite", "verified", "party", "dealer", "format", "limits"}, str(path))
        entries = content.get("party", [])
        if not isinstance(entries, list) or not isinstance(content.get("session"), str):
            raise _wrong("needs `session`, a name, and a table [[party]] for each party", str(path))
        dealer, verified = content.get("dealer"), content.get("verified", False)
        if not isinstance(verified, bool):
            raise _wrong(f"expected true or false, got {verified!r}", "verified")
        form = _values(Format, content.get("format", {}), "format")
        if verified and "rounding" not in content.get("format", {}):
            form = replace(form, rounding="dithered")
        return cls(
            parties=tuple(_member(entry, f"party {place}") for place, entry in enumerate(entries)),
            name=content["session"],
            dealer=None if dealer is None else _member({"name": "dealer", **dealer}, "dealer"),
            format=form,
            suite=_whole(content.get("suite", 2), "suite"),
            limits=_values(Limits, content.get("limits", {}), "limits"),
            verified=verified,
        )

    def place(self, key: bytes) -> int | None:
        """The place of the party with this key, or None."""
        return next((place for place, party in enumerate(self.parties) if party.key == key), None)

    def who(self, party: int | None) -> str:
        """What people call a party by its place; behind the last one is the dealer."""
        if party is None:
            return ""
        return self.parties[party].name if party < len(self.parties) else "the dealer"


def _wrong(message: str, argument: str) -> ArgumentError:
    return ArgumentError(Status.INVALID_ARGUMENT, message, argument=argument)


def _known(content: dict[str, Any], names: set[str], where: str) -> None:
    unknown = sorted(set(content) - names)
    if unknown:
        raise _wrong(f"{unknown[0]!r} is none of {', '.join(sorted(names))}", where)


def _whole(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(f"expected a whole number, got {value!r}", where)
    return value


def _member(entry: object, where: str) -> Member:
    if not isinstance(entry, dict):
        raise _wrong("expected a table", where)
    _known(entry, {"name", "fingerprint", "address", "listen"}, where)
    found = {name: entry.get(name, "") for name in ("name", "fingerprint", "address", "listen")}
    if not all(isinstance(value, str) for value in found.values()) or not found["address"] or not found["name"]:
        raise _wrong("needs texts for `name`, `fingerprint` and `address`", where)
    try:
        key = public_key(found["fingerprint"])
    except CloakworkError as error:
        raise _wrong(f"the fingerprint is none: {error.message}", where) from error
    return Member(found["name"], key, found["address"], found["listen"])


def _values(kind: type[Any], content: object, where: str) -> Any:  # noqa: ANN401 - the dataclass
    if not isinstance(content, dict):
        raise _wrong("expected a table", where)
    known = {one.name: type(one.default) for one in fields(kind)}
    _known(content, set(known), where)
    for name, value in content.items():
        wanted = (int, float) if known[name] is float else known[name]
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise _wrong(f"{name} is {value!r}", where)
    made = kind(**content)
    if isinstance(made, Format) and made.rounding not in ROUNDINGS:
        raise _wrong(f"rounding is none of {', '.join(ROUNDINGS)}", where)
    return made


EXAMPLE = """# A computation of several parties with Cloakwork. All of them, and the dealer, have this same file.
# Each makes its key pair with `cloakwork identity new` and gives the fingerprint to the others over a way that they trust.

# A name for this one computation; take another one for each.
session = "{session}"

# true: parties that lie are caught before a result is given. Only sums, products and divisions by public numbers are there then, a dealer
# is needed, and `rounding` has to be "dithered".
verified = false
{parties}
# Makes correlated randomness and sees nothing else: for somebody who works with none of the parties and sees none of their messages.
# Without this table the parties make it themselves, which costs more time and traffic beforehand.
[dealer]
fingerprint = "{dealer}"
address = "dealer.example:7100"

# Real numbers: bits after the point; magnitudes stay below 2^(bits - 2 - fraction).
[format]
fraction = 16
bits = 32
rounding = "nearest"

# Seconds until all are there, and until the message of a round has come.
[limits]
connect = 60
step = 60
"""


def example(session: str, keys: list[bytes], dealer: bytes) -> str:
    """A file for `Network.read`, with these keys."""
    names = ["alice", "bob", "carol", *(f"party{place}" for place in range(3, len(keys)))]
    parties = "".join(
        f'\n[[party]]\nname = "{name}"\nfingerprint = "{fingerprint(key)}"\naddress = "{name}.example:{7101 + place}"\n'
        for place, (name, key) in enumerate(zip(names, keys, strict=False))
    )
    return EXAMPLE.format(session=session, parties=parties, dealer=fingerprint(dealer))
