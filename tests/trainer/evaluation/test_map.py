"""Maps of recordings whose phones are known, and the figure made of them."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.trainer.example_samples import LENGTH, made_up
from trainer import bundle
from trainer.audio import read_audio, write_flac
from trainer.bundle import Report
from trainer.bundle.documents import write_json
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
    told = []
    for number, said in enumerate(("as", "sa", "aa", "ss")):
        times = np.arange(round(0.3 * RATE)) / RATE
        quiet = np.zeros(round(0.1 * RATE))
        sounds = [0.2 * np.sign(np.sin(2 * np.pi * HERTZ[phone] * times)) for phone in said]
        wave = np.concatenate([quiet, *sounds, quiet])
        write_flac(folder / "examples" / f"{said}.flac", wave.astype("f4"), RATE)
        phones = [("", 0.0, 0.1), (said[0], 0.1, 0.4), (said[1], 0.4, 0.7), ("", 0.7, 0.8)]
        spans = [dict(zip(("phone", "start", "end"), phone, strict=True)) for phone in phones]
        example = {"id": said, "file": f"{said}.flac", "label": said, "duration": 0.8, "speaker": f"s{number % 2}"}
        told.append(example | {"rate": 100.0 + number, "phones": spans})
    write_json(folder / "examples" / "examples.json", told)
    return folder


@pytest.fixture(scope="module")
def report(path: Path) -> Report:
    found, lines = add_map(Report(), path, bundle.load(path), made_up(1, 1))
    assert lines[0].endswith("of the bundle's 4 examples")
    assert (len(lines) == 1) == INSTALLED, "what is left out is told"
    return found


def test_a_point_is_the_mean_of_what_the_model_makes_of_its_stretch(path: Path, report: Report) -> None:
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
        assert latents[0] == pytest.approx(inside, abs=0.1), "of frames every 10 ms, where the module has more"
        plane = np.array(part.axes)
        places = (latents.astype("f8") - np.array(part.centre)) @ plane.T
        assert np.array(part.places) == pytest.approx(places, abs=0.02), "and lies where its plane says"
    same = np.array(phones.modules[0].places)
    a, s = ([index for index, phone in enumerate(phones.labels["phone"]) if phone == one] for one in "as")
    apart = np.linalg.norm(same[a].mean(0) - same[s].mean(0))
    assert apart > 2 * max(np.linalg.norm(same[one] - same[one].mean(0), axis=1).mean() for one in (a, s))


def test_frames_are_of_speech_and_utterances_whole(report: Report) -> None:
    maps = {one.unit: one for one in point_maps(report)}
    frames, utterances = maps["frame"], maps["utterance"]
    assert set(frames.labels["phone"]) == {"a", "s"}, "none is of silence"
    assert all(round(end - start, 3) >= 0.25 for start, end in zip(frames.start, frames.end, strict=True))
    assert (utterances.clips, utterances.start, utterances.end) == (("as", "sa", "aa", "ss"), (0.0,) * 4, (0.8,) * 4)
    assert "position" not in utterances.labels
    assert "phone" not in utterances.labels or utterances.labels["phone"] == (None, None, "a", "s")


def test_labels_are_what_all_moments_share_or_their_mean() -> None:
    moments = made_up(2, 1)
    members = [np.arange(10), np.arange(20)]
    labels = _labels("phone", moments, members)
    assert labels["phone"][0] == moments.labels["phone"][0]
    mixed = set(moments.labels["phone"][:20].tolist())
    assert labels["phone"][1] == (mixed.pop() if len(mixed) == 1 else None)
    assert labels["position"] == pytest.approx((4.5 / (LENGTH - 1), 9.5 / (LENGTH - 1)), abs=1e-3)
    spoken = [moments.labels["f0"][:10], moments.labels["f0"][:20]]
    hertz = [None if np.isnan(one).all() else 2 ** np.nanmean(one) for one in spoken]
    assert [None if one is None else pytest.approx(one, rel=1e-3) for one in hertz] == list(labels["f0"])
    assert "rate" not in labels, "which no point has"


def test_without_examples_the_corpus_is_mapped_and_too_little_is_refused(path: Path, tmp_path: Path) -> None:
    model = bundle.load(path)
    chosen = example_clips(path)
    moments = made_up(1, 1)
    empty = tmp_path / "empty"
    bundle.save(empty, model)
    with_corpus = type(moments)(tuple(chosen), moments.clip_index, moments.seconds, moments.latents, moments.labels)
    found, lines = add_map(Report(), empty, model, with_corpus)
    assert "as it has no examples" in lines[0]
    one = point_maps(found)[0]
    assert not one.examples
    assert one.clips[0] == "examples/as"
    alone = type(moments)(tuple(chosen[:1]), moments.clip_index, moments.seconds, moments.latents, moments.labels)
    units = {one.unit for one in point_maps(add_map(Report(), empty, model, alone)[0])}
    assert units == {"frame"}, "two phones and one utterance span no plane"


def test_the_figure_has_every_unit_of_every_module_once(report: Report) -> None:
    figure = map_figure(report)
    assert figure is not None
    text = json.dumps(figure, allow_nan=False)
    assert "latents" not in text, "which are asked for by themselves"
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
    assert figure["data"][menu["active"]] is shown, "and the menu says so"
    for button, trace in zip(figure["layout"]["updatemenus"][0]["buttons"], figure["data"], strict=True):
        assert button["label"] == trace["name"]
        assert [one for one, on in zip(figure["data"], button["args"][0]["visible"], strict=True) if on] == [trace]


def test_no_map_no_figure_and_a_broken_one_is_told() -> None:
    assert map_figure(Report()) is None
    with pytest.raises(ValueError, match="unit"):
        point_maps(Report.model_validate({MAP_KEY: [{"unit": "word"}]}))


def test_columns_of_other_lengths_are_refused(report: Report) -> None:
    rows = json.loads(json.dumps(report.model_extra[MAP_KEY]))
    rows[0]["start"].pop()
    with pytest.raises(ValueError, match="a value for each point"):
        point_maps(Report.model_validate({MAP_KEY: rows}))
    rows = json.loads(json.dumps(report.model_extra[MAP_KEY]))
    rows[0]["modules"][0]["latents"]["shape"][0] -= 1
    with pytest.raises(ValueError, match=r"latents must be \[points, dims\]"):
        point_maps(Report.model_validate({MAP_KEY: rows}))
