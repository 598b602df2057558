"""Fine-tuned probes find information that the mean does not contain, and none in noise."""

import numpy as np
import pytest
import torch

from trainer.config import preset
from trainer.evaluation.probing import fine_tuned_probe
from trainer.evaluation.probing.fine_tuned_probe import ClipSpans, fine_tuned_log_probabilities
from trainer.metrics.probing.pooling import WHOLE_CLIP
from trainer.metrics.probing.trained_probe import train_probe
from trainer.model import Model

CLIPS, FRAMES, HOP = 60, 120, 20
predict = fine_tuned_probe._predict


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    return Model(preset("tiny")).eval()


def rhythm(seed: int = 0) -> tuple[list[torch.Tensor], np.ndarray]:
    """Latents of module 1 with one dimension that alternates every frame or every fourth: equal mean and variance."""
    rng = np.random.default_rng(seed)
    classes = np.arange(CLIPS) % 2
    signs = [np.where(np.arange(FRAMES) // (4 if one else 1) % 2, 1.0, -1.0) for one in classes]
    clips = [0.3 * rng.normal(size=(8, FRAMES)) for _ in classes]
    for clip, sign in zip(clips, signs, strict=True):
        clip[2] += 1.5 * sign
    return [torch.tensor(clip, dtype=torch.float32) for clip in clips], classes


def information(log_probabilities: np.ndarray, classes: np.ndarray) -> float:
    """Bits about two equally frequent classes, at most 1."""
    return 1 + float(np.take_along_axis(log_probabilities, classes[:, None], 1).mean()) / np.log(2)


def split() -> tuple[np.ndarray, np.ndarray]:
    numbers = np.arange(CLIPS)
    return numbers < 40, numbers % 5 == 0


def test_modules_above_learn_what_the_mean_does_not_show(model: Model) -> None:
    clips, classes = rhythm()
    means = np.stack([clip.mean(1).numpy() for clip in clips])
    assert np.abs(means[classes == 0].mean(0) - means[classes == 1].mean(0)).max() < 0.05
    train, validation = split()
    examples = ClipSpans(np.arange(CLIPS), [WHOLE_CLIP] * CLIPS, classes)
    before = [value.clone() for value in model.encoder.state_dict().values()]
    predicted = fine_tuned_log_probabilities(model, 1, clips, examples, train, validation)
    assert predicted.shape == (20, 2)
    assert np.exp(predicted).sum(1) == pytest.approx(np.ones(20))
    assert information(predicted, classes[~train]) > 0.5
    assert np.array_equal(fine_tuned_log_probabilities(model, 1, clips, examples, train, validation), predicted)
    after = model.encoder.state_dict().values()
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True)), "only copies are trained"


def test_unrelated_classes_give_no_information(model: Model) -> None:
    clips, _ = rhythm()
    train, validation = split()
    classes = np.random.default_rng(1).integers(2, size=CLIPS)
    predicted = fine_tuned_log_probabilities(
        model, 1, clips, ClipSpans(np.arange(CLIPS), [WHOLE_CLIP] * CLIPS, classes), train, validation
    )
    assert information(predicted, classes[~train]) < 0.1


def test_spans_are_classified_independently_of_padding(model: Model) -> None:
    rng = np.random.default_rng(0)
    rate = model.config.sample_rate
    half = FRAMES // 2 * model.geometry[0].hop / rate
    clips = []
    for number in range(CLIPS):
        clip = 0.3 * rng.normal(size=(8, FRAMES if number % 3 else 2 * FRAMES))
        clip[2, : FRAMES // 2] += 2
        clips.append(torch.tensor(clip, dtype=torch.float32))
    clip = np.repeat(np.arange(CLIPS), 2)
    examples = ClipSpans(clip, [(0.0, half), (half, None)] * CLIPS, np.tile([0, 1], CLIPS))
    train, validation = clip < 40, clip % 5 == 0
    predicted = fine_tuned_log_probabilities(model, 1, clips, examples, train, validation)
    assert information(predicted, examples.classes[~train]) > 0.8


def test_it_is_not_below_a_linear_probe_of_the_module(model: Model) -> None:
    """The label is a sum of dimensions of the module, which random modules above pass on only in part."""
    rng = np.random.default_rng(4)
    count, frames = 600, 30
    clips = [
        torch.tensor(rng.normal(size=(8, frames)) + rng.normal(size=(8, 1)), dtype=torch.float32) for _ in range(count)
    ]
    means = np.stack([clip.mean(1).numpy() for clip in clips])
    classes = (means.sum(1) + 0.5 * rng.normal(size=count) > 0).astype(np.int64)
    train, validation = np.arange(count) < 400, np.arange(count) % 4 == 0
    examples = ClipSpans(np.arange(count), [WHOLE_CLIP] * count, classes)
    tuned = fine_tuned_log_probabilities(model, 1, clips, examples, train, validation)
    linear = train_probe(means[train], classes[train], validation[train], 2, None)(means[~train])
    assert information(linear, classes[~train]) > 0.5
    assert information(tuned, classes[~train]) > information(linear, classes[~train]) - 0.05


@pytest.mark.parametrize("seed", range(4))
def test_it_starts_no_worse_than_a_linear_probe_of_the_module(model: Model, monkeypatch, seed: int) -> None:
    """On the validation examples, also if the deepest frames, which random modules make, add little but overfitting."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(2, size=240)
    clips = [torch.tensor(rng.normal(size=(8, 4)), dtype=torch.float32) for _ in classes]
    for clip, one in zip(clips, classes.tolist(), strict=True):
        clip[2] += 2 * one - 1
    train, validation = np.arange(240) < 200, np.arange(240) % 4 == 0
    means = np.stack([clip.mean(1).numpy() for clip in clips])
    linear = train_probe(means[train], classes[train], validation[train], 2, None)
    monkeypatch.setattr(fine_tuned_probe, "_EPOCHS", 0)
    # The validation examples are those tested, so the result is that of the start on them
    examples = ClipSpans(np.arange(240), [WHOLE_CLIP] * 240, classes)
    held_out = train & validation
    monkeypatch.setattr(
        fine_tuned_probe, "_predict", lambda probe, clips, examples, mask: predict(probe, clips, examples, held_out)
    )
    started = fine_tuned_log_probabilities(model, 1, clips, examples, train, validation)
    alone = information(linear(means[held_out]), classes[held_out])
    assert alone > 0.3
    assert information(started, classes[held_out]) >= alone - 1e-4


def test_training_examples_without_validation_groups_are_split(model: Model) -> None:
    clips, classes = rhythm()
    train, _ = split()
    examples = ClipSpans(np.arange(CLIPS), [WHOLE_CLIP] * CLIPS, classes)
    predicted = fine_tuned_log_probabilities(model, 1, clips, examples, train, np.zeros(CLIPS, dtype=bool))
    assert predicted.shape == (20, 2)


def test_deepest_module_raises(model: Model) -> None:
    clips, classes = rhythm()
    with pytest.raises(ValueError, match="no module above module 3; use a linear probe"):
        fine_tuned_log_probabilities(
            model, 3, clips, ClipSpans(np.arange(CLIPS), [WHOLE_CLIP] * CLIPS, classes), *split()
        )
