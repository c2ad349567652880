"""The vectors of the private vector and of discrete noise, which an independent program wrote, through the surface of the library."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cloakwork.errors import CloakworkError, Status
from cloakwork.privacy import Contribution, DiscreteGaussian, decode, hadamard
from secagg_vectors import Tape, load, mechanism, real, reals

PRIVATE = load("private.json")


@pytest.mark.parametrize("entry", PRIVATE["contributions"], ids=lambda entry: entry["name"])
def test_contributions(entry: dict[str, Any]) -> None:
    parameters, rotation = mechanism(entry["mechanism"]), bytes.fromhex(entry["rotation"])
    contribution = Contribution(parameters, entry["bits"], rotation, entry["suite"])
    tape = Tape(bytes.fromhex(entry["rng_tape"]))
    contribution._random = tape.pointer
    for part in entry["parts"]:
        contribution.add(reals(part))
    assert tape.rest == b""
    residues = contribution.residues()
    assert [str(residue) for residue in residues.tolist()] == entry["residues"]
    found = decode(parameters, entry["bits"], rotation, residues, entry["suite"])
    assert found.tobytes() == reals(entry["values"]).tobytes()


@pytest.mark.parametrize("entry", PRIVATE["refused"]["values"], ids=lambda entry: entry["name"])
def test_values_that_are_refused(entry: dict[str, Any]) -> None:
    contribution = Contribution(mechanism(PRIVATE["refused"]["mechanism"]), PRIVATE["refused"]["bits"], bytes(32))
    with pytest.raises(CloakworkError) as refused:
        contribution.add(reals(entry["values"]))
    assert refused.value.code == entry["error"]
    assert contribution.added == 0
    with pytest.raises(CloakworkError) as missing:
        contribution.residues()
    assert missing.value.code == Status.OUT_OF_ORDER


def test_samples_of_a_key() -> None:
    samples = load("gaussian.json")["samples"]
    assert len(samples) > 10
    for entry in samples:
        noise = DiscreteGaussian(real(entry["ieee754"]), entry["suite"])
        assert noise.stream(bytes.fromhex(entry["key"]), len(entry["samples"])).tolist() == entry["samples"]


def test_transforms_and_rotations() -> None:
    """Floats are compared by their bits."""
    kinds = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64}
    entries = load("hadamard.json")["transforms"]
    assert {entry["number"] for entry in entries} == set(kinds)
    for entry in entries:
        kind = np.dtype(kinds[entry["number"]])
        found, expected = (_numbers(entry[name], kind) for name in ("input", "output"))
        if entry["function"] == "transform":
            hadamard.transform(found, orthonormal=entry["orthonormal"])
        else:
            call = {"rotate": hadamard.rotate, "unrotate": hadamard.unrotate}[entry["function"]]
            seed, first = bytes.fromhex(entry["seed"]), int(entry["first"])
            call(found, seed, suite=entry["suite"], first=first, orthonormal=entry["orthonormal"])
        assert found.tobytes() == expected.tobytes()


def _numbers(values: list[str], kind: np.dtype) -> np.ndarray:
    """Integers in decimal, floats as the bits of their value, in hexadecimal."""
    if kind.kind == "i":
        return np.array([int(value) for value in values], dtype=kind)
    return np.array([int(value, 16) for value in values], dtype=f"u{kind.itemsize}").view(kind)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int32, np.int64])
def test_known_transforms(kind: type) -> None:
    cases = [
        ([1, 2, 3, 4], [10, -2, -4, 0]),
        ([3, -1, 2, 0, -4, 5, 1, 1], [7, -3, -1, -7, 1, 15, 1, 11]),
        ([1] * 8, [8] + [0] * 7),
        ([1, 0, 0, 0], [1, 1, 1, 1]),
        ([7], [7]),
    ]
    for given, expected in cases:
        found = np.array(given, dtype=kind)
        hadamard.transform(found, orthonormal=False)
        assert found.tolist() == expected
        hadamard.transform(found, orthonormal=False)
        assert found.tolist() == [len(given) * value for value in given]


def test_orthonormal_transforms_and_rotations() -> None:
    from scipy.linalg import hadamard as matrix

    found = np.array([1.0, 2, 3, 4])
    hadamard.transform(found)
    assert found.tolist() == [5, -1, -2, 0]
    generator = np.random.default_rng(7)
    for length in (2, 64, 1024):
        given = generator.normal(size=length)
        found = given.copy()
        hadamard.transform(found)
        np.testing.assert_allclose(found, matrix(length) @ given / length**0.5, atol=1e-12)
        seed = generator.bytes(32)
        for suite in (1, 2):
            rotated, signs = given.copy(), np.ones(length)
            hadamard.rotate(rotated, seed, suite=suite)
            hadamard.rotate(signs, seed, suite=suite, orthonormal=False)
            hadamard.transform(signs, orthonormal=False)
            signs /= length
            assert set(np.abs(signs)) == {1.0}
            np.testing.assert_allclose(rotated, matrix(length) @ (signs * given) / length**0.5, atol=1e-12)
            hadamard.unrotate(rotated, seed, suite=suite)
            np.testing.assert_allclose(rotated, given, atol=1e-12)


def test_a_rotation_in_blocks_goes_on_with_the_signs() -> None:
    seed, whole = bytes(range(32)), np.ones(1024)
    hadamard.rotate(whole, seed, orthonormal=False)
    hadamard.transform(whole, orthonormal=False)
    for first in (0, 256, 768):
        block = np.ones(256)
        hadamard.rotate(block, seed, first=first, orthonormal=False)
        hadamard.transform(block, orthonormal=False)
        np.testing.assert_array_equal(block / 256, whole[first : first + 256] / 1024)


def test_exact_samplers_have_the_right_moments() -> None:
    """A mean beyond 6 and a variance beyond 6 standard deviations: together below 10^-8 each time."""
    from cloakwork.privacy import discrete_gaussian_vartime, discrete_laplace_vartime, skellam_vartime

    count = 20_000
    for samples, variance, fourth in [
        (discrete_gaussian_vartime(100, count), 100.0, 30_000.0),
        (discrete_gaussian_vartime(Fraction(1, 2), count), 0.49897913083282046, 0.75701296732381),
        (discrete_laplace_vartime(10, count), 199.833416634, 6 * 199.833416634**2),
        (skellam_vartime(Fraction(9, 2), count), 4.5, 4.5 + 3 * 4.5**2),
    ]:
        assert abs(samples.mean()) < 6 * (variance / count) ** 0.5
        assert abs(samples.var() - variance) < 6 * ((fourth - variance**2) / count) ** 0.5
