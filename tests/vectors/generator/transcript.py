"""Plays whole runs and writes down every message."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from generator import private
from generator.client import Client
from generator.draw import draw
from generator.field import coefficients_from, seed_of, strings_of
from generator.inputs import Input, plain_input, private_input
from generator.mechanism import Mechanism, real_bytes
from generator.message import round_hash
from generator.ring import decode_fixed
from generator.run import FIXED_POINT, Run, Segment
from generator.server import AbortError, Answers, Server


@dataclass(frozen=True)
class Round:
    """A round and who is lost in it: ids whose answer to a step never comes and who stay away until the next round."""

    number: int
    participants: tuple[int, ...] | None = None
    lost_masked: tuple[int, ...] = ()
    lost_acknowledge: tuple[tuple[int, ...], ...] = ()
    lost_unmask: tuple[int, ...] = ()


@dataclass(frozen=True)
class Epoch:
    number: int
    rounds: tuple[Round, ...]
    lost_advertise: tuple[int, ...] = ()
    lost_confirm: tuple[int, ...] = ()


@dataclass
class Player:
    """Plays one run; `steps` and `rounds` are its record."""

    name: str
    run: Run
    steps: list[dict[str, Any]] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        mechanism = self.run.description.mechanism
        self.mechanism = mechanism if isinstance(mechanism, Mechanism) else None
        self.server = Server(self.run)
        self.clients = [Client(self.run, position) for position in range(len(self.run.members))]
        self.tapes = [b""] * len(self.clients)
        self.confirmed: set[int] = set()
        self.online: set[int] = set()
        self.positions = {member.id: position for position, member in enumerate(self.run.members)}

    def _positions(self, ids: tuple[int, ...]) -> set[int]:
        return {self.positions[member] for member in ids}

    def _step(self, name: str, messages: Answers, answer: Callable[[int, bytes], bytes | None], lost: set[int], **labels: int) -> Answers:
        """Delivers the messages; the answers that reach the server."""
        deliveries, answers = [], {}
        for u in sorted(messages):
            reply = answer(u, messages[u])
            delivery: dict[str, Any] = {"id": str(self.run.members[u].id), "message": messages[u].hex()}
            if reply is not None:
                delivery |= {"answer": reply.hex(), "lost": u in lost}
                if u not in lost:
                    answers[u] = reply
                else:
                    self.online.discard(u)
            deliveries.append(delivery)
        self.steps.append({"step": name, "epoch": self.server.epoch, **labels, "deliveries": deliveries})
        return answers

    def _broadcast(self, receivers: set[int], data: bytes) -> Answers:
        return dict.fromkeys(receivers, data)

    def _tape(self, u: int, name: str, length: int) -> bytes:
        drawn = draw(f"{self.name} {name} {self.run.members[u].id}", length)
        self.tapes[u] += drawn
        return drawn

    def play_epoch(self, epoch: Epoch) -> None:
        everyone = set(range(len(self.clients)))
        record: dict[str, Any] = {"epoch": epoch.number, "fresh": []}

        def advertise(u: int, invite: bytes) -> bytes:
            secret = self._tape(u, f"fresh {epoch.number}", 32)
            answer = self.clients[u].advertise(invite, secret)
            fresh = self.clients[u].fresh
            assert fresh is not None
            member = str(self.run.members[u].id)
            record["fresh"].append({"id": member, "secret": secret.hex(), "public": fresh.public.hex()})
            return answer

        invites = self._broadcast(everyone, self.server.invite(epoch.number))
        answers = self._step("invite", invites, advertise, self._positions(epoch.lost_advertise))
        keys = self.server.keys(answers)
        lost = self._positions(epoch.lost_confirm)
        answers = self._step("keys", keys, lambda u, data: self.clients[u].confirm(data), lost)
        confirmations = self.server.confirmations(answers)
        self._step("confirmations", confirmations, lambda u, data: self.clients[u].accept(data), set())
        self.confirmed = set(confirmations)
        self.epochs.append(record)
        for plan in epoch.rounds:
            self.play_round(plan)

    def _input(self, u: int, plan: Round) -> Input:
        """The residues of each segment that a member gives, and what the vectors say of them."""
        member = self.run.members[u].id
        if self.mechanism is None:
            return plain_input(self.name, self.run, member, plan.number)
        seeds = [self._tape(u, f"part seed {plan.number} {part}", 32) for part in range(self.mechanism.parts)]
        seed = private.rotation_seed(self.clients[u].h)
        return private_input(f"{self.name} {member} {plan.number}", self.run.description, self.mechanism, seed, seeds)

    def play_round(self, plan: Round) -> None:
        server, segments = self.server, self.run.description.segments
        context = draw(f"{self.name} context {plan.number}", 24)
        context_hash = hashlib.sha256(context).digest()
        participants = self.confirmed if plan.participants is None else self._positions(plan.participants)
        begin = server.begin(plan.number, participants, context_hash)
        self.online = set(participants)
        inputs: list[dict[str, Any]] = []
        residues: dict[int, list[list[int]]] = {}

        def masked(u: int, data: bytes) -> bytes:
            client = self.clients[u]
            client.begin(data, context_hash)
            residues[u], given = self._input(u, plan)
            record: dict[str, Any] = {"id": str(client.member.id)} | given
            coefficients, salt = [], b""
            if client.recovery:
                length = 32 * self.run.description.threshold
                coefficients = coefficients_from(self._tape(u, f"coefficients {plan.number}", length))
                salt = self._tape(u, f"salt {plan.number}", 16)
                record["coefficients"] = strings_of(coefficients)
                record["self_mask_seed"] = seed_of(coefficients).hex()
                record["salt"] = salt.hex()
            inputs.append(record)
            return client.masked(residues[u], coefficients, salt)

        answers = self._step(
            "begin",
            self._broadcast(participants, begin),
            masked,
            self._positions(plan.lost_masked),
            round=plan.number,
        )
        record: dict[str, Any] = {
            "epoch": server.epoch,
            "round": plan.number,
            "participants": self._ids(participants),
            "context": context.hex(),
            "context_hash": context_hash.hex(),
            "h": round_hash(self.run.hash, server.epoch, plan.number, server.bitmap(participants), context_hash).hex(),
            "inputs": inputs,
        }
        if self.mechanism is not None:
            record["rotation_seed"] = private.rotation_seed(server.h).hex()
        try:
            server.receive_masked(answers)
            unmasked = self._recover(plan, set(answers)) if self.run.description.mode == 1 else {}
            sums, outcome = server.sums(unmasked), 0
            assert sums == self._plain_sums(residues)
            record["survivors"] = self._ids(server.survivors)
            record["sums"] = [self._sum(segment, total) for segment, total in zip(segments, sums, strict=True)]
            if self.mechanism is not None:
                record["decoded"] = self._decoded(self.mechanism, sums[0])
        except AbortError as abort:
            outcome = abort.outcome
        record["outcome"] = outcome
        self.rounds.append(record)
        finished = self._broadcast(self.online, server.finished(outcome))
        self._step("finished", finished, self._finish, set(), round=plan.number)

    def _finish(self, u: int, finished: bytes) -> None:
        self.clients[u].finish(finished)

    def _recover(self, plan: Round, answered: set[int]) -> Answers:
        """Survivors and acknowledgements as often as the set shrinks, then the `unmask` messages that came."""
        server, lost = self.server, [self._positions(ids) for ids in plan.lost_acknowledge]
        while (left := server.shrink(answered)) != server.survivors:
            survivors = self._broadcast(left, server.announce(left))
            gone = lost.pop(0) if lost else set()
            answers = self._step("survivors", survivors, self._acknowledge, gone, round=plan.number)
            server.receive_acknowledgements(answers)
            answered = set(answers)
        gone = self._positions(plan.lost_unmask)
        return self._step("open", server.opens(), self._unmask, gone, round=plan.number)

    def _acknowledge(self, u: int, survivors: bytes) -> bytes:
        return self.clients[u].acknowledge(survivors)

    def _unmask(self, u: int, opening: bytes) -> bytes:
        return self.clients[u].unmask(opening)

    def _ids(self, positions: set[int]) -> list[str]:
        return [str(self.run.members[position].id) for position in sorted(positions)]

    def _plain_sums(self, residues: dict[int, list[list[int]]]) -> list[list[int]]:
        return [
            [sum(residues[u][index][j] for u in self.server.survivors) % (1 << segment.bits) for j in range(segment.length)]
            for index, segment in enumerate(self.run.description.segments)
        ]

    def _sum(self, segment: Segment, total: list[int]) -> dict[str, Any]:
        values = None
        if segment.encoding == FIXED_POINT:
            values = [decode_fixed(residue, segment.bits, segment.fraction) for residue in total]
        return {"label": segment.label, "values": values, "residues": [str(residue) for residue in total]}

    def _decoded(self, mechanism: Mechanism, total: list[int]) -> list[str]:
        """What the sum of private vectors stands for."""
        description, rotation = self.run.description, private.rotation_seed(self.server.h)
        values = private.decode(mechanism, description.segments[0].bits, description.suite, rotation, total)
        return [real_bytes(value).hex() for value in values]
