"""The transcripts: masks cancel, any t shares give a seed, tapes hold what was drawn, messages are canonical, sums of noise decode."""

import math
import struct
from itertools import combinations, islice
from typing import Any

import pytest
from generator import message
from generator.cases.rounds import SCENARIOS, play
from generator.client import mask
from generator.codec import decode, hash_of, members_of, split
from generator.field import coefficients_from, reconstruct, seed_of
from generator.graph import neighbours
from generator.mechanism import Mechanism
from generator.ring import unpack
from generator.transcript import Player
from generator.validity import fault

NAMES = [scenario[0] for scenario in SCENARIOS]
RECOVERY = [name for name in NAMES if play(name).run.description.mode == 1]
PRIVATE = [name for name in NAMES if play(name).mechanism is not None]


def steps_of(player: Player, name: str, round_number: int) -> list[dict[str, Any]]:
    return [step for step in player.steps if step["step"] == name and step.get("round") == round_number]


def answers_of(player: Player, name: str, round_number: int) -> dict[int, list[Any]]:
    """The items of the answers that reached the server, by position."""
    return {
        player.positions[int(delivery["id"])]: decode(bytes.fromhex(delivery["answer"]))
        for step in steps_of(player, name, round_number)
        for delivery in step["deliveries"]
        if not delivery["lost"]
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_description_is_valid(name: str) -> None:
    assert fault(play(name).run.encoded) is None


@pytest.mark.parametrize("name", NAMES)
def test_masks_cancel_where_nobody_is_missing(name: str) -> None:
    player = play(name)
    segments = player.run.description.segments
    tried = 0
    for record in player.rounds:
        if record["outcome"] or record["survivors"] != record["participants"]:
            continue
        masked = answers_of(player, "begin", record["round"])
        for index, segment in enumerate(segments):
            start = sum(earlier.packed_length for earlier in segments[:index])
            total = [0] * segment.padded_length
            for items in masked.values():
                packed = items[7][start : start + segment.packed_length]
                total = [a + b for a, b in zip(total, unpack(segment.bits, packed, len(total)), strict=True)]
            expected = [0] * segment.padded_length
            for given in record["inputs"]:
                plain = [int(residue) for residue in given["segments"][index]["residues"]]
                expected = [a + b for a, b in zip(expected, plain + [0] * (len(total) - len(plain)), strict=True)]
                if "self_mask_seed" in given:
                    stream = mask(player.run, bytes.fromhex(given["self_mask_seed"]), index)
                    expected = [a + b for a, b in zip(expected, stream, strict=True)]
            assert all((a - b) % (1 << segment.bits) == 0 for a, b in zip(total, expected, strict=True))
        tried += 1
    assert tried


@pytest.mark.parametrize("name", RECOVERY)
def test_any_t_shares_give_the_seed_and_fewer_do_not(name: str) -> None:
    player = play(name)
    description = player.run.description
    t = description.threshold
    for record in player.rounds:
        if record["outcome"]:
            continue
        survivors = {player.positions[int(member)] for member in record["survivors"]}
        shares: dict[int, dict[int, bytes]] = {u: {} for u in survivors}
        for u, items in answers_of(player, "open", record["round"]).items():
            around = neighbours(u, description.roster_count, description.degree, description.beacon)
            owners = [v for v in around if v in survivors]
            assert members_of(len(owners), items[6]) == set(range(len(owners)))
            for owner, share in zip(owners, split(items[7], 32), strict=True):
                shares[owner][u + 1] = share
        seeds = {player.positions[int(given["id"])]: given["self_mask_seed"] for given in record["inputs"]}
        for u, held in shares.items():
            for chosen in islice(combinations(held, t), 10):
                assert reconstruct({index: held[index] for index in chosen}).hex() == seeds[u]
            fewer = list(held)[: t - 1]
            assert reconstruct({index: held[index] for index in fewer}).hex() != seeds[u]


@pytest.mark.parametrize("name", NAMES)
def test_tapes_hold_what_was_drawn_in_order(name: str) -> None:
    player = play(name)
    threshold = player.run.description.threshold
    for position, tape in enumerate(player.tapes):
        member = str(player.run.members[position].id)
        for epoch in player.epochs:
            fresh = {entry["id"]: entry["secret"] for entry in epoch["fresh"]}
            assert tape[:32].hex() == fresh[member]
            tape = tape[32:]
            for record in player.rounds:
                given = [entry for entry in record["inputs"] if entry["id"] == member]
                if record["epoch"] != epoch["epoch"] or not given:
                    continue
                seeds = given[0].get("part_seeds", [])
                drawn, tape = split(tape[: 32 * len(seeds)], 32), tape[32 * len(seeds) :]
                assert [seed.hex() for seed in drawn] == seeds
                if "salt" not in given[0]:
                    continue
                coefficients, salt, tape = (
                    tape[: 32 * threshold],
                    tape[32 * threshold :][:16],
                    tape[32 * threshold + 16 :],
                )
                assert seed_of(coefficients_from(coefficients)).hex() == given[0]["self_mask_seed"]
                assert salt.hex() == given[0]["salt"]
        assert tape == b""


@pytest.mark.parametrize("name", NAMES)
def test_every_message_is_canonical_and_names_the_run(name: str) -> None:
    player = play(name)
    kinds = set()
    for step in player.steps:
        for delivery in step["deliveries"]:
            for text in (delivery["message"], delivery.get("answer")):
                if text is not None:
                    kind, run_hash, epoch, *_ = decode(bytes.fromhex(text))
                    assert run_hash == player.run.hash
                    assert epoch == step["epoch"]
                    kinds.add(kind)
    assert kinds <= set(message.NAMES)


def test_every_kind_of_message_and_every_planned_outcome_occurs() -> None:
    kinds = {
        decode(bytes.fromhex(text))[0]
        for name in NAMES
        for step in play(name).steps
        for delivery in step["deliveries"]
        for text in (delivery["message"], delivery.get("answer"))
        if text is not None
    }
    assert kinds == set(message.NAMES)
    outcomes = {name: [record["outcome"] for record in play(name).rounds] for name in NAMES}
    assert outcomes == {
        "three": [0, 509, 0],
        "five": [0, 0, 0, 0],
        "eight_two_passes": [0, 510, 0],
        "eight_sparse": [0, 0, 0],
        "four_no_recovery": [0, 516, 0],
        "two_no_recovery": [0],
        "five_no_recovery_sparse": [0],
        "five_private": [0, 0],
        "three_private_no_recovery": [0],
    }


def reals(values: list[str]) -> list[float]:
    return [value for (value,) in struct.iter_unpack(">d", bytes.fromhex("".join(values)))]


def clipped(mechanism: Mechanism, values: list[float]) -> list[float]:
    """What a part may contribute, from the definition of the clip."""
    cut = [min(max(value, -mechanism.clamp), mechanism.clamp) for value in values]
    factor = min(1.0, mechanism.clip / math.hypot(*cut))
    return [value * factor for value in cut]


@pytest.mark.parametrize("name", PRIVATE)
def test_private_sums_decode_to_the_clipped_parts_with_noise(name: str) -> None:
    """Within six deviations of noise and rounding, and the most that truncating takes; without the clip the error is far larger."""
    player = play(name)
    mechanism = player.mechanism
    assert mechanism is not None
    for record in player.rounds:
        parts = [part for given in record["inputs"] if given["id"] in record["survivors"] for part in given["parts"]]
        vectors = [clipped(mechanism, reals(part)) for part in parts]
        deviation = mechanism.granularity * math.sqrt(len(parts) * (mechanism.noise**2 + 0.25))
        truncated = mechanism.granularity * math.sqrt(mechanism.block) * len(parts)
        for place, value in enumerate(reals(record["decoded"])):
            assert abs(value - sum(vector[place] for vector in vectors)) < 6 * deviation + truncated
        assert record["rotation_seed"] == hash_of("rotation", bytes.fromhex(record["h"])).hex()


def test_private_rounds_clip_cut_and_truncate_and_leave_alone() -> None:
    """Every branch of the private vector occurs, and no part seed and no rotation seed twice."""
    clips, cuts, roundings, seeds, rotations = set(), set(), set(), [], []
    for name in PRIVATE:
        player = play(name)
        mechanism = player.mechanism
        assert mechanism is not None
        for record in player.rounds:
            rotations.append(record["rotation_seed"])
            for given in record["inputs"]:
                roundings |= set(given["roundings"])
                seeds += given["part_seeds"]
                for part in map(reals, given["parts"]):
                    cuts.add(max(map(abs, part)) > mechanism.clamp)
                    clips.add(math.hypot(*(min(max(value, -mechanism.clamp), mechanism.clamp) for value in part)) > mechanism.clip)
    assert clips == cuts == {False, True}
    assert roundings == {"random", "truncated"}
    assert len(set(seeds)) == len(seeds)
    assert len(set(rotations)) == len(rotations)
