"""Computations over a network, all parties in threads of this program: who may give what, who learns what, what is refused."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from cloakwork import mpc
from cloakwork.errors import ArgumentError, CloakworkError, NetworkError, Status
from cloakwork.mpc._network import example
from cloakwork.secagg import Identity, fingerprint

Found = TypeVar("Found")
LIMITS = mpc.Limits(connect=20, step=20, corrections=15, idle=20)
IMPATIENT = mpc.Limits(connect=3, step=4, corrections=2, idle=5)


def ports(count: int) -> list[int]:
    """Ports of loopback that are free."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    found = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return found


class World:
    """Parties on loopback, and perhaps a dealer."""

    def __init__(self, parties: int, *, dealer: bool, limits: mpc.Limits = LIMITS) -> None:
        self.identities = [Identity.generate() for _ in range(parties + dealer)]
        addresses = [f"127.0.0.1:{port}" for port in ports(len(self.identities))]
        members = [
            mpc.Member(f"p{place}", identity.public_key, address, address)
            for place, (identity, address) in enumerate(zip(self.identities, addresses, strict=True))
        ]
        self.network = mpc.Network(tuple(members[:parties]), "test", members[parties] if dealer else None, limits=limits)

    def run(self, program: Callable[[mpc.Session], Found]) -> list[Found | CloakworkError]:
        """What the program gives each party; an error where it fails."""

        def party(identity: Identity) -> Found | CloakworkError:
            try:
                with mpc.Session.connect(self.network, identity) as session:
                    return program(session)
            except CloakworkError as error:
                return error

        def deal() -> None:
            mpc.serve(self.network, self.identities[-1])

        with ThreadPoolExecutor(len(self.identities)) as pool:
            dealing = pool.submit(deal) if self.network.dealer is not None else None
            found = list(pool.map(party, self.identities[: len(self.network.parties)]))
            self.dealer_said = dealing.exception() if dealing is not None else None
            return found


def program(session: mpc.Session) -> tuple[object, ...]:
    x = session.share([1.5, -2.25, 100.0], owner=0)
    n = session.share(np.array([2, -3, 7]) if session.index in {None, 1} else None, owner=1, shape=(3,), dtype=int)
    product = x * n
    explained = session.explain().total
    before = session.cost
    session.run()
    after = session.cost
    inputs = 1 if before.rounds == 0 else 0
    assert after.rounds - before.rounds == explained.rounds + inputs
    assert after.corrections - before.corrections == explained.corrections
    chosen = mpc.where(product < 0, x / n, product)
    return product.open().tolist(), chosen.open().tolist(), (product < x).open().tolist(), session.cost


@pytest.mark.parametrize("dealer", [True, False])
@pytest.mark.parametrize("parties", [2, 3])
def test_a_program_gives_and_costs_what_it_does_in_one_program(parties: int, dealer: bool) -> None:
    with mpc.Session.local(parties=parties) as local:
        expected = program(local)
    world = World(parties, dealer=dealer)
    assert world.run(program) == [expected] * parties
    assert world.dealer_said is None


def test_an_output_is_for_those_it_is_for() -> None:
    def outputs(session: mpc.Session) -> tuple[object, ...]:
        x = session.share(session.index, owner=1, dtype=int)
        return session.index, session.names, x.open(to=0), x.open(to=[1, 2])

    names = ("p0", "p1", "p2")
    assert World(3, dealer=True).run(outputs) == [(0, names, 1, None), (1, names, None, 1), (2, names, None, 1)]


def test_what_is_shared_is_said_by_all() -> None:
    def refused(session: mpc.Session) -> list[str | None]:
        def argument(**about: object) -> str | None:
            with pytest.raises(ArgumentError) as caught:
                session.share(**about)  # type: ignore[arg-type]
            return caught.value.argument

        other = 1 - int(session.index or 0)
        return [
            argument(values=None, owner=session.index, shape=(2,)),
            argument(values=None, owner=other),
            argument(values=[1.0], owner=session.index, shape=(2,)),
            argument(values=[1.0], owner=2),
        ]

    assert World(2, dealer=True).run(refused) == [["values", "shape", "values", "owner"]] * 2
    with mpc.Session.local() as local, pytest.raises(ArgumentError, match="owner"):
        local.share(None, shape=(2,))


