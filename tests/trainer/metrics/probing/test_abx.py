"""ABX errors where they are known."""

import numpy as np
import pytest
from scipy.stats import norm

from trainer.metrics.probing.abx import Triples, abx_estimate, draw_triples, triple_errors


def gaussian_corpus(apart: float, speakers: int = 12, each: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Phones a ~ N(0, 1) and b ~ N(apart, 1), their speakers, and the values."""
    rng = np.random.default_rng(0)
    phones = np.repeat(["a", "b"], speakers * each)
    names = np.tile(np.repeat([f"s{n}" for n in range(speakers)], each), 2)
    return phones, names, rng.normal(size=len(phones)) + apart * (phones == "b")


def errors_of(values: np.ndarray, triples: Triples) -> np.ndarray:
    x = values[triples.x]
    return triple_errors(np.abs(x - values[triples.a]), np.abs(x - values[triples.b]))


def exact_error(apart: float) -> float:
    """(A - X)^2 > (B - X)^2 if and only if (A - B)(A + B - 2 X) > 0. With A, X ~ N(0, 1) and B ~ N(apart, 1) the
    factors are independent, N(-apart, 2) and N(apart, 6).
    """
    first, second = norm.cdf(-apart / np.sqrt(2)), norm.cdf(apart / np.sqrt(6))
    return first * second + (1 - first) * (1 - second)


@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("apart", [0.0, 1.0, 3.0])
def test_equals_the_exact_error_of_two_gaussians(apart: float, across: bool) -> None:
    phones, speakers, values = gaussian_corpus(apart)
    triples = draw_triples(phones, speakers, 4000, across=across)
    found = abx_estimate(triples, errors_of(values, triples))
    assert found.mean == pytest.approx(exact_error(apart), abs=0.03)
    assert found.low < exact_error(apart) < found.high


def test_ties_count_half() -> None:
    assert triple_errors(np.array([1.0, 2.0, 2.0]), np.array([2.0, 1.0, 2.0])).tolist() == [0, 1, 0.5]


@pytest.mark.parametrize("across", [True, False])
def test_triples_have_the_phones_and_speakers_they_should(across: bool) -> None:
    phones, speakers, _ = gaussian_corpus(1.0, speakers=4, each=3)
    triples = draw_triples(phones, speakers, 50, across=across)
    assert (phones[triples.a] == phones[triples.x]).all()
    assert (phones[triples.a] != phones[triples.b]).all()
    assert (speakers[triples.a] == speakers[triples.b]).all()
    assert ((speakers[triples.a] != speakers[triples.x]) == across).all()
    assert (triples.a != triples.x).all()


def test_every_pair_of_phones_counts_the_same() -> None:
    """Pair 0 has three triples without errors, pair 1 one with an error."""
    zeros = np.zeros(4, dtype=np.int64)
    triples = Triples(zeros, zeros, zeros, np.array([0, 0, 0, 1]), zeros, zeros)
    assert abx_estimate(triples, np.array([0.0, 0, 0, 1])).mean == 0.5


def test_interval_is_over_speakers() -> None:
    """All triples of a speaker are equal: the interval must be that of a mean of as many values as speakers."""
    rng, speakers = np.random.default_rng(2), 40
    of_speaker = (rng.random(speakers) < 0.5).astype(float)
    speaker = np.repeat(np.arange(speakers), 100)
    zeros = np.zeros(len(speaker), dtype=np.int64)
    triples = Triples(zeros, zeros, zeros, zeros, speaker, speaker)
    found = abx_estimate(triples, of_speaker[speaker])
    expected = 1.96 * of_speaker.std() / np.sqrt(speakers)
    assert (found.high - found.low) / 2 == pytest.approx(expected, rel=0.15)


def test_speakers_who_share_no_phone_are_refused() -> None:
    with pytest.raises(ValueError, match="two speakers"):
        draw_triples(np.array(["a", "b"]), np.array(["s", "s"]), 5, across=True)
    with pytest.raises(ValueError, match="twice"):
        draw_triples(np.array(["a", "b"]), np.array(["s", "s"]), 5, across=False)
