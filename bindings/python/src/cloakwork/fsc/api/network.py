"""The argument `network`: who computes together, and which of them this server is."""

from __future__ import annotations

from dataclasses import dataclass

from cloakwork.fsc.api import refusals
from cloakwork.fsc.api.arguments import text, whole_number
from cloakwork.fsc.api.objects import Json

__all__ = ["Network"]

_MOST_NODES = 1000
_LONGEST_URL = 2000


@dataclass(frozen=True)
class Network:
    """Who computes together.

    Attributes:
        nodes: base URLs, exactly as the client gave them.
        myself: the number of this server among them.
        content: the argument itself.
    """

    nodes: tuple[str, ...]
    myself: int
    content: dict[str, Json]

    @classmethod
    def read(cls, given: Json) -> Network:
        """Reads the argument.

        Raises:
            Failure: 400; the message names the entry.
        """
        if not isinstance(given, dict):
            raise refusals.invalid_parameter("network", "has to be an object with nodes, uuid and myself")
        for name in ("nodes", "myself"):
            if given.get(name) is None:
                raise refusals.missing_parameter(f"network.{name}")
        # R writes a list of one as its element.
        nodes = [given["nodes"]] if isinstance(given["nodes"], str) else given["nodes"]
        if not isinstance(nodes, list) or not 1 <= len(nodes) <= _MOST_NODES:
            raise refusals.invalid_parameter("network.nodes", f"has to be a list of 1 to {_MOST_NODES} base URLs")
        for place, node in enumerate(nodes):
            if not isinstance(node, str) or not 0 < len(node) <= _LONGEST_URL:
                raise refusals.invalid_parameter(f"network.nodes[{place}]", "has to be the base URL of a party")
            if nodes.index(node) != place:
                raise refusals.invalid_parameter(f"network.nodes[{place}]", f"is the same as that of party {nodes.index(node)}")
        return cls(tuple(nodes), whole_number("network.myself", given["myself"], len(nodes)), given)

    @property
    def session(self) -> str:
        """The name under which the parties find each other.

        Raises:
            Failure: 400, there is none.
        """
        if self.content.get("uuid") is None:
            raise refusals.missing_parameter("network.uuid")
        return text("network.uuid", self.content["uuid"])
