"""One party's side of one run: who has agreed, what has come from whom, and how it ended."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cloakwork.fsc.computation import Failure
from cloakwork.fsc.peers import ending
from cloakwork.fsc.peers.description import NONCE_SIZE, PIECE_SIZE, Description, Offer, run_id
from cloakwork.fsc.peers.directory import Peer
from cloakwork.fsc.peers.frame import Kind
from cloakwork.fsc.peers.garbage import OtherRunError
from cloakwork.fsc.peers.inbox import Inbox
from cloakwork.fsc.peers.link import Link
from cloakwork.fsc.peers.settings import Limits
from cloakwork.fsc.protocols.mesh import Mesh

__all__ = ["Run"]


@dataclass
class _Other:
    """Another party of the run.

    Attributes:
        peer: who it is.
        link: over which this side's offer went.
        stream: of this side on that link.
        sequence: of the next piece of this side.
        offer: what it has offered, once it has.
        its_stream: of the other side.
        inbox: what it has sent.
    """

    peer: Peer
    link: Link | None = None
    stream: int = 0
    sequence: int = 0
    offer: Offer | None = None
    its_stream: int = 0
    inbox: Inbox | None = None


class Run:
    """A run that this server's client has asked for.

    Args:
        description: the run as this party sees it.
        parties: all of them, in order.
        index: the place of this party.
        limits: of waiting.

    Attributes:
        id: what names the run, once all agree; empty until then.
        mesh: this party of the sums of the run; None where it is alone.
    """

    def __init__(self, description: Description, parties: Sequence[Peer], index: int, limits: Limits) -> None:
        self.description = description
        self.parties = tuple(parties)
        self.index = index
        self.id = b""
        self.mesh = Mesh(len(parties), index) if len(parties) > 1 else None
        self._limits = limits
        self._nonce = secrets.token_bytes(NONCE_SIZE)
        self._others = {place: _Other(peer) for place, peer in enumerate(self.parties) if place != index}
        self._failure: Failure | None = None
        self._changed = asyncio.Event()
        self._end = asyncio.get_running_loop().call_later(limits.run, self._too_long)

    @property
    def longest_wait(self) -> float:
        """Seconds after which no exchange waits any more, with room for a machine that has much to do."""
        return 2 * self._limits.run

    @property
    def failure(self) -> Failure | None:
        """Why the run has ended, if it has."""
        return self._failure

    def place(self, peer: Peer) -> int:
        """The place of another party."""
        return next(place for place, other in self._others.items() if other.peer == peer)

    # Agreement.

    def offer_to(self, link: Link) -> int:
        """Offers the run to a party over its link; the stream of this side."""
        place = self.place(link.peer)
        other = self._others[place]
        other.link, other.stream = link, link.next_stream()
        piece = b"" if self.mesh is None else self.mesh.piece(place)
        link.send(Kind.OFFER, other.stream, Offer(self.description, self._nonce, piece).encode())
        return other.stream

    def lacks(self, peer: Peer) -> bool:
        """Whether the offer of this peer is still to come."""
        return any(other.peer == peer and other.offer is None for other in self._others.values())

    def take(self, peer: Peer, offer: Offer, stream: int, inbox: Inbox) -> None:
        """Takes the offer of a party, with what it has sent since."""
        place = self.place(peer)
        difference = self.description.difference(offer.description)
        if difference is not None:
            message = f"{peer.name} (party {place}) and this server do not agree on {difference}"
            self.fail(Failure(409, "disagreement", message, place))
            return
        other = self._others[place]
        other.offer, other.its_stream, other.inbox = offer, stream, inbox
        if all(one.offer is not None for one in self._others.values()):
            self._agree()
        self._changed.set()

    def without(self, peer: Peer) -> None:
        """Forgets the offer of a party whose link broke before all agreed: it comes again, or not in time."""
        other = self._others[self.place(peer)]
        other.link, other.offer, other.inbox, other.sequence = None, None, None, 0

    def _agree(self) -> None:
        offers = [self._others[place].offer if place != self.index else None for place in range(len(self.parties))]
        self.id = run_id(self.description, [self._nonce if offer is None else offer.nonce for offer in offers])
        if self.mesh is not None:
            self.mesh.agree(self.id, [bytes(PIECE_SIZE) if offer is None else offer.piece for offer in offers])
        for place, other in self._others.items():
            if other.inbox is not None and not other.inbox.bind(self.id):
                self.fail(ending.garbage(other.peer, place, OtherRunError()))

    async def agreed(self, trouble: Callable[[Peer], str]) -> None:
        """Waits until all parties have agreed.

        Args:
            trouble: what is known of a party to which there is no link.

        Raises:
            Failure: they have not, or not in time.
        """

        def late() -> None:
            missing = [(other.peer, place, "") for place, other in self._others.items() if other.offer is None]
            told = [(peer, place, "has not asked for it" if self._others[place].link else trouble(peer)) for peer, place, _ in missing]
            self.fail(ending.timeout(told, self._limits.wait, "parties of this computation"))

        await self._until(lambda: bool(self.id), self._limits.wait, late)

    # Rounds.

    async def exchange(self, messages: Sequence[bytes | None]) -> list[bytes]:
        """One message to each other party, and one of each; see `Group.exchange`."""
        self._check()
        for place, other in self._others.items():
            message = messages[place]
            if message is None or len(message) > self._limits.message:
                size = "no message" if message is None else f"{len(message)} bytes, more than limits.message"
                raise Failure(500, "internal-error", f"the microprotocol has {size} for party {place}")
            if other.link is not None:
                other.sequence = other.link.send_message(other.stream, self.id, other.sequence, message)

        def late() -> None:
            missing = [(other.peer, place, "is silent") for place, other in self._others.items() if not other.inbox]
            self.fail(ending.timeout(missing, self._limits.step, "the next messages"))

        await self._until(lambda: all(other.inbox for other in self._others.values()), self._limits.step, late)
        inboxes = [self._others[place].inbox if place != self.index else None for place in range(len(self.parties))]
        return [b"" if inbox is None else inbox.take() for inbox in inboxes]

    def came(self) -> None:
        """A message is there."""
        self._changed.set()

    # The end.

    def fail(self, failure: Failure) -> None:
        """Ends the run with a failure; the first one counts."""
        if self._failure is None:
            self._failure = failure
            self._changed.set()

    def streams(self) -> list[tuple[Link, int]]:
        """The streams of this side, and the links that they are on."""
        return [(other.link, other.stream) for other in self._others.values() if other.link is not None]

    def abort(self, failure: Failure) -> None:
        """Tells all others that the run has ended."""
        content = ending.encode(failure, self.parties)
        for link, stream in self.streams():
            link.send(Kind.ABORT, stream, content)

    def close(self) -> None:
        """Ends the run: its secrets are wiped, nothing waits for it any more."""
        self._end.cancel()
        self.fail(Failure(500, "aborted", "the run has ended"))
        if self.mesh is not None:
            self.mesh.close()

    async def _until(self, there: Callable[[], bool], seconds: float, late: Callable[[], None]) -> None:
        timer = asyncio.get_running_loop().call_later(seconds, late)
        try:
            # What is there counts, even where its sender has gone since: it may have had no more to say.
            while not there():
                self._check()
                self._changed.clear()
                await self._changed.wait()
        finally:
            timer.cancel()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _too_long(self) -> None:
        message = f"the computation takes longer than the {self._limits.run:g} seconds of limits.run"
        self.fail(Failure(504, "timeout", message))
