"""Factor-aligned basis of latents that are a known rotation of known factors."""

import numpy as np
import pytest

from trainer.metrics.latents.factor_basis import FactorTarget, aligned_basis

N, DIMS = 4000, 7
RNG = np.random.default_rng(0)
ROTATION = np.linalg.qr(RNG.normal(size=(DIMS, DIMS)))[0]
PITCH = RNG.normal(size=N)
VOICED = RNG.random(N) < 0.7
VOWEL = RNG.integers(3, size=N)
CORNERS = 3 * np.array([[np.cos(angle), np.sin(angle)] for angle in 2 * np.pi * np.arange(3) / 3])
ALL = np.arange(N)


def latents() -> np.ndarray:
    """Pitch, voicing, three vowels in a plane and three dimensions of noise (sd 3, 2, 1), rotated [n, dims]."""
    axes = [PITCH, 2.0 * VOICED, *CORNERS[VOWEL].T, 3 * RNG.normal(size=N), 2 * RNG.normal(size=N), RNG.normal(size=N)]
    noise = 0.1 * RNG.normal(size=(N, DIMS))
    return (np.stack(axes, axis=1) + noise) @ ROTATION.T


def targets() -> list[FactorTarget]:
    voiced = np.where(VOICED, "voiced", "voiceless")
    return [
        FactorTarget("f0", 1, ALL[VOICED], PITCH[VOICED]),
        FactorTarget("voicing", 1, ALL, voiced),
        FactorTarget("vowel", 2, ALL, np.array(["a", "i", "u"])[VOWEL]),
    ]


@pytest.fixture(scope="module")
def found() -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    values = latents()
    basis, followed = aligned_basis(values, targets())
    return values, basis, followed


def test_first_axes_are_the_factors(found) -> None:
    _, basis, followed = found
    assert followed == ("f0", "voicing", "vowel", "vowel")
    assert basis @ basis.T == pytest.approx(np.eye(DIMS), abs=1e-10)
    along = basis @ ROTATION  # each axis in the coordinates of the factors
    assert along[0, 0] == pytest.approx(1, abs=0.01), "points to higher pitch"
    assert along[1, 1] == pytest.approx(1, abs=0.01), "points to voiced, the more frequent class"
    assert np.linalg.norm(along[2:4, 2:4]) == pytest.approx(np.sqrt(2), abs=0.02)


def test_remaining_axes_are_principal_components(found) -> None:
    values, basis, _ = found
    assert (values @ basis[4:].T).std(0) == pytest.approx([3, 2, 1], rel=0.05)
    assert np.abs(np.diag((basis @ ROTATION)[4:, 4:])) == pytest.approx([1, 1, 1], abs=0.02)


def test_basis_is_deterministic(found) -> None:
    values, basis, _ = found
    assert np.array_equal(aligned_basis(values, targets())[0], basis)


def test_constant_factors_are_skipped_and_axes_stay_orthonormal() -> None:
    values = latents()
    constant = [FactorTarget("f0", 1, ALL, np.ones(N)), FactorTarget("voicing", 1, ALL, np.full(N, "voiced"))]
    basis, followed = aligned_basis(values, constant)
    assert followed == ()
    assert (values @ basis.T).std(0) == pytest.approx(np.sqrt(np.linalg.eigvalsh(np.cov(values.T))[::-1]), rel=1e-3)
    many = [FactorTarget(f"f{k}", 2, ALL, RNG.normal(size=N)) for k in range(9)]
    basis, followed = aligned_basis(values, many)
    assert followed == tuple(f"f{k}" for k in range(DIMS)), "a quantity has one direction"
    assert basis @ basis.T == pytest.approx(np.eye(DIMS), abs=1e-10)
    names = np.array(list("abcdefghi"))[RNG.integers(9, size=N)]
    basis, followed = aligned_basis(values, [FactorTarget("phone", 99, ALL, names), *targets()])
    assert followed == ("phone",) * DIMS
