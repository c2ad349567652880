"""Parties that play a program: all in this one, or each in a process of its own, with a dealer, over TLS on this machine."""

from __future__ import annotations

import argparse
import multiprocessing
import socket
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork import mpc
from cloakwork.secagg import Identity

LIMIT_SECONDS = 600

Program = Callable[[mpc.Session], Any]


def options(parser: argparse.ArgumentParser) -> None:
    """Adds what `play` looks at."""
    parser.add_argument("--tls", action="store_true", help="each party, and the dealer, in a process of its own, over TLS")
    parser.add_argument("--no-dealer", action="store_true", help="make correlated randomness by oblivious transfer between the parties")


def play(program: Program, parties: int, form: mpc.Format, arguments: argparse.Namespace) -> list[Any]:
    """What the program gives each party; once, where all of them are in this program."""
    if arguments.tls:
        return connected(program, parties, form, dealer=not arguments.no_dealer)
    return [alone(program, parties, form, dealer=not arguments.no_dealer)]


def own(session: mpc.Session, owner: int, values: NDArray[Any]) -> NDArray[Any]:
    """What a party of a network knows of another one's values: their shape."""
    return values if session.index in {None, owner} else np.zeros_like(values)


def told(session: mpc.Session, value: mpc.Tensor, owner: int) -> Any:  # noqa: ANN401 - a number
    """Opens a value to its owner alone: what is known of it here, or None."""
    found = value.open(to=owner)
    return found[owner] if session.index is None else found


def together(words: Sequence[tuple[bool | None, ...]]) -> tuple[bool | None, ...]:
    """What all parties were told, each of which knows its own."""
    return tuple(next((word for word in column if word is not None), None) for column in zip(*words, strict=True))


def alone(program: Program, parties: int, form: mpc.Format, *, dealer: bool = True) -> Any:  # noqa: ANN401 - what the program gives
    """What the program gives with all parties in this one."""
    with mpc.Session.local(parties, fraction=form.fraction, bits=form.bits, rounding=form.rounding, dealer=dealer) as session:
        return program(session)


def connected(program: Program, parties: int, form: mpc.Format, *, dealer: bool = True) -> list[Any]:
    """What the program gives each party, with each party and the dealer in a process of its own.

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
        return [_answer(into) for into, _ in pipes]
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