def test_parties_of_another_session_find_out() -> None:
    world = World(2, dealer=False, limits=IMPATIENT)

    def party(place: int) -> CloakworkError:
        network = replace(world.network, format=mpc.Format(rounding=["nearest", "down"][place]))
        with pytest.raises(NetworkError) as caught:
            mpc.Session.connect(network, world.identities[place])
        return caught.value

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(party, range(2)))
    assert [(error.code, error.party) for error in found] == [(Status.OTHER_SESSION, 1), (Status.OTHER_SESSION, 0)]
    assert "p1" in str(found[0])


def test_a_party_that_stops_is_named_with_its_reason_and_not_its_data() -> None:
    def stops(session: mpc.Session) -> object:
        x = session.share([1.0, 2.0])
        if session.index == 1:
            raise ArgumentError(Status.INVALID_ARGUMENT, "my secret is 42")
        return (x * x).open()

    world = World(3, dealer=True)
    first, second, third = world.run(stops)
    assert isinstance(second, ArgumentError)
    for error in (first, third):
        assert isinstance(error, NetworkError)
        assert error.code in {Status.LEFT, Status.LOST}
        assert "42" not in str(error)
    assert any("its program stopped with ArgumentError" in str(error) for error in (first, third))
    assert isinstance(world.dealer_said, NetworkError)


def test_who_may_not_take_part() -> None:
    world = World(2, dealer=True, limits=IMPATIENT)
    stranger = Identity.generate()
    with pytest.raises(ArgumentError, match="none of the parties"):
        mpc.Session.connect(world.network, stranger)
    with pytest.raises(ArgumentError, match="not the dealer"):
        mpc.serve(world.network, world.identities[0])
    both = replace(world.network, dealer=replace(world.network.parties[0], name="dealer"))
    with pytest.raises(CloakworkError) as caught:
        mpc.Session.connect(both, world.identities[1])
    assert caught.value.code == Status.REPEATED_KEY
    with pytest.raises(NetworkError) as missing:
        mpc.Session.connect(world.network, world.identities[0])
    assert missing.value.code == Status.NOT_CONNECTED


def test_an_address_in_use_is_told() -> None:
    world = World(2, dealer=False, limits=IMPATIENT)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        parties = (replace(world.network.parties[0], listen=address), world.network.parties[1])
        with pytest.raises(NetworkError, match="in use") as caught:
            mpc.Session.connect(replace(world.network, parties=parties), world.identities[0])
    assert caught.value.code == Status.SYSTEM


def test_the_example_reads_back_and_wrong_entries_are_named(tmp_path: Path) -> None:
    keys = [Identity.generate().public_key for _ in range(4)]
    path = tmp_path / "mpc.toml"
    text = example("salaries", keys[:3], keys[3])
    path.write_text(text)
    network = mpc.Network.read(path)
    assert [party.key for party in network.parties] == keys[:3]
    assert network.dealer is not None
    assert (network.name, network.dealer.key, network.format) == ("salaries", keys[3], mpc.Format())
    assert network.parties[1].listens() == "0.0.0.0:7102"
    wrong = {
        'session = "salaries"': "session = 3",
        "fraction = 16": "fracton = 16",
        "bits = 32": "bits = 1.5",
        'rounding = "nearest"': 'rounding = "up"',
        fingerprint(keys[0]): fingerprint(keys[0])[:-1],
        'name = "bob"': "",
        "step = 60": 'step = "long"',
    }
    for entry, instead in wrong.items():
        assert entry in text
        path.write_text(text.replace(entry, instead, 1))
        with pytest.raises(ArgumentError):
            mpc.Network.read(path)
    with pytest.raises(ArgumentError, match="cannot be read"):
        mpc.Network.read(tmp_path / "none.toml")
