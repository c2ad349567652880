"""What microprotocols that add up take as data: numbers, one level of lists among them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from cloakwork.fsc.protocols.decimals import number

__all__ = ["summands"]


def summands(data: tuple[Any, ...]) -> Iterator[Decimal]:
    """The numbers in the data, those in lists one by one.

    Raises:
        Failure: an element is no number, or none that is finite; the message names it.
    """
    for place, entry in enumerate(data):
        if isinstance(entry, list):
            for inner, value in enumerate(entry):
                yield number(value, f"data[{place}][{inner}]")
        else:
            yield number(entry, f"data[{place}]")
