"""Dataset splits, decoded stores and crops."""

import resource
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from torch import nn

from tests.signals import sine
from tests.trainer.training_runs import start_process
from trainer.audio import loudness_gain
from trainer.config import override, preset
from trainer.corpus import CorpusError, scan
from trainer.corpus.crops import CropStore, LabelledStore, open_store
from trainer.corpus.dataset_splits import find_splits, open_stores
from trainer.runtime.devices import launch
from trainer.training.loop import train
from trainer.training.task import DataStores, Task

RATE = 16_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four recordings identified by their level; the last is shorter than a crop."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for index, length in enumerate((8000, 9000, 10_000, 500)):
        soundfile.write(folder / f"r{index}.wav", np.full(length, 0.1 * (index + 1)), RATE, subtype="FLOAT")
    return folder


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_store_has_all_recordings_and_is_decoded_once(folder: Path, tmp_path: Path) -> None:
    store = open_store(scan(folder), tmp_path / "cache", RATE, None, "training")
    assert store.lengths.tolist() == [8000, 9000, 10_000, 500]
    assert store.waveform(2) == pytest.approx(np.full(10_000, 0.3))
    modified = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()}
    again = open_store(scan(folder), tmp_path / "cache", RATE, None, "training")
    assert np.array_equal(again.samples, store.samples)
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()} == modified


def test_loudness_is_normalised_per_recording(folder: Path, tmp_path: Path) -> None:
    store = open_store(scan(folder), tmp_path / "cache", RATE, -23.0, "training")
    for index in range(4):
        assert loudness_gain(store.waveform(index), -23.0) == pytest.approx(1.0, rel=1e-3)


def test_crop_is_from_one_recording(folder: Path, tmp_path: Path) -> None:
    store = open_store(scan(folder), tmp_path / "cache", RATE, None, "training")
    for crop in store.crops(64, 1000, generator()).numpy():
        levels = np.unique(np.round(crop[crop != 0], 3))
        assert len(levels) == 1
        assert (crop != 0).sum() == (500 if levels[0] == pytest.approx(0.4) else 1000)


def test_crop_positions_are_uniform_over_samples() -> None:
    lengths = [30_000, 10_000]
    store = CropStore(
        np.concatenate([np.full(n, v, dtype=np.float32) for n, v in zip(lengths, (1, 2), strict=True)]), lengths
    )
    crops = store.crops(4000, 100, generator())
    assert (crops[:, 0] == 1).float().mean().item() == pytest.approx(0.75, abs=0.03)
    assert torch.equal(crops, store.crops(4000, 100, generator()))


def tone(hz: float, samples: int) -> np.ndarray:
    return sine(hz, samples / RATE, RATE).astype(np.float32)


def peak_hz(crop: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(crop * np.hanning(len(crop)))).argmax()) * RATE / len(crop)


def test_each_speed_is_equally_likely() -> None:
    store = CropStore(tone(1000.0, 40_000), [40_000], speeds=(0.8, 1.0, 1.25))
    crops = store.crops(300, 4000, generator()).numpy()
    assert crops.shape == (300, 4000)
    pitches = np.array([round(peak_hz(crop) / 50) * 50 for crop in crops])
    assert set(pitches) == {800, 1000, 1250}
    assert all(60 < (pitches == hz).sum() < 140 for hz in (800, 1000, 1250))
    middles = crops[:, 500:-500].std(axis=1)
    assert middles == pytest.approx(np.full(300, 0.5**0.5), rel=0.02)


def test_short_recording_at_higher_speed_is_shorter_and_padded() -> None:
    store = CropStore(np.ones(3000, dtype=np.float32), [3000], speeds=(2.0,))
    (crop,) = store.crops(1, 4000, generator()).numpy()
    assert (crop > 0.5).sum() == pytest.approx(1500, abs=2)


def test_validation_is_at_speed_one(folder: Path, tmp_path: Path) -> None:
    config = override(preset("tiny"), {"training.speeds": (0.8, 1.25), "decoder_training.speeds": (2.0,)})
    splits = find_splits([folder], config)
    train, validation = open_stores(splits, tmp_path / "cache", config, config.decoder_training)
    assert (train.speeds, validation.speeds) == ((2.0,), (1.0,))


