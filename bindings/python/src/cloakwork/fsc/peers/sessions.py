"""Which frames belong to which run: offers of peers find the runs that clients here have asked for, first with first; pieces find theirs.

Whatever a peer sends concerns the runs in which it takes part and no others. What it can make this server keep is bounded: runs that it has
offered and nobody has asked for, and messages of rounds that have not been read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.peers import ending
from cloakwork.fsc.peers.description import Offer
from cloakwork.fsc.peers.directory import Peer
from cloakwork.fsc.peers.frame import Frame, Kind
from cloakwork.fsc.peers.garbage import GarbageError
from cloakwork.fsc.peers.inbox import Inbox
from cloakwork.fsc.peers.link import Link
from cloakwork.fsc.peers.run import Run
from cloakwork.fsc.peers.settings import Limits

__all__ = ["Sessions"]

# Bytes of the descriptions of runs that a peer may offer and nobody has asked for; one message that it sends ahead comes on top.
_OFFERED = 16 << 20


@dataclass
class _Stream:
    """A peer's part of a run.

    Attributes:
        offer: what it wants to take part in.
        inbox: what it has sent since.
        run: the run here, once there is one.
        size: bytes that it takes while there is none.
    """

    offer: Offer
    inbox: Inbox
    run: Run | None = None
    size: int = 0


@dataclass
class _Side:
    """What is known of a peer while there is a link to it.

    Attributes:
        theirs: its streams.
        own: the streams of this side, by number.
        unasked: its streams for which there is no run here, by session, in order.
        size: bytes that those take.
    """

    theirs: dict[int, _Stream] = field(default_factory=dict)
    own: dict[int, Run] = field(default_factory=dict)
    unasked: dict[str, deque[int]] = field(default_factory=dict)
    count: int = 0
    size: int = 0


class Sessions:
    """Runs and the streams of peers that belong to them.

    Args:
        limits: of runs.
        want: asks for a link to a peer.

    Attributes:
        refused: frames that no server sends which keeps to the protocol.
    """

    def __init__(self, limits: Limits, want: Callable[[Peer], None]) -> None:
        self._limits = limits
        self._want = want
        self.refused = 0
        self._sides: dict[Link, _Side] = {}
        self._links: dict[Peer, Link] = {}
        # Runs that wait for agreement, by session and in the order in which clients asked for them.
        self._waiting: dict[str, list[Run]] = {}
        self._runs: set[Run] = set()

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self._runs)

    def pending(self) -> int:
        """How many runs peers have offered that nobody here has asked for."""
        return sum(side.count for side in self._sides.values())

    def waits_for(self, peer: Peer) -> bool:
        """Whether a run has to do with this peer."""
        return any(peer in run.parties for run in self._runs)

    def begin(self, run: Run) -> None:
        """Offers a run to its other parties, and takes what they have offered.

        Raises:
            Failure: there are too many runs.
        """
        if len(self._runs) >= self._limits.runs:
            raise Failure(409, "busy", f"there are {len(self._runs)} runs already, as many as limits.runs allows; try again later")
        self._runs.add(run)
        self._waiting.setdefault(run.description.session, []).append(run)
        for place, peer in enumerate(run.parties):
            if place == run.index:
                continue
            link = self._links.get(peer)
            if link is None:
                self._want(peer)
            else:
                self._sides[link].own[run.offer_to(link)] = run
        self._match(run.description.session)

    def end(self, run: Run) -> None:
        """Forgets a run."""
        self._runs.discard(run)
        self._no_longer_waiting(run)
        for link, stream in run.streams():
            side = self._sides.get(link)
            if side is not None:
                side.own.pop(stream, None)
        for side in self._sides.values():
            for stream in [number for number, one in side.theirs.items() if one.run is run]:
                del side.theirs[stream]
        run.close()

    # What happens on links.

    def linked(self, link: Link) -> None:
        """A link is there: whoever waits for its peer offers anew."""
        side = self._sides[link] = _Side()
        self._links[link.peer] = link
        for runs in list(self._waiting.values()):
            for run in runs:
                if run.lacks(link.peer):
                    side.own[run.offer_to(link)] = run

    def unlinked(self, link: Link, why: str) -> None:
        """A link broke: runs of its peer are lost, unless they still wait for agreement."""
        side = self._sides.pop(link, None)
        if side is None:
            return
        if self._links.get(link.peer) is link:
            del self._links[link.peer]
        for run in set(side.own.values()):
            if run.id:
                run.fail(ending.lost(link.peer, run.place(link.peer), why))
            else:
                run.without(link.peer)
                self._want(link.peer)

    def received(self, link: Link, frame: Frame, payload: bytes) -> None:
        """A frame of a peer."""
        side = self._sides[link]
        if frame.kind == Kind.OFFER:
            self._offered(link, side, frame, payload)
        elif frame.kind == Kind.PIECE:
            self._piece(link, side, frame, payload)
        elif frame.kind == Kind.ABORT:
            self._aborted(link, side, frame, payload)
        elif (run := side.own.get(frame.stream)) is not None:
            run.fail(ending.decode(payload, run.place(link.peer), run.parties))

    def _offered(self, link: Link, side: _Side, frame: Frame, payload: bytes) -> None:
        if frame.stream <= link.highest:
            # Sent again: it counts once.
            self.refused += 1
            return
        link.highest = frame.stream
        try:
            offer = Offer.decode(payload)
        except GarbageError as error:
            self._refuse(link, frame.stream, error)
            return
        if link.peer.key not in offer.description.parties:
            self._refuse(link, frame.stream, GarbageError("an offer of a run in which it does not take part"))
            return
        if side.count >= self._limits.pending or side.size + len(payload) > _OFFERED:
            failure = Failure(409, "busy", f"{side.count} runs wait here that nobody has asked for; try again later")
            link.send(Kind.REFUSE, frame.stream, ending.encode(failure, []))
            return
        side.theirs[frame.stream] = _Stream(offer, Inbox(self._limits.message), size=len(payload))
        side.unasked.setdefault(offer.description.session, deque()).append(frame.stream)
        side.count += 1
        side.size += len(payload)
        self._match(offer.description.session)

    def _piece(self, link: Link, side: _Side, frame: Frame, payload: bytes) -> None:
        stream = side.theirs.get(frame.stream)
        if stream is None:
            # Of a run that it has not offered; or of one that has ended here, where it may have been under way.
            self.refused += frame.stream > link.highest
            return
        if stream.run is None:
            # Its run waits here for somebody's client: the peer has all offers of the others already.
            if side.size + len(payload) > _OFFERED + self._limits.message:
                self._violated(link, side, frame.stream, stream, GarbageError("more than is kept of runs that nobody has asked for"))
                return
            stream.size += len(payload)
            side.size += len(payload)
        try:
            complete = stream.inbox.piece(frame.sequence, payload)
        except GarbageError as error:
            self._violated(link, side, frame.stream, stream, error)
            return
        if complete and stream.run is not None:
            stream.run.came()

    def _violated(self, link: Link, side: _Side, number: int, stream: _Stream, error: GarbageError) -> None:
        """Ends one stream; the others of the link go on."""
        if stream.run is not None:
            self.refused += 1
            stream.run.fail(ending.garbage(link.peer, stream.run.place(link.peer), error))
            return
        self._refuse(link, number, error)
        self._drop(side, number)

    def _refuse(self, link: Link, stream: int, error: GarbageError) -> None:
        self.refused += 1
        failure = Failure(502, "protocol-violation", f"it sent {error}")
        link.send(Kind.REFUSE, stream, ending.encode(failure, []))

    def _aborted(self, link: Link, side: _Side, frame: Frame, payload: bytes) -> None:
        stream = side.theirs.get(frame.stream)
        if stream is None:
            return
        if stream.run is None:
            self._drop(side, frame.stream)
        else:
            stream.run.fail(ending.decode(payload, stream.run.place(link.peer), stream.run.parties))

    # Offers and runs find each other.

    def _match(self, session: str) -> None:
        for link, side in self._sides.items():
            for number in list(side.unasked.get(session, ())):
                stream = side.theirs[number]
                waiting = [run for run in self._waiting.get(session, []) if run.lacks(link.peer)]
                same = [run for run in waiting if set(run.description.parties) == set(stream.offer.description.parties)]
                # Where no run here has the same parties, somebody is wrong about them; both are told.
                run = next(iter(same or waiting), None)
                if run is None:
                    continue
                self._unlist(side, number)
                stream.run = run
                run.take(link.peer, stream.offer, number, stream.inbox)
                if run.id or run.failure is not None:
                    self._no_longer_waiting(run)

    def _no_longer_waiting(self, run: Run) -> None:
        session = run.description.session
        waiting = self._waiting.get(session, [])
        if run in waiting:
            waiting.remove(run)
        if not waiting:
            self._waiting.pop(session, None)

    def _unlist(self, side: _Side, number: int) -> None:
        stream = side.theirs[number]
        listed = side.unasked[stream.offer.description.session]
        listed.remove(number)
        if not listed:
            del side.unasked[stream.offer.description.session]
        side.count -= 1
        side.size -= stream.size

    def _drop(self, side: _Side, number: int) -> None:
        self._unlist(side, number)
        del side.theirs[number]
