"""Part of a sound from part of the latents: the same samples as from all of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.trainer.model.test_model import narrow
from trainer.config import preset
from trainer.model import Model
from trainer.model.kernels.chunked_decoding import decode_between, spans_to_decode

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


def assert_same(sound: torch.Tensor, expected: torch.Tensor, peak: torch.Tensor) -> None:
    """Alike to a ten-thousandth of the `peak`: fresh weights whisper."""
    torch.testing.assert_close(sound, expected, atol=1e-4 * float(peak), rtol=0)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    "span", [(0, 1), (0, 900), (7_003, 12_345), (SAMPLES - 1, SAMPLES), (SAMPLES - 4_000, SAMPLES)]
)
def test_a_part_is_that_part_of_the_whole(model: Model, latents: list[torch.Tensor], module: int, span) -> None:
    whole = model.decode(module, latents[module - 1], SAMPLES)
    part = decode_between(model.decoders[str(module)], latents[module - 1], SAMPLES, *span)
    assert len(part) == span[1] - span[0]
    assert_same(part, whole[slice(*span)], whole.abs().max())


@pytest.mark.parametrize("module", MODULES)
def test_a_part_takes_no_more_frames_than_reach_it(model: Model, latents: list[torch.Tensor], module: int) -> None:
    decoder = model.decoders[str(module)]
    taken: list[int] = []
    hook = decoder.register_forward_pre_hook(lambda _, inputs: taken.append(inputs[0].shape[2]))
    decode_between(decoder, latents[module - 1], SAMPLES, 12_000, 12_100)
    hook.remove()
    hop = model.geometry[module - 1].hop
    assert taken[0] * hop <= 100 + 2 * decoder.reach + 2 * decoder.grain_samples < SAMPLES


@pytest.mark.parametrize("module", MODULES)
def test_a_long_recording_is_decoded_in_pieces_without_a_seam(
    model: Model, latents: list[torch.Tensor], module: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = model.decode(module, latents[module - 1], SAMPLES)
    monkeypatch.setattr("trainer.model.model.PIECE_SECONDS", 0.1)
    assert_same(model.decode(module, latents[module - 1], SAMPLES), whole, whole.abs().max())
    part = model.decode(module, latents[module - 1], SAMPLES, between=(5_000, 15_001))
    assert_same(part, whole[5_000:15_001], whole.abs().max())


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("at", [0.0, 0.3, 0.999])
def test_a_local_edit_is_spliced_without_a_seam(
    model: Model, latents: list[torch.Tensor], module: int, at: float
) -> None:
    before, hop = latents[module - 1], model.geometry[module - 1].hop
    edited = before.clone()
    first = int(at * before.shape[1])
    edited[2, first : first + max(1, 800 // hop)] += 3.0
    asked: list[bool] = []

    def unedited() -> torch.Tensor:
        asked.append(True)
        return model.decode(module, before, SAMPLES)

    spliced = model.decode_edited(module, edited, before, SAMPLES, unedited)
    whole = model.decode(module, edited, SAMPLES)
    assert asked, "decoded all of it"
    assert (whole - unedited()).abs().max() > 0.01 * whole.abs().max(), "the edit is not heard"
    assert_same(spliced, whole, whole.abs().max())


def test_no_sound_changes_outside_the_spans_and_edits_far_apart_have_their_own(
    model: Model, latents: list[torch.Tensor]
) -> None:
    decoder, before = model.decoders["2"], latents[1]
    edited = before.clone()
    edited[0, [3, 290]] = 9.0
    spans = spans_to_decode(decoder, edited, before, 10 * SAMPLES)
    assert spans is not None
    assert len(spans) == 2
    difference = (model.decode(2, edited, SAMPLES) - model.decode(2, before, SAMPLES)).abs()
    changed = difference > 1e-5 * difference.max()
    for start, stop in spans:
        assert changed[start:stop].any()
        changed[start:stop] = False
    assert not changed.any()


def test_an_edit_of_everything_is_decoded_as_a_whole(model: Model, latents: list[torch.Tensor]) -> None:
    def unedited() -> torch.Tensor:
        raise AssertionError("the unedited sound is of no use here")

    edited = latents[2] + 1.0
    sound = model.decode_edited(3, edited, latents[2], SAMPLES, unedited)
    assert torch.equal(sound, model.decode(3, edited, SAMPLES))


def test_nothing_changed_is_the_unedited_sound(model: Model, latents: list[torch.Tensor]) -> None:
    sound = torch.randn(SAMPLES)
    same = model.decode_edited(1, latents[0].clone(), latents[0], SAMPLES, lambda: sound)
    assert torch.equal(same, sound)
    assert same is not sound