def test_unreadable_recordings_are_skipped_and_all_unreadable_raises(folder: Path, tmp_path: Path, capsys) -> None:
    recordings = scan(folder)
    (folder / "r1.wav").write_bytes((folder / "r1.wav").read_bytes()[:300])
    store = open_store(recordings, tmp_path / "cache", RATE, None, "training")
    assert store.lengths.tolist() == [8000, 0, 10_000, 500]
    assert "1 of 4" in capsys.readouterr().out
    with pytest.raises(CorpusError, match="training"):
        open_store(recordings[1:2], tmp_path / "cache", RATE, None, "training")


def test_recordings_held_out_for_bundle_are_held_out_again(folder: Path) -> None:
    config = preset("tiny")
    first = find_splits([folder], config)
    (note,) = first.notes
    assert {recording.path.stem for recording in first.validation} == set(note.held_out)
    changed = note.model_copy(update={"held_out": ("r0", "r3")})
    again = find_splits([folder], config, [changed])
    assert [recording.path.stem for recording in again.validation] == ["r0", "r3"]
    assert [recording.path.stem for recording in again.train] == ["r1", "r2"]
    other = find_splits([folder], config, [changed.model_copy(update={"name": "elsewhere"})])
    assert other.notes == first.notes


def test_labelled_batch_has_class_of_each_crop() -> None:
    lengths = [300, 0, 100, 200]  # the second is unreadable
    values = np.concatenate([np.full(n, v, dtype=np.float32) for n, v in zip(lengths, range(4), strict=True)])
    store = LabelledStore(CropStore(values, lengths), [7, 8, 9, 7])
    crops, classes = store.batch_at(store.draw_positions(200, generator()), 50)
    expected = {0: 7, 2: 9, 3: 7}
    assert {int(crop.max()) for crop in crops} == {0, 2, 3}
    assert all(expected[int(crop.max())] == label for crop, label in zip(crops, classes.tolist(), strict=True))


def test_decoding_has_one_recording_in_memory(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for index in range(40):
        soundfile.write(corpus / f"r{index}.wav", np.full(2 * RATE, 0.1), RATE)
    recordings, bytes_each = scan(corpus), 4 * 2 * RATE
    open_store(recordings[:1], tmp_path / "first", RATE, -23.0, "training")  # imports modules outside the measurement
    tracemalloc.start()
    store = open_store(recordings, tmp_path / "cache", RATE, -23.0, "training")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert store.total_samples == 40 * 2 * RATE
    assert peak < 20 * bytes_each, "half of the corpus was in memory"


HUGE = 2 << 30
"""Bytes of a sparse file, which takes no disk space."""


def train_on(file: Path, run: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    samples = np.memmap(file, dtype=np.float32, mode="r", shape=(HUGE // 4,))
    store = CropStore(samples, [RATE * 64] * (len(samples) // (RATE * 64)))
    config = override(preset("tiny"), {"training.steps": 4, "training.batch_size": 64})
    torch.manual_seed(0)
    objective = Loudness()
    task = Task(
        "loudness", objective, torch.optim.Adam(objective.parameters()), lambda loss: {"loss": loss.item()}, str
    )
    assert train(launch("cpu", 1), task, DataStores(store, store), config, config.training, run)
    growth = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    (run / "grown").write_text(str(growth << 10))  # Linux counts in KiB


class Loudness(nn.Module):
    """An objective with a single parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, crops: torch.Tensor, _: torch.Generator) -> tuple[torch.Tensor]:
        return ((self.gain * crops).square().mean(),)


def test_large_store_is_not_read_into_memory(tmp_path: Path) -> None:
    file = tmp_path / "huge.f32"
    with file.open("wb") as stream:
        stream.truncate(HUGE)
    training = start_process(train_on, file, tmp_path)
    training.join(60)
    assert training.exitcode == 0
    assert int((tmp_path / "grown").read_text()) < HUGE / 10
