"""Parties that play a program: all in this one, or each in a process of its own, with a dealer, over TLS on this machine."""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from cloakwork import mpc
from cloakwork.secagg import Identity

LIMIT_SECONDS = 600

Program = Callable[[mpc.Session], Any]


def alone(program: Program, parties: int, form: mpc.Format, *, dealer: bool = True) -> Any:  # noqa: ANN401 - what the program gives
    """What the program gives with all parties in this one."""
    with mpc.Session.local(parties, fraction=form.fraction, bits=form.bits, rounding=form.rounding, dealer=dealer) as session:
        return program(session)


def connected(program: Program, parties: int, form: mpc.Format, *, dealer: bool = True) -> Any:  # noqa: ANN401 - what the program gives
    """What the program gives the first party, with each party and the dealer in a process of its own.

    Raises:
        RuntimeError: a party gave nothing within ten minutes.
    """
    identities = [Identity.generate() for _ in range(parties + dealer)]
    addresses = [f"127.0.0.1:{port}" for port in _ports(len(identities))]
    members = [
        mpc.Member(f"party {place}", identity.public_key, address, address)
        for place, (identity, address) in enumerate(zip(identities, addresses, strict=True))
    ]
    network = mpc.Network(tuple(members[:parties]), "example", members[parties] if dealer else None, format=form)
    forked = multiprocessing.get_context("fork")
    pipes = [forked.Pipe(duplex=False) for _ in range(parties)]
    processes = [
        forked.Process(target=_party, args=(network, identity, program, out), daemon=True)
        for identity, (_, out) in zip(identities[:parties], pipes, strict=True)
    ]
    if dealer:
        processes.append(forked.Process(target=mpc.serve, args=(network, identities[parties]), daemon=True))
    for process in processes:
        process.start()
    for _, out in pipes:
        out.close()
    try:
        first, *_ = [_answer(into) for into, _ in pipes]
        return first
    finally:
        for process in processes:
            process.join(timeout=10)
            if process.is_alive():
                process.terminate()


def _party(network: mpc.Network, identity: Identity, program: Program, out: Connection) -> None:
    with mpc.Session.connect(network, identity) as session:
        out.send(program(session))


def _answer(into: Connection) -> Any:  # noqa: ANN401 - what the program gives
    try:
        if into.poll(LIMIT_SECONDS):
            return into.recv()
    except EOFError:
        pass
    raise RuntimeError("a party ended without a result")


def _ports(count: int) -> list[int]:
    """Ports of this machine that are free."""
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    found = [int(one.getsockname()[1]) for one in listening]
    for one in listening:
        one.close()
    return found
