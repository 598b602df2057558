"""Chunked and local decoding equal one call of the decoder over all frames."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.trainer.model.test_model import narrow
from trainer.config import preset
from trainer.model import Model
from trainer.model.kernels.chunked_decoding import changed_ranges, decode_range

MODULES = (1, 2, 3)
SAMPLES = 24_007


@pytest.fixture(scope="module", params=["spectral", "paper"])
def model(request: pytest.FixtureRequest) -> Model:
    torch.manual_seed(0)
    model = Model(preset("tiny") if request.param == "spectral" else narrow("sim"))
    for module in MODULES:
        model.add_decoder(module)
    return model.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def latents(model: Model) -> list[torch.Tensor]:
    wave = np.random.default_rng(0).normal(size=SAMPLES).astype(np.float32)
    shapes = [posterior.mean.shape for posterior in model.encode(wave)]
    return [torch.randn(shape, generator=torch.Generator().manual_seed(1)) for shape in shapes]


def assert_same(waveform: torch.Tensor, expected: torch.Tensor, peak: torch.Tensor) -> None:
    """Equal within 1e-4 of `peak`: with initial weights the output is quiet."""
    torch.testing.assert_close(waveform, expected, atol=1e-4 * float(peak), rtol=0)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    "sample_range", [(0, 1), (0, 900), (7_003, 12_345), (SAMPLES - 1, SAMPLES), (SAMPLES - 4_000, SAMPLES)]
)
def test_decode_range_equals_slice_of_whole_decoding(
    model: Model, latents: list[torch.Tensor], module: int, sample_range
) -> None:
    whole = model.decode(module, latents[module - 1], SAMPLES)
    part = decode_range(model.decoders[str(module)], latents[module - 1], SAMPLES, *sample_range)
    assert len(part) == sample_range[1] - sample_range[0]
    assert_same(part, whole[slice(*sample_range)], whole.abs().max())


@pytest.mark.parametrize("module", MODULES)
def test_decode_range_decodes_only_frames_within_receptive_field(
    model: Model, latents: list[torch.Tensor], module: int
) -> None:
    decoder = model.decoders[str(module)]
    frame_counts: list[int] = []
    hook = decoder.register_forward_pre_hook(lambda _, inputs: frame_counts.append(inputs[0].shape[2]))
    decode_range(decoder, latents[module - 1], SAMPLES, 12_000, 12_100)
    hook.remove()
    hop = model.geometry[module - 1].hop
    assert frame_counts[0] * hop <= 100 + 2 * decoder.receptive_field + 2 * decoder.hop < SAMPLES


@pytest.mark.parametrize("module", MODULES)
def test_chunks_equal_whole_decoding(
    model: Model, latents: list[torch.Tensor], module: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = model.decode(module, latents[module - 1], SAMPLES)
    monkeypatch.setattr("trainer.model.model.CHUNK_SECONDS", 0.1)
    assert_same(model.decode(module, latents[module - 1], SAMPLES), whole, whole.abs().max())
    part = model.decode(module, latents[module - 1], SAMPLES, sample_range=(5_000, 15_001))
    assert_same(part, whole[5_000:15_001], whole.abs().max())


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("at", [0.0, 0.3, 0.999])
def test_spliced_local_edit_equals_whole_decoding(
    model: Model, latents: list[torch.Tensor], module: int, at: float
) -> None:
    unedited, hop = latents[module - 1], model.geometry[module - 1].hop
    edited = unedited.clone()
    first = int(at * unedited.shape[1])
    edited[2, first : first + max(1, 800 // hop)] += 3.0
    calls: list[bool] = []

    def unedited_waveform() -> torch.Tensor:
        calls.append(True)
        return model.decode(module, unedited, SAMPLES)

    spliced = model.decode_edited(module, edited, unedited, SAMPLES, unedited_waveform)
    whole = model.decode(module, edited, SAMPLES)
    assert calls, "everything was decoded again"
    assert (whole - unedited_waveform()).abs().max() > 0.01 * whole.abs().max(), "the edit has no effect"
    assert_same(spliced, whole, whole.abs().max())


def test_samples_change_only_within_changed_ranges(model: Model, latents: list[torch.Tensor]) -> None:
    decoder, unedited = model.decoders["2"], latents[1]
    edited = unedited.clone()
    edited[0, [3, 290]] = 9.0
    ranges = changed_ranges(decoder, edited, unedited, 10 * SAMPLES)
    assert ranges is not None
    assert len(ranges) == 2, "separate edits have separate ranges"
    difference = (model.decode(2, edited, SAMPLES) - model.decode(2, unedited, SAMPLES)).abs()
    changed = difference > 1e-5 * difference.max()
    for start, stop in ranges:
        assert changed[start:stop].any()
        changed[start:stop] = False
    assert not changed.any()


def test_edit_of_all_frames_decodes_everything(model: Model, latents: list[torch.Tensor]) -> None:
    def unedited_waveform() -> torch.Tensor:
        raise AssertionError("the unedited waveform must not be requested")

    edited = latents[2] + 1.0
    waveform = model.decode_edited(3, edited, latents[2], SAMPLES, unedited_waveform)
    assert torch.equal(waveform, model.decode(3, edited, SAMPLES))


def test_unchanged_latents_return_copy_of_unedited_waveform(model: Model, latents: list[torch.Tensor]) -> None:
    waveform = torch.randn(SAMPLES)
    same = model.decode_edited(1, latents[0].clone(), latents[0], SAMPLES, lambda: waveform)
    assert torch.equal(same, waveform)
    assert same is not waveform
