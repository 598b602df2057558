"""Representations of a model, pooled."""

import numpy as np
import pytest
import torch

from tests.signals import white_noise
from trainer.config import ContextConfig, preset
from trainer.evaluation.representations import model_source, untrained_model
from trainer.metrics.probing.pooling import (
    GRU,
    LOG_MEL,
    MATCHED_WINDOW,
    WHOLE_CLIP,
    log_mel_source,
    pool_clips,
    with_matched_windows,
)
from trainer.model import Model

TINY = preset("tiny")
WITH_GRU = TINY.model_copy(
    update={"encoder": TINY.encoder.model_copy(update={"context": ContextConfig(hidden=6)}), "loudness_dbfs": None}
)
RATE = TINY.sample_rate


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return white_noise(samples / RATE, RATE, level=0.1, seed=seed).astype(np.float32)


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    return Model(WITH_GRU).eval()


def test_source_has_every_module_and_the_gru(model: Model) -> None:
    found = pool_clips([model_source(model, "x ")], [(noise(8000), [WHOLE_CLIP])])
    assert {name: values.shape for name, values in found.items()} == {
        "x module 1": (1, 16),
        "x module 2": (1, 16),
        "x module 3": (1, 16),
        f"x {GRU}": (1, 12),
    }
    posterior = model.encode(noise(8000))[1].mean
    assert found["x module 2"][0] == pytest.approx(torch.cat([posterior.mean(1), posterior.std(1, correction=0)]))
    with torch.inference_mode():
        context = model.encoder.contextualise(model.encode(noise(8000))[2].mean[None])[0]
    assert found[f"x {GRU}"][0, :6] == pytest.approx(context.mean(1).numpy(), abs=1e-6)


def test_batching_does_not_change_the_features(model: Model) -> None:
    lengths = (8000, 8000, 8000, 9000, 8000)
    clips = [(noise(length, seed), [WHOLE_CLIP]) for seed, length in enumerate(lengths)]
    together = pool_clips([model_source(model), log_mel_source(RATE)], clips)
    for index, clip in enumerate(clips):
        alone = pool_clips([model_source(model), log_mel_source(RATE)], [clip])
        for name, values in alone.items():
            assert together[name][index] == pytest.approx(values[0], abs=2e-4), name


def test_long_recording_is_encoded_in_pieces(model: Model) -> None:
    long = noise(25 * RATE)
    (row,) = pool_clips([model_source(model)], [(long, [WHOLE_CLIP])])["module 3"]
    assert row[:8] == pytest.approx(model.encode(long)[2].mean.mean(1).numpy(), abs=1e-6)


def test_no_spans_raise(model: Model) -> None:
    with pytest.raises(ValueError, match="nothing to pool"):
        pool_clips([model_source(model)], [])


def test_untrained_model_is_random_normalised_and_reproducible(model: Model) -> None:
    waveforms = [noise(12_000, seed) for seed in range(5)]
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, same, other = (untrained_model(TINY, waveforms, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(1), expected), "the global generator is not used"
    states = [untrained.encoder.state_dict() for untrained in (one, same, other)]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())
    assert not torch.equal(states[0]["stack.0.mean.weight"], states[2]["stack.0.mean.weight"])
    # On the same recordings the outputs of batch norm have mean 0 and variance 1
    outputs = []
    norm = next(part for part in one.modules() if isinstance(part, torch.nn.BatchNorm1d))
    norm.register_forward_hook(lambda _, __, output: outputs.append(output))
    for waveform in waveforms:
        one.encode(waveform)
    seen = torch.cat([output[0] for output in outputs])  # (frames, channels)
    assert seen.mean(0).abs().max() < 0.1
    assert seen.std(0).numpy() == pytest.approx(np.ones(norm.num_features), abs=0.1)
    assert not one.training
    assert untrained_model(WITH_GRU, waveforms, 0).encoder.context is not None


def test_matched_window_is_the_receptive_field_of_the_deepest_module(model: Model) -> None:
    wave, span = noise(12_000), (0.3, 0.4)
    deepest = model.geometry[-1]
    sources = [log_mel_source(RATE), model_source(model)]
    found = pool_clips([with_matched_windows(source, deepest) for source in sources], [(wave, [span, WHOLE_CLIP])])
    assert [name for name in found if name.startswith(MATCHED_WINDOW)] == [
        f"{MATCHED_WINDOW}{name}" for name in (LOG_MEL, "module 1", "module 2", "module 3")
    ]
    for name, field in {
        LOG_MEL: 401,
        **{f"module {n}": g.receptive_field for n, g in enumerate(model.geometry, 1)},
    }.items():
        more = (deepest.receptive_field - field) / 2 / RATE
        plain = pool_clips(sources, [(wave, [(span[0] - more, span[1] + more), WHOLE_CLIP])])[name]
        assert np.array_equal(found[f"{MATCHED_WINDOW}{name}"], plain), "a whole recording is not widened"
    assert np.array_equal(found[f"{MATCHED_WINDOW}module 3"], found["module 3"])
    assert not np.array_equal(found[f"{MATCHED_WINDOW}module 1"][0], found["module 1"][0])
