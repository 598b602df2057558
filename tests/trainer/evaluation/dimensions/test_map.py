"""Maps of recordings with known phones, and their figure."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.signals import square_wave
from tests.trainer.example_samples import LENGTH, synthetic_samples
from trainer import bundle
from trainer.audio import read_audio, write_flac
from trainer.bundle import Report
from trainer.bundle.files import write_json
from trainer.config import preset
from trainer.evaluation.dimensions.map import _labels, add_map
from trainer.evaluation.dimensions.top_activation_clips import example_clips
from trainer.evaluation.representations import target_loudness
from trainer.figures.map import map_figure
from trainer.figures.map_points import MAP_KEY, point_maps
from trainer.metrics.latents.umap import INSTALLED
from trainer.metrics.probing.pooling import normalise_loudness
from trainer.model import Model

RATE = 16_000
HERTZ = {"a": 200.0, "s": 3000.0}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with four examples: silence, two sounds of 0.3 s, silence."""
    folder = tmp_path_factory.mktemp("bundle") / "tiny"
    torch.manual_seed(0)
    bundle.save(folder, Model(preset("tiny")).eval())
    (folder / "examples").mkdir()
    examples = []
    for number, name in enumerate(("as", "sa", "aa", "ss")):
        quiet = np.zeros(round(0.1 * RATE))
        sounds = [square_wave(HERTZ[phone], 0.3, RATE, level=0.2) for phone in name]
        wave = np.concatenate([quiet, *sounds, quiet])
        write_flac(folder / "examples" / f"{name}.flac", wave.astype("f4"), RATE)
        phones = [("", 0.0, 0.1), (name[0], 0.1, 0.4), (name[1], 0.4, 0.7), ("", 0.7, 0.8)]
        spans = [dict(zip(("phone", "start", "end"), phone, strict=True)) for phone in phones]
        example = {"id": name, "file": f"{name}.flac", "label": name, "duration": 0.8, "speaker": f"s{number % 2}"}
        examples.append(example | {"rate": 100.0 + number, "phones": spans})
    write_json(folder / "examples" / "examples.json", examples)
    return folder


@pytest.fixture(scope="module")
def report(path: Path) -> Report:
    found, lines = add_map(Report(), path, bundle.load(path), synthetic_samples(1, 1))
    assert lines[0].endswith("from the bundle's 4 examples")
    assert (len(lines) == 1) == INSTALLED, "a missing package is reported"
    return found


def test_points_are_mean_latents_of_their_segments(path: Path, report: Report) -> None:
    maps = {one.unit: one for one in point_maps(report)}
    assert set(maps) == {"frame", "phone", "utterance"}
    phones = maps["phone"]
    assert phones.clips == ("as", "as", "sa", "sa", "aa", "aa", "ss", "ss")
    assert phones.start[:2] == (0.1, 0.4)
    assert phones.end[:2] == (0.4, 0.7)
    assert phones.labels["phone"] == ("a", "s", "s", "a", "a", "a", "s", "s")
    assert phones.labels["vowel"] == ("a", None, None, "a", "a", "a", None, None)
    assert phones.labels["speaker"] == ("s0", "s0", "s1", "s1", "s0", "s0", "s1", "s1")
    assert phones.labels["rate"][::2] == (100.0, 101.0, 102.0, 103.0)
    model = bundle.load(path)
    for part, geometry in zip(phones.modules, model.geometry, strict=True):
        latents = np.frombuffer(base64.b64decode(part.latents.data), "<f2").reshape(part.latents.shape)
        assert latents.shape == (8, model.dims(part.module))
        wave = read_audio(path / "examples" / "as.flac", RATE)
        mean = model.encode(normalise_loudness(wave, target_loudness(model.config)))[part.module - 1].mean
        inside = mean[:, geometry.frame_span(0.1, 0.4, mean.shape[1])].mean(1).numpy()
        assert latents[0] == pytest.approx(inside, abs=0.1), "of samples every 10 ms"
        plane = np.array(part.axes)
        places = (latents.astype("f8") - np.array(part.centre)) @ plane.T
        assert np.array(part.places) == pytest.approx(places, abs=0.02), "projected onto the principal plane"
    same = np.array(phones.modules[0].places)
    a, s = ([index for index, phone in enumerate(phones.labels["phone"]) if phone == one] for one in "as")
    apart = np.linalg.norm(same[a].mean(0) - same[s].mean(0))
    assert apart > 2 * max(np.linalg.norm(same[one] - same[one].mean(0), axis=1).mean() for one in (a, s))


