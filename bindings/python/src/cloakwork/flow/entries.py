"""The entries of a configuration file, taken out one by one and checked."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from cloakwork.wire.problem import FlowError, FlowStatus

__all__ = ["Entries"]

T = TypeVar("T")


class Entries:
    """A table of a configuration file.

    Args:
        path: the file, for messages.
        content: the entries.
        table: name of the table within the file; nothing for the file itself.
    """

    def __init__(self, path: Path, content: dict[str, Any], table: str = "") -> None:
        self._path = path
        self._content = dict(content)
        self._table = table

    def take(self, name: str, kind: type, default: Any) -> Any:  # noqa: ANN401 - of the kind asked for
        """An entry, which is left no more.

        Args:
            name: of the entry.
            kind: what it has to be.
            default: taken where there is none; None if there has to be one.

        Raises:
            FlowError: it is missing, or of another kind.
        """
        value = self._content.pop(name, default)
        if value is None:
            raise self.wrong(name, "is missing")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(name, f"must be of type {kind.__name__}")
        return value

    def bounds(self, kind: type[T]) -> T:
        """The table `bounds` as a dataclass of whole numbers above 0.

        Raises:
            FlowError: an entry is none of its fields, or no such number.
        """
        table = self.take("bounds", dict, {})
        known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
        for name, value in table.items():
            if name not in known or isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise self.wrong(f"bounds.{name}", f"must be one of {', '.join(sorted(known))}, and a whole number above 0")
        return kind(**table)

    def end(self) -> None:
        """Ends the table.

        Raises:
            FlowError: an entry is left that this version does not know.
        """
        if self._content:
            raise self.wrong(sorted(self._content)[0], "is no entry that this version knows")

    def wrong(self, name: str, message: str) -> FlowError:
        """An error that names an entry."""
        place = f"{self._table}.{name}" if self._table else name
        return FlowError(FlowStatus.CONFIGURATION, f"{place} {message}", argument=str(self._path))
