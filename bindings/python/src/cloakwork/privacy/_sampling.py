"""Discrete noise (protocol.md section 12)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cloakwork._boundary import check, whole_number
from cloakwork._native import ffi, lib
from cloakwork.errors import PrivacyError, Status
from cloakwork.privacy._parameters import real, text


class DiscreteGaussian:
    """N_Z(0, sigma^2): the integer x has a probability proportional to exp(-x^2 / (2 sigma^2)).

    The number of operations does not depend on the noise, and n samples are within (n + 512) 2^-102 of the true distribution.

    Args:
        sigma: 0.5 to 2^17, taken exactly.
        suite: generator of the random bits: 1 = ChaCha20, 2 = AES-128-CTR.

    Raises:
        PrivacyError: sigma is outside its range.
    """

    LEAST = 0.5
    MOST = 2.0**17

    def __init__(self, sigma: float, suite: int = 2) -> None:
        self.sigma = real("sigma", sigma)
        self.suite = whole_number("suite", suite, 8)
        if not self.LEAST <= self.sigma <= self.MOST:
            works = self.MOST if self.sigma > self.MOST else self.LEAST
            message = f"is {text(self.sigma)} and must be {self.LEAST} to {text(self.MOST)}; {text(works)} works"
            raise PrivacyError(Status.INVALID_MECHANISM, message, bound=works, argument="sigma")

    def sample(self, count: int) -> NDArray[np.int32]:
        """This many samples, from fresh randomness of the operating system."""
        out = np.empty(count, dtype=np.int32)
        place = ffi.from_buffer("int32_t[]", out, require_writable=True)
        check(lib.cloak_gaussian_fill(self.sigma, self.suite, ffi.NULL, place, len(out)), "suite")
        return out

    def stream(self, key: bytes, count: int) -> NDArray[np.int32]:
        """The first samples of a key, always the same: for vectors and simulations. The key is secret if the noise is to be."""
        out = np.empty(count, dtype=np.int32)
        place = ffi.from_buffer("int32_t[]", out, require_writable=True)
        data = ffi.from_buffer("uint8_t[]", _key(key))
        check(lib.cloak_gaussian_stream(self.sigma, self.suite, data, place, len(out)), "suite")
        return out

    @staticmethod
    def statistical_distance(samples: int) -> float:
        """A bound on the statistical distance of this many samples of one key from the true distribution."""
        out = ffi.new("double *")
        check(lib.cloak_gaussian_statistical_distance(whole_number("samples", samples), out), "samples")
        return float(out[0])

    def __repr__(self) -> str:
        return f"DiscreteGaussian({self.sigma})"


def _key(key: bytes) -> bytes:
    if len(key) > 32:
        raise PrivacyError(Status.INVALID_LENGTH, f"has {len(key)} bytes, expected 32", bound=32, argument="key")
    return bytes(key).ljust(32, b"\0")


def discrete_gaussian_vartime(variance: Fraction | int, count: int) -> NDArray[np.int64]:
    """Exact samples of N_Z(0, variance) (Canonne, Kamath, Steinke, NeurIPS 2020). The time depends on them.

    Args:
        variance: above 0; its numerator and denominator are at most 2^48.
        count: how many.
    """
    return _exact(lib.cloak_discrete_gaussian_vartime, "variance", variance, count)


def discrete_laplace_vartime(scale: Fraction | int, count: int) -> NDArray[np.int64]:
    """Exact samples of the discrete Laplace distribution, P(x) proportional to exp(-|x| / scale). The time depends on them."""
    return _exact(lib.cloak_discrete_laplace_vartime, "scale", scale, count)


def skellam_vartime(variance: Fraction | int, count: int) -> NDArray[np.int64]:
    """Exact samples of a Skellam distribution: differences of two Poisson numbers of mean variance / 2. The time depends on them."""
    return _exact(lib.cloak_skellam_vartime, "variance", variance, count)


def _exact(call: Any, name: str, ratio: Fraction | int, count: int) -> NDArray[np.int64]:  # noqa: ANN401 - a C function
    exact = Fraction(ratio)
    if exact < 0 or max(exact.numerator, exact.denominator) > 1 << 48:
        message = "must be a fraction from 0 on whose numerator and denominator are at most 2^48; round it, such as with limit_denominator"
        raise PrivacyError(Status.INVALID_MECHANISM, message, bound=2.0**48, argument=name)
    out = np.empty(count, dtype=np.int64)
    place = ffi.from_buffer("int64_t[]", out, require_writable=True)
    check(call(exact.numerator, exact.denominator, ffi.NULL, place, len(out)), name)
    return out
