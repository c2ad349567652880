"""Rounds between programs in C++ and the Python package, over TLS, in which members leave."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from world import FRACTION, LENGTH, require, world

from cloakwork.controller import Controller
from cloakwork.secagg import Config, Segment


def with_python_server(programs: Path, root: Path) -> None:
    """Server and controller of the Python package, two members in Python and three in C++, one of which leaves in the second round."""
    with world(programs, root, members=5) as here:
        here.python_server()
        office = Controller(here.url, here.fingerprint, here.office, ca=here.ca)
        listed = dict(line.rsplit(" ", 1) for line in (root / "members").read_text(encoding="ascii").splitlines())
        handle = office.create("with Python", listed, Config((Segment("values", 40, LENGTH, "fixed", FRACTION),), step_seconds=8))
        here.invitation.write_text(str(handle.invitation), encoding="utf-8")
        staying = here.client(1)
        leaving = here.client(2, "--leave-before", "begin", "--leave-round", "2")
        also = here.client(3)
        others = [here.python_client(number) for number in (4, 5)]
        first = handle.round(b"\x01\0\0\0")
        require(first.members == (1, 2, 3, 4, 5), first.members)
        here.check_sum([1, 2, 3, 4, 5], first.sums["values"])
        second = handle.round(b"\x02\0\0\0")
        require(second.members == (1, 3, 4, 5), second.members)
        here.check_sum([1, 3, 4, 5], second.sums["values"])
        handle.close()
        require(leaving.ended() == 3, "the member that leaves ends with 3")
        require(staying.ended() == 0 and also.ended() == 0, staying.said() + also.said())
        told = [json.loads(line) for line in staying.rest]
        require(told[-1] == {"round": 2, "outcome": 0} and told[:-1] in ([], [{"round": 1, "outcome": 0}]), f"a member prints {told}")
        require(all(1 <= member.ended() <= 2 for member in others), "the members in Python")


def with_own_server(programs: Path, root: Path) -> None:
    """Server and controller in C++, members in both languages; members leave before each message that they could answer."""
    with world(programs, root, members=5) as here:
        server = here.server()
        controller = here.controller("--rounds", "3", "--step-seconds", "8", "--suite", "2", "--threshold", "3", "--min-inputs", "3")
        members = [here.client(1), here.client(2, "--leave-before", "open", "--leave-round", "1")]
        members.append(here.client(3))
        others = [here.python_client(number) for number in (4, 5)]
        # Its vector is in the first sum: it left when only shares of seeds were wanted, of which the others have enough.
        here.check_line(controller.told(), 1, [1, 2, 3, 4, 5])
        here.check_line(controller.told(), 2, [1, 3, 4, 5])
        here.check_line(controller.told(), 3, [1, 3, 4, 5])
        require(controller.ended() == 0, controller.said())
        require([member.ended() for member in members] == [0, 3, 0], "the members in C++")
        # The end of a round is not told to whom the next one reached first.
        require(all(1 <= member.ended() <= 3 for member in others), "the members in Python")
        require(server.stop() == 0 and server.said() == "", server.said())


def leaving_twice(programs: Path, root: Path) -> None:
    """A member leaves while the leaving of another is repaired; then there are too few, and the controller says so."""
    with world(programs, root, members=5) as here:
        here.server()
        controller = here.controller("--rounds", "1", "--step-seconds", "5")
        members = [here.client(number) for number in (1, 2, 3)]
        members.append(here.client(4, "--leave-before", "begin", "--leave-round", "1"))
        members.append(here.client(5, "--leave-before", "survivors", "--leave-round", "1"))
        line = controller.told()
        # Every survivor needs three neighbours in the set, and has two.
        require(line["outcome"] in {508, 509} and "sum" not in line, line)
        require(controller.ended() == 0, controller.said())
        require([member.ended() for member in members] == [0, 0, 0, 3, 3], "how the members ended")
        require(json.loads(members[0].rest[0]) == {"round": 1, "outcome": line["outcome"]}, "what a member prints")


def private_run(programs: Path, root: Path) -> None:
    """A run with noise: the sum is off by what the noise of that clip is like, and the label is that of the mechanism."""
    with world(programs, root, members=4) as here:
        here.server()
        controller = here.controller("--rounds", "1", "--epsilon", "4", "--delta", "1e-5", "--clip", "8")
        members = [here.client(number) for number in (1, 2, 3, 4)]
        line = controller.told()
        require(line["outcome"] == 0 and line["survivors"] == ["1", "2", "3", "4"], line)
        error = np.array(line["sum"]) - sum(here.values(number) for number in (1, 2, 3, 4))
        # The plan for these numbers has noise of one to ten clips; of 40 normal values the root mean square is within a third and three
        # times their deviation but once in 10^15 runs (Chernoff).
        size = float(np.sqrt((error**2).mean()))
        require(8 / 3 < size < 3 * 80, f"an error of {size}")
        require(controller.ended() == 0 and all(member.ended() == 0 for member in members), "how they ended")