def test_frames_are_speech_and_utterances_are_whole_clips(report: Report) -> None:
    maps = {one.unit: one for one in point_maps(report)}
    frames, utterances = maps["frame"], maps["utterance"]
    assert set(frames.labels["phone"]) == {"a", "s"}, "no silence"
    assert all(round(end - start, 3) >= 0.25 for start, end in zip(frames.start, frames.end, strict=True))
    assert (utterances.clips, utterances.start, utterances.end) == (("as", "sa", "aa", "ss"), (0.0,) * 4, (0.8,) * 4)
    assert "position" not in utterances.labels
    assert "phone" not in utterances.labels or utterances.labels["phone"] == (None, None, "a", "s")


def test_labels_are_shared_classes_or_mean_quantities() -> None:
    samples = synthetic_samples(2, 1)
    members = [np.arange(10), np.arange(20)]
    labels = _labels("phone", samples, members)
    assert labels["phone"][0] == samples.labels["phone"][0]
    mixed = set(samples.labels["phone"][:20].tolist())
    assert labels["phone"][1] == (mixed.pop() if len(mixed) == 1 else None)
    assert labels["position"] == pytest.approx((4.5 / (LENGTH - 1), 9.5 / (LENGTH - 1)), abs=1e-3)
    spoken = [samples.labels["f0"][:10], samples.labels["f0"][:20]]
    hertz = [None if np.isnan(one).all() else 2 ** np.nanmean(one) for one in spoken]
    assert [None if one is None else pytest.approx(one, rel=1e-3) for one in hertz] == list(labels["f0"])
    assert "rate" not in labels, "no point has it"


def test_without_examples_recordings_are_mapped_and_too_few_points_give_no_map(path: Path, tmp_path: Path) -> None:
    model = bundle.load(path)
    clips = example_clips(path)
    samples = synthetic_samples(1, 1)
    empty = tmp_path / "empty"
    bundle.save(empty, model)
    with_corpus = type(samples)(tuple(clips), samples.clip_index, samples.seconds, samples.latents, samples.labels)
    found, lines = add_map(Report(), empty, model, with_corpus)
    assert "the bundle has no examples" in lines[0]
    one = point_maps(found)[0]
    assert not one.examples
    assert one.clips[0] == "examples/as"
    alone = type(samples)(tuple(clips[:1]), samples.clip_index, samples.seconds, samples.latents, samples.labels)
    units = {one.unit for one in point_maps(add_map(Report(), empty, model, alone)[0])}
    assert units == {"frame"}, "two phones and one utterance are too few points for a plane"


def test_figure_has_one_trace_per_unit_and_module(report: Report) -> None:
    figure = map_figure(report)
    assert figure is not None
    text = json.dumps(figure, allow_nan=False)
    assert "latents" not in text, "latents have their own endpoint"
    planes = [trace for trace in figure["data"] if trace["meta"]["projection"] == "PCA"]
    kinds = [(trace["meta"]["unit"], trace["meta"]["module"]) for trace in planes]
    assert kinds == [(unit, module) for unit in ("phone", "frame", "utterance") for module in (1, 2, 3)]
    (shown,) = [trace for trace in figure["data"] if trace["visible"]]
    assert (shown["meta"]["unit"], shown["meta"]["module"]) == ("phone", 3)
    phones = next(one for one in point_maps(report) if one.unit == "phone")
    places = phones.modules[2].places
    assert list(zip(shown["x"], shown["y"], strict=True)) == list(places)
    assert shown["text"][:2] == ["a in as", "s in as"]
    colours = dict(zip(phones.labels["phone"], shown["marker"]["color"], strict=True))
    assert shown["marker"]["color"] == [colours[phone] for phone in phones.labels["phone"]]
    assert len(set(colours.values())) == 2
    assert figure["layout"]["meta"]["units"]["phone"]["clips"] == phones.clips
    menu = figure["layout"]["updatemenus"][0]
    assert figure["data"][menu["active"]] is shown, "the menu selects the visible trace"
    for button, trace in zip(figure["layout"]["updatemenus"][0]["buttons"], figure["data"], strict=True):
        assert button["label"] == trace["name"]
        assert [one for one, on in zip(figure["data"], button["args"][0]["visible"], strict=True) if on] == [trace]


def test_missing_map_gives_no_figure_and_invalid_map_raises() -> None:
    assert map_figure(Report()) is None
    with pytest.raises(ValueError, match="unit"):
        point_maps(Report.model_validate({MAP_KEY: [{"unit": "word"}]}))


def test_columns_of_different_lengths_raise(report: Report) -> None:
    rows = json.loads(json.dumps(report.model_extra[MAP_KEY]))
    rows[0]["start"].pop()
    with pytest.raises(ValueError, match="a value for each point"):
        point_maps(Report.model_validate({MAP_KEY: rows}))
    rows = json.loads(json.dumps(report.model_extra[MAP_KEY]))
    rows[0]["modules"][0]["latents"]["shape"][0] -= 1
    with pytest.raises(ValueError, match=r"latents must be \[points, dims\]"):
        point_maps(Report.model_validate({MAP_KEY: rows}))
