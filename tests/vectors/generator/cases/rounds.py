"""Whole runs, message by message (sections 4 to 7, with noise 10 to 12)."""

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from generator.cases.run import parameters_of
from generator.graph import neighbours
from generator.mechanism import Mechanism
from generator.run import FIXED_POINT, RESIDUES, Segment, make_run
from generator.transcript import Epoch, Player, Round

Scenario = tuple[str, str, list[int], list[Segment], dict[str, Any], list[Epoch]]

SCENARIOS: list[Scenario] = [
    (
        "three",
        "Complete graph, suite 1. Nobody may be missing: round 2 ends with outcome 509, round 4 with a sum again.",
        [1, 2, 3],
        [Segment("values", 20, 5, FIXED_POINT, 8), Segment("weight", 32, 1), Segment("wide", 65, 2)],
        {"suite": 1, "threshold": 2},
        [Epoch(1, (Round(1), Round(2, lost_masked=(2,)), Round(4)))],
    ),
    (
        "five",
        "Complete graph, suite 2, every lane width. One does not confirm in epoch 1; epoch 5 has all of them. "
        "One drops out in round 2, one is left out of round 3.",
        [3, 24, 2**32 + 5, 2**63, 2**64 - 1],
        [
            Segment("bit", 1, 9),
            Segment("small", 7, 4, FIXED_POINT, 1),
            Segment("middle", 33, 3, FIXED_POINT, 12),
            Segment("wide", 128, 2),
        ],
        {"suite": 2, "threshold": 3},
        [
            Epoch(1, (Round(1),), lost_confirm=(2**63,)),
            Epoch(
                5,
                (
                    Round(2, lost_masked=(24,)),
                    Round(3, participants=(3, 24, 2**63, 2**64 - 1)),
                    Round(7),
                ),
            ),
        ],
    ),
    (
        "eight_two_passes",
        "Complete graph, suite 1, t = 4 without colluders. In round 1 three are lost, each at another step. In round 2 "
        "the set shrinks a third time, which max passes does not allow: outcome 510. Round 3 has everyone.",
        [10, 11, 12, 13, 14, 15, 16, 17],
        [Segment("values", 16, 6, FIXED_POINT, 4), Segment("count", 48, 1)],
        {"suite": 1, "threshold": 4, "colluders": 0, "max_passes": 2},
        [
            Epoch(
                1,
                (
                    Round(1, lost_masked=(17,), lost_acknowledge=((10,),), lost_unmask=(13,)),
                    Round(2, lost_masked=(12,), lost_acknowledge=((11,), (16,))),
                    Round(3),
                ),
            )
        ],
    ),
    (
        "eight_sparse",
        "Harary graph of degree 4, suite 2, six inputs at least. One is absent from epoch 1. "
        "One drops out in round 2, one after its masked vector in round 3.",
        [101, 102, 103, 104, 105, 106, 107, 108],
        [Segment("values", 31, 4, FIXED_POINT, -2), Segment("weight", 64, 1), Segment("rest", 13, 3)],
        {"suite": 2, "degree": 4, "threshold": 3, "min_inputs": 6},
        [
            Epoch(1, (Round(1),), lost_advertise=(104,)),
            Epoch(2, (Round(2, lost_masked=(107,)), Round(3, lost_unmask=(101,)))),
        ],
    ),
    (
        "four_no_recovery",
        "Complete graph, suite 1. Round 2 misses one: outcome 516. One is left out of round 3.",
        [0, 1, 2, 3],
        [Segment("values", 61, 3, FIXED_POINT, 30), Segment("rest", 8, 2)],
        {"suite": 1, "mode": 0, "threshold": 0, "max_passes": 0, "min_inputs": 3},
        [Epoch(1, (Round(1), Round(2, lost_masked=(3,)), Round(3, participants=(0, 1, 3))))],
    ),
    (
        "two_no_recovery",
        "The smallest run, suite 2: two members, of whom none is assumed to collude.",
        [5, 6],
        [Segment("values", 100, 2, FIXED_POINT, 40)],
        {"suite": 2, "mode": 0, "threshold": 0, "max_passes": 0, "colluders": 0},
        [Epoch(1, (Round(1000),))],
    ),
    (
        "five_no_recovery_sparse",
        "A ring, suite 2. Four inputs at least, one more than c + 2.",
        [1, 2, 3, 4, 5],
        [Segment("values", 2, 7, RESIDUES)],
        {"suite": 2, "mode": 0, "degree": 2, "threshold": 0, "max_passes": 0, "min_inputs": 4},
        [Epoch(1, (Round(1),))],
    ),
    (
        "five_private",
        "Noise on the complete graph, suite 2: two parts a member, two blocks, a clamp, and a norm bound that about every second rounding "
        "of a part at the clip is above. One drops out in round 2.",
        [2, 30, 31, 500, 2**40],
        [Segment("vector", 16, 16)],
        {
            "suite": 2,
            "threshold": 3,
            "min_inputs": 4,
            "mechanism": Mechanism(
                dimension=10,
                block_log2=3,
                clamp=0.5,
                clip=1.0,
                granularity=2.0**-8,
                noise=4.5,
                norm_bound=2**16,
                parts=2,
                honest=3,
            ),
        },
        [Epoch(1, (Round(1), Round(2, lost_masked=(31,))))],
    ),
    (
        "three_private_no_recovery",
        "Noise without recovery, suite 1: one part, one block, no clamp, lanes of 64 bits.",
        [7, 8, 9],
        [Segment("vector", 40, 8)],
        {
            "suite": 1,
            "mode": 0,
            "threshold": 0,
            "max_passes": 0,
            "min_inputs": 3,
            "mechanism": Mechanism(
                dimension=7,
                block_log2=3,
                clamp=math.inf,
                clip=3.0,
                granularity=1e-6,
                noise=1000.0,
                norm_bound=9 * 10**12 + 10**7,
                parts=1,
                honest=2,
            ),
        },
        [Epoch(1, (Round(3),))],
    ),
]


@cache
def play(name: str) -> Player:
    """The finished player of a scenario."""
    _, _, ids, segments, parameters, epochs = next(scenario for scenario in SCENARIOS if scenario[0] == name)
    player = Player(name, make_run(name, ids, segments, **parameters))
    for epoch in epochs:
        player.play_epoch(epoch)
    return player


def build(scenario: Scenario) -> dict[str, Any]:
    name, about, *_ = scenario
    player = play(name)
    run = player.run
    description = run.description
    return {
        "name": name,
        "about": about,
        "description": run.encoded.hex(),
        "run_hash": run.hash.hex(),
        "roster": run.roster.hex(),
        "parameters": parameters_of(description),
        "clients": [
            {
                "id": str(member.id),
                "position": position,
                "static_secret": member.static.secret.hex(),
                "static_public": member.static.public.hex(),
                "neighbours": [
                    str(run.members[v].id) for v in neighbours(position, description.roster_count, description.degree, description.beacon)
                ],
                "rng_tape": player.tapes[position].hex(),
            }
            for position, member in enumerate(run.members)
        ],
        "epochs": player.epochs,
        "rounds": player.rounds,
        "steps": player.steps,
    }


BUILDERS: dict[str, Callable[[], dict[str, Any]]] = {f"round/{scenario[0]}.json": partial(build, scenario) for scenario in SCENARIOS}
