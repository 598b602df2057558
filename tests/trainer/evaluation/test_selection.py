"""Selection of models and recordings."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from trainer import bundle
from trainer.bundle import BundleConfig, CorpusNote, Provenance
from trainer.config import override, preset
from trainer.corpus import Recording
from trainer.corpus.dataset_splits import find_splits, relative_name
from trainer.evaluation.selection import (
    Clip,
    SplitMembership,
    evenly_spaced,
    load_models,
    min_clip_seconds,
    select_clips,
    speaker_groups,
)
from trainer.model import Model

RATE = 16_000


@pytest.fixture
def folder(tmp_path):
    """Ten recordings of 0.1 to 1 s."""
    home = tmp_path / "speech"
    home.mkdir()
    for number in range(1, 11):
        soundfile.write(home / f"r{number:02d}.wav", np.full(number * RATE // 10, 0.1), RATE)
    return home


def header(*notes: CorpusNote) -> BundleConfig:
    return BundleConfig(format_version=1, config=preset("tiny"), provenance=Provenance(corpora=notes))


def test_indices_are_evenly_spaced() -> None:
    assert evenly_spaced(10, 20) == list(range(10))
    assert evenly_spaced(9, 5) == [0, 2, 4, 6, 8]
    assert evenly_spaced(100, 30) == sorted(set(evenly_spaced(100, 30)))
    assert len(evenly_spaced(100, 30)) == 30
    assert evenly_spaced(0, 5) == []


def test_clips_of_all_recordings_or_of_a_split(folder) -> None:
    whole = select_clips([folder], header(), "all", 100)
    assert [one.name for one in whole] == [f"r{number:02d}" for number in range(1, 11)]
    splits = find_splits([folder], preset("tiny"))
    for split, wanted in (("train", splits.train), ("validation", splits.validation)):
        clips = select_clips([folder], header(), split, 100)
        assert [one.name for one in clips] == [relative_name(folder, recording) for recording in wanted]
    assert [one.name for one in select_clips([folder], header(), "all", 3)] == ["r01", "r05", "r10"]


def test_short_recordings_are_left_out_before_spacing(folder) -> None:
    clips = select_clips([folder], header(), "all", 2, min_seconds=0.45)
    assert [one.name for one in clips] == ["r05", "r10"]
    with pytest.raises(ValueError, match="too short"):
        select_clips([folder], header(), "all", 2, min_seconds=3.0)
    with pytest.raises(ValueError, match="--clips is 0"):
        select_clips([folder], header(), "all", 0)
    samples = round((min_clip_seconds(preset("tiny")) - 0.01) * RATE)
    assert Model(preset("tiny")).geometry[-1].frames(samples) == 1
    assert Model(preset("tiny")).geometry[-1].frames(samples - 1) == 0


def clip_of(corpus: str, **labels: str) -> Clip:
    return Clip(Recording(Path("r.wav"), 1.0, dict(labels)), corpus, "r")


def test_speakers_are_groups_if_several_are_named() -> None:
    named = [clip_of("a", speaker="1"), clip_of("a", speaker="2"), clip_of("a", speaker="1")]
    groups = speaker_groups(named)
    assert groups is not None
    assert groups[0] == groups[2] != groups[1]
    for alone in (named[:1], [clip_of("a"), clip_of("a")], [clip_of("a", speaker="1"), clip_of("b")]):
        assert speaker_groups(alone) is None
    across = speaker_groups([clip_of("a", speaker="1"), clip_of("b", speaker="1")])
    assert across is not None
    assert len(set(across)) == 2, "two corpora number their speakers independently"


def test_split_membership_follows_the_provenance(folder) -> None:
    note = CorpusNote(name="speech", recordings=9, minutes=1.0, held_out=("r05",))
    (held_out,) = select_clips([folder], header(note), "validation", 100)
    assert held_out.name == "r05"
    assert held_out.split_membership((note,)) is SplitMembership.HELD_OUT
    (other, *_) = select_clips([folder], header(note), "train", 100)
    assert other.split_membership((note,)) is SplitMembership.IN_TRAINING
    assert other.split_membership(()) is SplitMembership.UNKNOWN


def test_compared_bundles_need_decoders_equal_rates_and_distinct_names(tmp_path) -> None:
    def save(name: str, **settings) -> None:
        model = Model(override(preset("tiny"), settings))
        model.add_decoder(2)
        bundle.save(tmp_path / name, model)

    torch.manual_seed(0)
    save("one")
    save("other")
    save("fast", sample_rate=RATE // 2)
    bundle.save(tmp_path / "mute", Model(preset("tiny")))
    (tmp_path / "again").mkdir()
    save("again/one")
    first, second = load_models(tmp_path / "one", [tmp_path / "other"])
    assert first.label == "one (tiny, spectral decoder)"
    assert second.modules == [2]
    for compared, message in (("fast", "--compare.*rate"), ("mute", "no decoder"), ("again/one", "rename")):
        with pytest.raises(ValueError, match=message):
            load_models(tmp_path / "one", [tmp_path / compared])
