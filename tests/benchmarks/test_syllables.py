"""Scores of the syllables benchmark and their tables."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.scores import Score, read, table, write
from benchmarks.syllables import (
    DEVELOPMENT_FOLDS,
    LABELS,
    TEST_FOLDS,
    Clips,
    judge,
    measure,
    measure_latents,
    measure_log_mel,
    read_clips,
)
from benchmarks.tables import RESULT_PAGES, ablations, accuracies, filled, margins
from benchmarks.trainings import ROWS
from tests.trainer.tone_corpus import RATE, WORDS, write_syllables
from trainer import bundle
from trainer.config import override, preset
from trainer.metrics.probing.pooling import POOLINGS
from trainer.model import Model

VOWELS = np.array(["a", "i", "u"])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return read_clips(write_syllables(tmp_path_factory.mktemp("corpus") / "syllables"), RATE)


@pytest.fixture(scope="module")
def vowels(clips: Clips) -> Clips:
    return replace(clips, labels={"vowel": clips.labels["vowel"]})


@pytest.fixture
def bundles(tmp_path: Path) -> dict[int, Path]:
    """Random weights for each test fold, the first with a decoder."""
    for fold in TEST_FOLDS:
        torch.manual_seed(fold)
        model = Model(preset("tiny"))
        if fold == TEST_FOLDS[0]:
            model.add_decoder(3)
        bundle.save(tmp_path / str(fold), model.eval())
    return {fold: tmp_path / str(fold) for fold in TEST_FOLDS}


def vowel_features(clips: Clips, informative: np.ndarray) -> np.ndarray:
    """Pooled features that encode the vowel of the clips `informative` [n] and are random for the others."""
    rng = np.random.default_rng(0)
    named = (clips.labels["vowel"][:, None] == VOWELS).astype(np.float32)
    random = named[rng.permutation(len(named))]
    means = np.where(informative[:, None], named, random)
    return np.concatenate([means, rng.normal(size=means.shape)], axis=1).astype(np.float32)


def test_clips_have_words_labels_and_folds(clips: Clips) -> None:
    assert set(clips.words) == set(WORDS)
    assert len(clips.waveforms) == 4 * len(WORDS)
    assert set(clips.labels) == {"syllable", "vowel"}
    assert all(len(set(clips.folds[clips.words == word])) == 1 for word in WORDS)


def test_reported_representation_is_chosen_on_development_folds(vowels: Clips) -> None:
    """Module 2 is better on the test folds, the GRU on the development folds: the GRU is chosen. Module 1 is perfect
    but not a candidate.
    """
    every_clip, development = np.ones(len(vowels.words), dtype=bool), np.isin(vowels.folds, DEVELOPMENT_FOLDS)
    features = {
        "module 1": vowel_features(vowels, every_clip),
        "module 2": vowel_features(vowels, ~development),
        "GRU": vowel_features(vowels, every_clip & (development | (vowels.folds != 2))),
    }
    scores = judge("row", dict.fromkeys(TEST_FOLDS, features), vowels)
    (mean,) = [score for score in scores if score.pooling == "mean"]
    assert mean.representation == "GRU"
    assert mean.development == 1.0
    assert mean.accuracies["module 1"] == 1.0
    of = dict(zip(sorted({word for word in WORDS if word in vowels.words[~development]}), mean.of, strict=True))
    right = dict(zip(of, mean.right, strict=True))
    for word in of:
        (fold,) = set(vowels.folds[vowels.words == word])
        assert of[word] == 4
        assert fold == 2 or right[word] == 4
    wrong = sum(of[word] - right[word] for word in of)
    assert wrong > 0.3 * (vowels.folds == 2).sum()


def test_ties_go_to_the_deepest_and_each_fold_uses_its_bundle(vowels: Clips) -> None:
    plain, noise = vowel_features(vowels, vowels.folds >= 0), vowel_features(vowels, vowels.folds < 0)
    features = {fold: {"module 2": plain, "module 3": plain} for fold in TEST_FOLDS}
    assert {score.representation for score in judge("row", features, vowels)} == {"module 3"}
    features = {fold: {"module 1": noise if fold == 3 else plain} for fold in TEST_FOLDS}
    score = judge("cpc", features, vowels)[0]
    assert score.representation == "module 1"
    tested = np.isin(vowels.folds, TEST_FOLDS)
    expected = (vowels.folds[tested] != 3).mean()
    assert expected < sum(score.right) / sum(score.of) < expected + 0.6 * (1 - expected)


def test_scores_are_stored_and_tabulated(clips: Clips, bundles: dict[int, Path], tmp_path: Path) -> None:
    measured = measure("sim", bundles, clips)
    file = write(tmp_path / "results", "sim", measured, seconds=600)
    write(tmp_path / "results", "log-mel", measure_log_mel(clips))
    assert json.loads(file.read_text())["beside"] == {"seconds": 600}
    scores = read(tmp_path / "results")
    assert [score.row for score in scores[::4]] == ["log-mel", "sim", "untrained sim"]
    assert scores[4:] == measured
    assert {score.representation for score in scores[4:]} <= {"module 2", "module 3"}
    lines = {(line["row"], line["label"], line["pooling"]): line for line in table(scores)}
    log_mel = lines["log-mel", "vowel", "mean"]
    assert log_mel["accuracy"] == 1.0
    assert log_mel["over_log_mel"] is log_mel["over_own_untrained"] is None
    for (row, label, pooling), line in lines.items():
        assert line["n"] == np.isin(clips.folds, TEST_FOLDS).sum()
        assert line["low"] <= line["accuracy"] <= line["high"]
        if row == "sim":
            other = lines["log-mel", label, pooling]
            assert line["over_log_mel"][0] == pytest.approx(line["accuracy"] - other["accuracy"])
            assert line["over_own_untrained"] is not None
            assert line["over_untrained"] is None, "`untrained` was not measured"


def test_row_of_one_fold_is_paired_on_its_words(clips: Clips, bundles: dict[int, Path]) -> None:
    lines = table([*measure_log_mel(clips), *measure("gim", {3: bundles[3]}, clips)])
    (line,) = (line for line in lines if (line["row"], line["label"], line["pooling"]) == ("gim", "vowel", "mean"))
    assert line["n"] == (clips.folds == 3).sum()
    assert line["over_log_mel"][0] == pytest.approx(line["accuracy"] - 1.0), "log-mel is perfect"
    with pytest.raises(ValueError, match="no bundle for any of the folds 2, 3, 4"):
        measure("sim", {0: bundles[2]}, clips)


def test_scores_on_different_words_raise() -> None:
    one = Score("sim", "vowel", "mean", "GRU", 0.5, [1, 2], [3, 3], {})
    with pytest.raises(ValueError, match="not measured on the same recordings"):
        table([one, replace(one, row="log-mel", of=[3, 4])])
    (line, _) = table([one, replace(one, row="log-mel", right=[0, 1])])
    assert line["over_log_mel"] == pytest.approx([1 / 3] * 3)  # better by one of three examples in every word


def test_latents_are_measured_for_each_bundle(clips: Clips, bundles: dict[int, Path]) -> None:
    lines = measure_latents("sim", bundles, clips, pairs=5)
    used = [line for line in lines if "active" in line]
    assert [(line["fold"], line["module"]) for line in used] == [(f, m) for f in TEST_FOLDS for m in (1, 2, 3)]
    assert all(0 <= line["active"] <= line["dims"] == 8 and line["kl_per_frame"] > 0 for line in used)
    scored = [line for line in lines if "ics" in line]
    assert {(line["fold"], line["module"]) for line in scored} == {(2, 3)}
    assert [line["ics"]["swapped"] for line in scored] == [2, 4, 8]
    assert scored[-1]["ics"]["waveform"]["mean"] == 0.0


def test_accuracy_tables_are_made_of_the_scores(tmp_path: Path) -> None:
    bar = Score("log-mel", "syllable", "mean", "log-mel", 0.8, [8, 8], [10, 10], {})
    row = replace(bar, row="sim-plus", representation="module 2", right=[9, 9])
    for one in (bar, row):
        every = [replace(one, label=label, pooling=pooling) for label in LABELS for pooling in POOLINGS]
        runs = [{"seconds": 600.0, "hidden": [192, 384]}] if one is row else []
        write(tmp_path, one.row, every, runs=runs)
    text = accuracies(tmp_path)
    assert "| log-mel |  | 20 | 80.0 [80.0, 80.0] |" in text
    assert "| sim-plus | 192/384; 1; 10.0 | 20 | 90.0 [90.0, 90.0] (2) |" in text
    assert "| syllable | mean | 20 | 90.0 [90.0, 90.0] (2) | +10.0 [+10.0, +10.0] |" in margins(tmp_path)


def test_ablations_are_compared_with_half_the_steps_on_their_words(tmp_path: Path) -> None:
    whole = Score("sim-plus (half the steps)", "syllable", "mean", "module 2", 0.8, [8, 10], [10, 10], {})
    without = replace(whole, row="sim-plus (one view)", representation="module 3", right=[7, 0], of=[10, 0])
    for one, seeds in ((whole, (2, 3)), (without, (2,))):
        runs = [{"seed": seed} for seed in seeds]
        write(tmp_path, one.row, [replace(one, pooling=pooling) for pooling in POOLINGS], runs=runs)
    text = ablations(tmp_path)
    assert "| half the steps | 2, 3 | 20 | 90.0 [80.0, 100.0] (2) |  |" in text
    assert "| one view | 2 | 10 | 70.0 [70.0, 70.0] (3) | -10.0 [-10.0, -10.0] |" in text
    assert "no batch norm" not in text


def test_result_pages_contain_the_tables_of_the_results() -> None:
    pages = sorted(RESULT_PAGES.glob("*.md"))
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert filled(text) == text, f"{page.name}: run python -m benchmarks tables"


@pytest.mark.parametrize("name", ROWS)
def test_settings_of_every_training_are_valid_for_its_preset(name: str) -> None:
    training = ROWS[name]
    assert override(preset(training.preset), {**training.settings, "training.steps": training.steps})
