"""Noise for whoever holds all the data: Laplace and Gaussian, on a grid, by exact samplers (privacy.md section 7)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork import _arrays
from cloakwork._boundary import failure
from cloakwork._native import ffi, lib
from cloakwork.errors import Status
from cloakwork.privacy._parameters import check, real, report

__all__ = ["gaussian_delta", "gaussian_multiplier", "gaussian_scale", "gaussian_vartime", "laplace_scale", "laplace_vartime"]


def laplace_vartime(values: NDArray[np.float64], *, epsilon: float, clip: float = math.inf, sensitivity: float = math.inf) -> None:
    """Clips a vector to an L1 norm and adds Laplace noise, in place, with epsilon-differential privacy. The time depends on both.

    Args:
        values: float64, C-contiguous.
        epsilon: 10^-6 to 64.
        clip: largest L1 norm; infinity for none.
        sensitivity: largest L1 distance between the vectors of neighbouring data sets where it is known for another reason; without a clip
            it has to be.

    Raises:
        PrivacyError: a parameter outside its range.
        NumberError: a value that is not finite or too large; nothing has changed.
    """
    _apply(_config(lib.CLOAK_CENTRAL_LAPLACE, values, clip, sensitivity, epsilon, 0.0), values)


def gaussian_vartime(
    values: NDArray[np.float64], *, epsilon: float, delta: float, clip: float = math.inf, sensitivity: float = math.inf
) -> None:
    """Clips a vector to an L2 norm and adds Gaussian noise, in place, with (epsilon, delta)-differential privacy. The time depends on both.

    The arguments are those of `laplace_vartime` in the L2 norm, and delta between 0 and 1.
    """
    _apply(_config(lib.CLOAK_CENTRAL_GAUSSIAN, values, clip, sensitivity, epsilon, delta), values)


def laplace_scale(dimension: int, *, epsilon: float, clip: float = math.inf, sensitivity: float = math.inf) -> float:
    """The scale b of the Laplace noise that `laplace_vartime` adds; its standard deviation is sqrt(2) b."""
    return _scale(_config(lib.CLOAK_CENTRAL_LAPLACE, range(dimension), clip, sensitivity, epsilon, 0.0))


def gaussian_scale(dimension: int, *, epsilon: float, delta: float, clip: float = math.inf, sensitivity: float = math.inf) -> float:
    """The standard deviation of the noise that `gaussian_vartime` adds."""
    return _scale(_config(lib.CLOAK_CENTRAL_GAUSSIAN, range(dimension), clip, sensitivity, epsilon, delta))


def gaussian_multiplier(epsilon: float, delta: float) -> float:
    """The least noise multiplier of continuous Gaussian noise (Balle, Wang, ICML 2018): its standard deviation over the sensitivity."""
    out, error = ffi.new("double *"), report()
    check(lib.cloak_gaussian_multiplier(real("epsilon", epsilon), real("delta", delta), out, error), error)
    return float(out[0])


def gaussian_delta(multiplier: float, epsilon: float) -> float:
    """The least delta for this epsilon of continuous Gaussian noise with this standard deviation over the sensitivity."""
    out, error = ffi.new("double *"), report()
    check(lib.cloak_gaussian_delta(real("multiplier", multiplier), real("epsilon", epsilon), out, error), error)
    return float(out[0])


def _config(kind: int, values: Any, clip: float, sensitivity: float, epsilon: float, delta: float) -> Any:  # noqa: ANN401 - a cloak_central
    config = ffi.new("cloak_central *")
    config.kind, config.dimension = kind, len(values)
    for name, value in (("clip", clip), ("sensitivity", sensitivity), ("epsilon", epsilon), ("delta", delta)):
        setattr(config, name, real(name, value))
    return config


def _apply(config: Any, values: NDArray[np.float64]) -> None:  # noqa: ANN401 - a cloak_central
    array = _arrays.plain_array("values", values)
    if array.dtype != np.float64:
        _arrays.refuse_dtype("values", array.dtype, "float64")
    if array.ndim != 1 or not array.flags.writeable:
        _arrays.refuse("values", "must be one writable vector: it is changed in place")
    error = report()
    place = ffi.from_buffer("double[]", array, require_writable=True)
    status = lib.cloak_central_noise_vartime(config, ffi.NULL, place, len(array), error)
    if status in (Status.NOT_FINITE, Status.OUT_OF_RANGE):
        raise failure(status, "values")
    check(status, error)


def _scale(config: Any) -> float:  # noqa: ANN401 - a cloak_central
    out, error = ffi.new("double *"), report()
    check(lib.cloak_central_scale(config, out, error), error)
    return float(out[0])
