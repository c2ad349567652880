"""A party that is connected to others over a network, and a dealer that serves them."""

from __future__ import annotations

from typing import Any

from cloakwork._boundary import check, failure
from cloakwork._native import ffi, lib
from cloakwork.errors import ArgumentError, CloakworkError, Status
from cloakwork.mpc._network import Member, Network
from cloakwork.mpc._party import ROUNDINGS, Party
from cloakwork.secagg import Identity

LONGEST_REASON = 200


class ConnectedParty(Party):
    """One party of a computation over a network. Its rounds are carried by the library.

    Args:
        network: who takes part.
        identity: the key pair of this party.

    Raises:
        NetworkError: not all came, or one of them means another session.
        ArgumentError: the identity is no party's, or an entry of the network is not what it has to be.
    """

    def __init__(self, network: Network, identity: Identity) -> None:
        super(Party, self).__init__()
        index = network.place(identity.public_key)
        if index is None:
            message = f"{identity.fingerprint} is none of the parties"
            raise ArgumentError(Status.UNKNOWN_PARTY, message, argument="identity")
        config, given, _alive = _c_network(network, index, network.parties[index])
        out, failed = ffi.new("cloak_mpc_session **"), ffi.new("cloak_mpc_failure *")
        status = lib.cloak_mpc_connect(config, given, identity._open(), ffi.NULL, out, failed)
        if status != lib.CLOAK_OK:
            raise _failure(network, status, failed)
        self._own(out[0])
        self._network, self._format, self._verified = network, network.format, network.verified
        self.index = index

    def run(self) -> None:
        """Runs what was asked for, with all rounds."""
        failed = ffi.new("cloak_mpc_failure *")
        with self._turn:
            status = lib.cloak_mpc_run(self._open(), failed)
        if status != lib.CLOAK_OK:
            raise self._caught(_failure(self._network, status, failed))

    def leave(self, why: str | None) -> None:
        """Ends the links: well, or with a reason that the others are told."""
        reason = ffi.NULL if why is None else ffi.new("char[]", why.encode()[:LONGEST_REASON].decode(errors="ignore").encode())
        with self._turn:
            if self._pointer is not None:
                check(lib.cloak_mpc_leave(self._pointer, reason))


def serve(network: Network, identity: Identity) -> None:
    """Serves a computation as its dealer, until all parties have ended.

    Args:
        network: who takes part; its dealer has the key of this identity.
        identity: the key pair of the dealer.

    Raises:
        NetworkError: not all came, one of them went, or means another session, or nobody asked for anything any more.
        ArgumentError: the identity is not the dealer's.
    """
    if network.dealer is None or network.dealer.key != identity.public_key:
        raise ArgumentError(Status.UNKNOWN_PARTY, f"{identity.fingerprint} is not the dealer", argument="identity")
    config, given, _alive = _c_network(network, len(network.parties), network.dealer)
    failed = ffi.new("cloak_mpc_failure *")
    status = lib.cloak_mpc_dealer_serve(config, given, identity._open(), ffi.NULL, failed)
    if status != lib.CLOAK_OK:
        raise _failure(network, status, failed)


def _c_network(network: Network, index: int, own: Member) -> tuple[Any, Any, Any]:
    """A `cloak_mpc_config` and a `cloak_mpc_network`, and what keeps them alive."""
    settings = {"parties": len(network.parties), "index": index, "suite": network.suite, "verified": network.verified}
    settings |= {"fraction": network.format.fraction, "bits": network.format.bits, "rounding": ROUNDINGS[network.format.rounding]}
    alive: list[Any] = []

    def text(value: str) -> Any:  # noqa: ANN401 - a C string
        alive.append(ffi.new("char[]", value.encode()))
        return alive[-1]

    def member(one: Member) -> dict[str, Any]:
        return {"key": list(one.key), "address": text(one.address)}

    parties = ffi.new("cloak_mpc_member[]", [member(party) for party in network.parties])
    dealer = ffi.NULL if network.dealer is None else ffi.new("cloak_mpc_member *", member(network.dealer))
    name = network.name.encode()
    limits = {name: getattr(network.limits, name) for name in ("connect", "step", "corrections", "idle", "message")}
    data = ffi.from_buffer("uint8_t[]", name)
    alive += [parties, dealer, data]
    about = {"parties": parties, "dealer": dealer, "name": data, "name_length": len(name), "limits": limits}
    given = ffi.new("cloak_mpc_network *", {**about, "listen": text(own.listens())})
    return ffi.new("cloak_mpc_config *", settings), given, alive


def _failure(network: Network, status: int, failed: Any) -> CloakworkError:  # noqa: ANN401 - a cloak_mpc_failure
    """The exception for a failure, in the words of the library, and with the name of the party."""
    if failed.error.status != status:
        return failure(status)
    found = failure(status, None, failed.error)
    found.message = ffi.string(failed.reason).decode(errors="replace")
    if found.party is not None:
        found.party = len(network.parties) if found.party == lib.CLOAK_MPC_DEALER else found.party
        found.message += f" [{network.who(found.party)}]" if found.party < len(network.parties) else ""
    found.args = (found.message,)
    return found
