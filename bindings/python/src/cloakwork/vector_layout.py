"""Named arrays as the one vector of a private run, and back.

In a run with a mechanism there is one vector, of floats, and nothing beside it: weights, counts and metrics are entries of it or stay at
home. What bounds it is the mechanism's clip, so an entry needs neither bound nor precision::

    layout = VectorLayout.like({"coefficients": np.zeros(31), "rows": 0.0})
    plan = choose(dimension=layout.dimension, ...)
    config = Config.private(plan.mechanism, plan.bits, settings=layout.settings)
    ...
    vector = layout.flatten({"coefficients": coefficients, "rows": 1.0})
    ...
    layout.unflatten(result.sums["vector"])["coefficients"]
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cloakwork import _arrays
from cloakwork.errors import CloakworkError, EncodingError, ParameterError, Status
from cloakwork.layout import _check_names, _values

__all__ = ["VectorLayout"]

FORMAT = "cloakwork vector 1"
_LONGEST = 2**28


@dataclass(frozen=True)
class VectorLayout:
    """Where named arrays are in a vector: one after the other, by ascending name, each in C order.

    Attributes:
        shapes: the shape of each array by name; ``()`` for a number.

    Raises:
        ParameterError: no arrays, names or shapes that are none, or more than 2^28 entries.
    """

    shapes: Mapping[str, tuple[int, ...]]

    def __post_init__(self) -> None:
        """Checks and orders the shapes."""
        if not self.shapes:
            raise ParameterError(Status.INVALID_ARGUMENT, "a layout has at least one array", argument="shapes")
        ordered: dict[str, tuple[int, ...]] = {}
        for name in sorted(self.shapes):
            shape = tuple(self.shapes[name])
            if not name or not all(isinstance(extent, int) and not isinstance(extent, bool) and extent > 0 for extent in shape):
                raise ParameterError(
                    Status.INVALID_ARGUMENT, "a shape holds whole numbers above 0, and has a name", argument=name or "shapes"
                )
            ordered[name] = shape
        object.__setattr__(self, "shapes", ordered)
        if self.dimension > _LONGEST:
            raise ParameterError(Status.TOO_LONG, "a private vector has at most 2^28 entries", argument="shapes", bound=_LONGEST)

    @classmethod
    def like(cls, template: Mapping[str, ArrayLike]) -> VectorLayout:
        """The layout of arrays like these; their numbers are not looked at."""
        return cls({name: _values(name, value).shape for name, value in template.items()})

    @property
    def dimension(self) -> int:
        """Entries of the vector."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def settings(self) -> bytes:
        """Canonical bytes: JSON with sorted keys, without spaces, in ASCII. Equal layouts have equal bytes."""
        content = {"format": FORMAT, "shapes": {name: list(shape) for name, shape in self.shapes.items()}}
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_settings(cls, settings: bytes) -> VectorLayout:
        """The layout with these settings.

        Raises:
            EncodingError: the bytes are no settings of such a layout, or not canonical.
        """
        try:
            content = json.loads(settings)
            if content["format"] != FORMAT:
                raise EncodingError(Status.UNSUPPORTED, "these are settings of another format", argument="settings")
            layout = cls({name: tuple(shape) for name, shape in content["shapes"].items()})
            canonical = layout.settings
        except CloakworkError:
            raise
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as failure:
            raise EncodingError(Status.MALFORMED, "these are no settings of a layout", argument="settings") from failure
        if canonical != settings:
            raise EncodingError(Status.NON_CANONICAL, "the settings are not in canonical form", argument="settings")
        return layout

    def flatten(self, values: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
        """The vector of these arrays; each entry becomes the nearest float64.

        Raises:
            ArgumentError: an array is missing, unknown, or of another shape or dtype.
        """
        _check_names(values, self.shapes)
        vector = np.empty(self.dimension)
        start = 0
        for name, shape in self.shapes.items():
            array = _values(name, values[name])
            _arrays.check_shape(name, array, shape)
            end = start + array.size
            vector[start:end] = array.reshape(-1)
            start = end
        return vector

    def unflatten(self, vector: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
        """The arrays of a vector, such as the sum of a round: copies, scalars as arrays of shape ``()``.

        Raises:
            ArgumentError: another length.
        """
        array = _arrays.plain_array("vector", vector)
        _arrays.check_shape("vector", array, (self.dimension,))
        found: dict[str, NDArray[np.float64]] = {}
        start = 0
        for name, shape in self.shapes.items():
            end = start + math.prod(shape)
            found[name] = array[start:end].astype(np.float64).reshape(shape)
            start = end
        return found
