"""Named arrays in, segments of a masked contribution out, and the sums back into named arrays.

A `Layout` states what every party contributes: tensors by name with their shape, the largest magnitude of an entry, the precision, and
what becomes of them (sum, mean over the parties, or mean weighted by a weight that each party keeps to itself). It decides the bit
widths, so that no sum can wrap, and its canonical bytes are part of what the parties of a run agree on::

    layout = Layout(
        {"coefficients": Tensor((31,), bound=20, precision=2**-20, reduction="weighted_mean")},
        parties=5,
        weight=Weight(bound=10_000),
    )
    config = Config(segments=layout.segments, settings=layout.settings)
    ...
    masked = client.mask(layout.flatten({"coefficients": coefficients}, weight=rows))
    ...
    result = layout.unflatten(sums, parties=len(server.survivors()))
    result.values["coefficients"], result.weight, result.parties

Integers are exact. A float is rounded to the grid of its segment, half to even; `Layout.error` states the largest error of a result.
Only sums leave a party: a value is multiplied by its weight before it is masked, and the weight is a segment of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cloakwork import _arrays
from cloakwork._quantisation import Width, bits_for, bits_of_sum, magnitude
from cloakwork._quantity import DEFAULT_GROUP, Reduction, Tensor, Weight
from cloakwork.errors import ArgumentError, CloakworkError, EncodingError, NumberError, ParameterError, Status
from cloakwork.secagg import Segment

__all__ = ["Layout", "Reduction", "Result", "Tensor", "Weight", "Width", "bits_for"]

FORMAT = "cloakwork layout 1"
WEIGHT_LABEL = "weight"
METRICS_GROUP = "metrics"
# What a group of tensors adds to its name when they are integers; a label has at most 32 characters.
_INTEGERS = ".integers"
_GROUP = re.compile(r"[a-z0-9_.-]{1,23}")
# Sums of integers come back as int64, and floats meet them as float64.
_LARGEST_INT64 = 2**63 - 1
_LARGEST_EXACT_FLOAT = 2**53


@dataclass(frozen=True)
class Result:
    """What a round gives.

    Attributes:
        values: the arrays by name, in the shapes of the layout: int64 for sums of integers, float64 for everything else; scalars are
            arrays of shape ``()``.
        parties: how many parties are in the sums.
        weight: the sum of their weights (an int where weights are integers), or None in a layout without weight.
    """

    values: dict[str, NDArray[Any]]
    parties: int
    weight: float | None


@dataclass(frozen=True)
class _Plan:
    """A segment and the tensors in it, by name."""

    segment: Segment
    names: tuple[str, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class Layout:
    """What each party contributes to a round, and how the sums are read.

    Args:
        tensors: the tensors by name.
        parties: how many parties the roster of the run has; the bit widths depend on it.
        weight: bounds of the weights; needed where a tensor asks for ``"weighted_mean"``, allowed elsewhere (the sum of the weights is
            then a count of records).

    Attributes:
        segments: the segments of the run, by ascending label.

    Raises:
        ParameterError: the numbers do not fit together: more than eight segments, a sum of more than 128 bits, a sum of integers
            beyond int64, weighted tensors without weight, or weighted integers with a weight that is not an integer.
    """

    tensors: Mapping[str, Tensor]
    parties: int
    weight: Weight | None = None
    segments: tuple[Segment, ...] = field(init=False)
    _plans: tuple[_Plan, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Plans the segments."""
        if isinstance(self.parties, bool) or not isinstance(self.parties, int) or self.parties < 1:
            raise ParameterError(Status.INVALID_ARGUMENT, "must be a whole number above 0", argument="parties")
        if not self.tensors:
            raise ParameterError(Status.INVALID_ARGUMENT, "a layout has at least one tensor", argument="tensors")
        ordered: dict[str, Tensor] = {}
        for name in sorted(self.tensors):
            self._check(name, self.tensors[name])
            ordered[name] = self.tensors[name]
        object.__setattr__(self, "tensors", ordered)
        plans = [self._plan(label, names) for label, names in self._groups().items()]
        if self.weight is not None:
            plans.append(self._weight_plan(self.weight))
        plans.sort(key=lambda plan: plan.segment.label)
        if len(plans) > Segment.MOST:
            raise ParameterError(Status.INVALID_RUN, "the tensors need too many segments", argument="tensors", bound=Segment.MOST)
        object.__setattr__(self, "_plans", tuple(plans))
        object.__setattr__(self, "segments", tuple(plan.segment for plan in plans))

    @classmethod
    def like(
        cls,
        template: Mapping[str, ArrayLike],
        *,
        parties: int,
        bound: float | Mapping[str, float],
        precision: float | Mapping[str, float] | None = None,
        reduction: Reduction = "sum",
        weight: Weight | None = None,
        metrics: Mapping[str, Tensor] | None = None,
    ) -> Layout:
        """The layout of arrays like these: names, shapes and kinds from the template, its numbers are not looked at.

        Args:
            template: NumPy arrays or numbers by name; integers and booleans make integer tensors, floats make float tensors.
            parties: how many parties the roster has.
            bound: the largest magnitude of an entry, one for all or by name.
            precision: see `Tensor`, one for all floats or by name.
            reduction: of all of the template.
            weight: bounds of the weights.
            metrics: further tensors, put into a segment of their own.

        Raises:
            ArgumentError: a name without bound, a float without precision, or a name that is both in `template` and `metrics`.
        """
        tensors: dict[str, Tensor] = {}
        for name, value in template.items():
            array = _values(name, value)
            whole = array.dtype.kind != "f"
            step = None if whole else _of(precision, name, "precision")
            if not whole and step is None:
                _arrays.refuse("precision", f"tensor {name!r} holds floats, which need one")
            largest = _of(bound, name, "bound")
            if largest is None:
                _arrays.refuse("bound", f"tensor {name!r} has none")
            tensors[name] = Tensor(array.shape, bound=largest, precision=step, reduction=reduction)
        for name, metric in (metrics or {}).items():
            if name in tensors:
                _arrays.refuse("metrics", f"{name!r} is the name of a tensor")
            tensors[name] = replace(metric, group=METRICS_GROUP) if metric.group == DEFAULT_GROUP else metric
        return cls(tensors, parties, weight)

    @property
    def settings(self) -> bytes:
        """Canonical bytes: JSON with sorted keys, without spaces, in ASCII. Equal layouts have equal bytes."""
        content = {
            "format": FORMAT,
            "parties": self.parties,
            "tensors": {name: tensor.encoded() for name, tensor in self.tensors.items()},
            "weight": None if self.weight is None else self.weight.encoded(),
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")

    @classmethod
    def from_settings(cls, settings: bytes) -> Layout:
        """The layout with these settings.

        Raises:
            EncodingError: the bytes are no settings of a layout, or not canonical.
            ParameterError: the numbers do not fit together.
        """
        malformed = EncodingError(Status.MALFORMED, "these are no settings of a layout", argument="settings")
        try:
            content = json.loads(settings)
            known = content["format"] == FORMAT
        except (LookupError, RecursionError, TypeError, ValueError) as failure:
            raise malformed from failure
        if not known:
            raise EncodingError(Status.UNSUPPORTED, "these settings are of another format", argument="settings")
        try:
            tensors = {name: Tensor.decoded(entry) for name, entry in content["tensors"].items()}
            weight = None if content["weight"] is None else Weight.decoded(content["weight"])
            layout = cls(tensors, content["parties"], weight)
        except CloakworkError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as failure:
            raise malformed from failure
        if layout.settings != settings:
            raise EncodingError(Status.NON_CANONICAL, "the settings are not in canonical form", argument="settings")
        return layout

    def flatten(self, values: Mapping[str, ArrayLike], weight: float | None = None) -> dict[str, NDArray[Any]]:
        """The contribution of a party: one vector for each segment, checked against every bound.

        Args:
            values: a C-contiguous array in native byte order, or a number, for each tensor, in its shape. A float tensor takes float64,
                float32, integers of at most 32 bits and booleans, all of which float64 holds exactly; an integer tensor takes integers
                and booleans. A boolean counts as 0 or 1.
            weight: the weight of this party, 0 to the bound, where the layout has one.

        Returns:
            By label, float64 or int64 vectors; a float64 or int64 tensor alone in its segment and unweighted is not copied.

        Raises:
            ArgumentError: a name, type, dtype, memory layout or shape is not the expected one; the message names the tensor.
            NumberError: an entry is NaN, infinite or beyond its bound; the message names the tensor and the index.
        """
        _check_names(values, self.tensors)
        factor = self._factor(weight)
        vectors: dict[str, NDArray[Any]] = {}
        for plan in self._plans:
            if plan.segment.label == WEIGHT_LABEL:
                vectors[WEIGHT_LABEL] = np.array([factor], dtype=plan.dtype)
                continue
            parts = [self._entries(name, values[name], plan.dtype, factor) for name in plan.names]
            vectors[plan.segment.label] = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return vectors

    def unflatten(self, sums: Mapping[str, NDArray[Any]], *, parties: int) -> Result:
        """The result of a round from the decoded sums of its segments.

        Args:
            sums: by label, float64 or int64 vectors, as `cloakwork.secagg.decode` gives them.
            parties: how many parties are in the sums, 1 to the layout's number.

        Raises:
            ArgumentError: labels, lengths or `parties` are not the expected ones, or the weights add up to 0 where a mean is asked for.
        """
        if not 1 <= parties <= self.parties:
            raise ArgumentError(Status.INVALID_ARGUMENT, "must be in 1 to the layout's parties", argument="parties", bound=self.parties)
        _check_names(sums, {plan.segment.label: plan for plan in self._plans})
        for plan in self._plans:
            vector = _arrays.plain_array(plan.segment.label, sums[plan.segment.label])
            _arrays.check_shape(plan.segment.label, vector, (plan.segment.length,))
        total = None if self.weight is None else sums[WEIGHT_LABEL][0].item()
        if total == 0 and any(tensor.reduction == "weighted_mean" for tensor in self.tensors.values()):
            raise ArgumentError(Status.INVALID_ARGUMENT, "the weights add up to 0: there is no weighted mean", argument=WEIGHT_LABEL)
        divisors: dict[Reduction, float | None] = {"sum": None, "mean": parties, "weighted_mean": total}
        found: dict[str, NDArray[Any]] = {}
        for plan in self._plans:
            start = 0
            for name in plan.names:
                tensor = self.tensors[name]
                part = sums[plan.segment.label][start : start + tensor.size].reshape(tensor.shape)
                start += tensor.size
                divisor = divisors[tensor.reduction]
                found[name] = part.copy() if divisor is None else np.asarray(part / divisor)
        return Result({name: found[name] for name in self.tensors}, parties, total)

    def error(self, name: str, *, parties: int | None = None, weight: float | None = None) -> float:
        """The largest error that rounding to the grid can give an entry of a result; 0 for integers.

        With s = 2^-fraction of the segment: parties * s / 2 for a sum, s / 2 for a mean, parties * s / 2 / weight for a weighted mean. The
        rounding of float64 itself (2^-53 of each product, quotient and result) comes on top.

        Args:
            name: of the tensor.
            parties: how many parties are in the sum; all of them unless given.
            weight: the sum of their weights, for a weighted mean.
        """
        if name not in self.tensors:
            _arrays.refuse("name", f"the layout has no tensor {name!r}")
        tensor = self.tensors[name]
        if tensor.integer:
            return 0.0
        plan = next(plan for plan in self._plans if name in plan.names)
        half = 2.0 ** -(plan.segment.fraction + 1)
        count = self.parties if parties is None else parties
        if tensor.reduction == "sum":
            return count * half
        if tensor.reduction == "mean":
            return half
        if weight is None or not weight > 0:
            _arrays.refuse("weight", "the error of a weighted mean depends on the sum of the weights, which is above 0")
        return count * half / weight

    def _check(self, name: str, tensor: Tensor) -> None:
        if not isinstance(name, str) or not name:
            _arrays.refuse_type("tensors", "names are strings that are not empty")
        if not isinstance(tensor, Tensor):
            _arrays.refuse_type(name, f"expected a Tensor, got {type(tensor).__name__}; Layout.like takes arrays")
        if not _GROUP.fullmatch(tensor.group) or tensor.group == WEIGHT_LABEL:
            message = f"group {tensor.group!r} is not 1 to 23 characters of a-z 0-9 _ . - or is {WEIGHT_LABEL!r}"
            raise ParameterError(Status.INVALID_RUN, message, argument=name)
        if tensor.reduction != "weighted_mean":
            return
        if self.weight is None:
            raise ParameterError(Status.INVALID_ARGUMENT, "a weighted mean needs a layout with a weight", argument=name)
        if tensor.integer and not self.weight.integer:
            message = "integers have no exact weighted mean under a weight that is not an integer; give the tensor a precision"
            raise ParameterError(Status.INVALID_ARGUMENT, message, argument=name)

    def _groups(self) -> dict[str, list[str]]:
        groups: dict[str, list[str]] = {}
        for name, tensor in self.tensors.items():
            groups.setdefault(tensor.group + (_INTEGERS if tensor.integer else ""), []).append(name)
        return groups

    def _plan(self, label: str, names: list[str]) -> _Plan:
        tensors = [self.tensors[name] for name in names]
        fraction = max(tensor.fraction for tensor in tensors)
        largest = 0
        for name, tensor in zip(names, tensors, strict=True):
            largest = max(largest, self._magnitude(name, tensor, fraction))
        try:
            bits = bits_of_sum(largest, self.parties)
        except NumberError as failure:
            failure.argument = ", ".join(names)
            raise
        length = sum(tensor.size for tensor in tensors)
        if length > Segment.LONGEST:
            message = f"a segment of {length} values is too long; spread the tensors over groups"
            raise ParameterError(Status.TOO_LONG, message, argument=", ".join(names), bound=Segment.LONGEST)
        segment = Segment(label, bits, length, "fixed", fraction)
        return _Plan(segment, tuple(names), np.dtype(np.int64 if tensors[0].integer else np.float64))

    def _magnitude(self, name: str, tensor: Tensor, fraction: int) -> int:
        bound = tensor.bound
        if tensor.reduction == "weighted_mean" and self.weight is not None:
            # The product of the largest entry and weight as `flatten` computes it: rounding is monotonic, so no product exceeds it.
            bound *= self.weight.largest
        try:
            largest = magnitude(bound, fraction)
        except ParameterError as failure:
            failure.argument = name
            raise
        if tensor.integer and largest * self.parties > _LARGEST_INT64:
            message = "the sum of these integers would not fit int64"
            raise ParameterError(Status.INVALID_WIDTH, message, argument=name, bound=_LARGEST_INT64)
        return largest

    def _weight_plan(self, weight: Weight) -> _Plan:
        largest = magnitude(weight.largest, weight.fraction)
        if weight.integer and largest * self.parties > _LARGEST_INT64:
            message = "the sum of these weights would not fit int64"
            raise ParameterError(Status.INVALID_WIDTH, message, argument=WEIGHT_LABEL, bound=_LARGEST_INT64)
        segment = Segment(WEIGHT_LABEL, bits_of_sum(largest, self.parties), 1, "fixed", weight.fraction)
        return _Plan(segment, (), np.dtype(np.int64 if weight.integer else np.float64))

    def _factor(self, weight: float | None) -> float | None:
        if self.weight is None:
            if weight is not None:
                _arrays.refuse(WEIGHT_LABEL, "this layout has no weight")
            return None
        if weight is None:
            _arrays.refuse(WEIGHT_LABEL, "this layout needs the weight of this party")
        return self.weight.checked(weight)

    def _entries(self, name: str, value: ArrayLike, dtype: np.dtype[Any], factor: float | None) -> NDArray[Any]:
        """The entries of a tensor, checked, weighted, in the dtype of its segment."""
        tensor = self.tensors[name]
        array = _values(name, value)
        _arrays.check_shape(name, array, tensor.shape)
        if tensor.integer and array.dtype.kind == "f":
            _arrays.refuse_dtype(name, array.dtype, "integers, since the tensor has no precision")
        if not tensor.integer and array.dtype.kind in "iu" and array.dtype.itemsize > 4:
            # An integer of this size is exact in float64 only below 2^53.
            _arrays.check_magnitude(name, array, min(tensor.bound, _LARGEST_EXACT_FLOAT))
        _arrays.check_magnitude(name, array, tensor.bound)
        entries = array.reshape(-1).astype(dtype, copy=False)
        return entries * dtype.type(factor) if tensor.reduction == "weighted_mean" and factor is not None else entries


def _values(name: str, value: ArrayLike) -> NDArray[Any]:
    """A number or an array with a dtype of which no value is lost in float64 or int64."""
    if isinstance(value, (bool, int, float, np.generic)):
        value = np.asarray(value)
    array = _arrays.plain_array(name, value)
    if array.dtype not in _arrays.FLOATS and array.dtype.kind not in "iub":
        _arrays.refuse_dtype(name, array.dtype, "float64, float32, integers or booleans")
    return array


def _of(given: float | Mapping[str, float] | None, name: str, argument: str) -> float | None:
    """The number of a tensor, where one may be given for all or by name."""
    if isinstance(given, Mapping):
        found = given.get(name)
        return found if found is None or isinstance(found, (int, float)) else _arrays.refuse_type(argument, f"of {name!r} is no number")
    return given


def _check_names(given: Mapping[str, object], expected: Mapping[str, object]) -> None:
    for name in expected:
        if name not in given:
            raise ArgumentError(Status.INVALID_ARGUMENT, "missing", argument=name)
    for name in given:
        if name not in expected:
            raise ArgumentError(Status.INVALID_ARGUMENT, "not in the layout", argument=str(name))
