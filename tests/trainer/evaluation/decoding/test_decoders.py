"""`analyse decoders` on phones made of tones."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.trainer.tone_corpus import PITCH, RATE, tone
from trainer import bundle
from trainer.bundle import CorpusNote, Provenance
from trainer.cli.main import main
from trainer.config import override, preset
from trainer.evaluation.decoding.decoders import (
    ACCURACY,
    DECODERS_KEY,
    RETENTION,
    TITLES,
    WORD_ERROR,
    compare_decoders,
    table,
)
from trainer.metrics.speech.suite import SPEECH_METRICS
from trainer.model import Model

CLIPS = 12  # the minimum for phones frequent enough to be probed


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of three timed tones in random order, and one that is too short for the encoder."""
    folder, rng = tmp_path_factory.mktemp("corpus") / "speech", np.random.default_rng(0)
    folder.mkdir()
    lines = []
    for number in range(CLIPS):
        order = rng.permutation(list(PITCH)).tolist()
        wave = np.concatenate([np.zeros(RATE // 10, np.float32), *(tone(vowel, rng) for vowel in order)])
        soundfile.write(folder / f"{number:02d}.wav", wave, RATE)
        times = (0.1 + 0.2 * np.arange(3)).round(3).tolist()
        phones = [{"phone": p, "start": t, "end": round(t + 0.2, 3)} for p, t in zip(order, times, strict=True)]
        silence = {"phone": "", "start": 0.0, "end": 0.1}
        lines.append({"path": f"{number:02d}.wav", "phones": [silence, *phones]})
    soundfile.write(folder / "short.wav", np.zeros(100), RATE)
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, [*lines, {"path": "short.wav"}])))
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """With decoders for modules 1 and 3."""
    torch.manual_seed(0)
    made = Model(preset("tiny"))
    for module in (1, 3):
        made.add_decoder(module)
    notes = (CorpusNote(name="speech", recordings=10, minutes=1.0, held_out=("00", "01")),)
    bundle.save(tmp_path / "model", made, Provenance(corpora=notes))
    return tmp_path / "model"


def test_command_prints_and_stores_rows(speech: Path, model: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    # The real one takes half a second per sound; test_each_corpus_is_measured_by_itself uses it
    monkeypatch.setattr("trainer.metrics.speech.suite.dnsmos", lambda wave, rate: float(np.abs(wave).mean()))
    other = Model(override(preset("tiny"), {"loudness_dbfs": None}))
    other.add_decoder(3)
    bundle.save(tmp_path / "plain", other)
    file = tmp_path / "rows.json"
    command = ["analyse", "decoders", "--bundle", str(model), "--data", str(speech), "--split", "all"]
    assert main([*command, "--compare", str(tmp_path / "plain"), "--json", str(file)]) == 0
    output = capsys.readouterr().out
    assert f"{CLIPS} recordings" in output
    assert "model (tiny, spectral decoder): 2 held out of its training, 10 possibly in its training data." in output
    assert "plain (tiny, spectral decoder): 12 of corpora that are not in its provenance" in output
    assert "3 classes, 36 timed phones" in output

    rows = json.loads(file.read_text())
    found = {(row["measure"], row["sound"]): row for row in rows}
    compared = "module 3 of plain (tiny, spectral decoder)"
    sounds = {sound for _, sound in found}
    baselines = {"Griffin-Lim of the true log-mel", "Griffin-Lim of the mean spectrum"}
    assert sounds == {"original", "module 1", "module 3", compared, *baselines}
    optional = {"f0_correlation", "f0_correlation_swift", "pesq", WORD_ERROR}
    assert {measure for measure, _ in found} - optional == set(TITLES) - optional
    assert ("dnsmos", "original") in found, "the original is rated too"
    assert ("stoi", "original") not in found
    for row in rows:
        assert row["low"] <= row["mean"] <= row["high"]
        assert row["n"] + row["left_out"] == CLIPS
        assert (row["own_minus_it"] is not None) == (row["sound"] == compared)
        assert row["data"] == "speech, all"
    # A spectrogram identifies the tones, also after Griffin-Lim; the constant mean spectrum does not.
    assert found[ACCURACY, "original"]["mean"] > 0.95
    assert found[RETENTION, "Griffin-Lim of the true log-mel"]["low"] > 0.9
    assert found[RETENTION, "Griffin-Lim of the mean spectrum"]["high"] < 0.6
    upper, lower = (found["log_mel_distance_db", sound]["mean"] for sound in sorted(baselines, reverse=True))
    assert upper < lower < found["log_mel_distance_db", "module 3"]["mean"]

    assert main([*command, "--name", "again", "--clips", "2"]) == 0
    kept = bundle.read_report(model).model_extra[DECODERS_KEY]
    assert kept[: len(rows)] == rows
    assert {row["data"] for row in kept} == {"speech, all", "again, all"}
    assert max(row["n"] for row in kept[len(rows) :]) == 2


def test_copy_of_a_bundle_has_zero_differences(speech: Path, model: Path) -> None:
    shutil.copytree(model, model.parent / "twin")
    rows, _ = compare_decoders(model, [speech], [model.parent / "twin"], "all", 2)
    own = {(row.measure, row.module): row for row in rows if row.bundle.startswith("model")}
    twins = [row for row in rows if row.bundle.startswith("twin")]
    assert len(twins) == len(own)
    for row in twins:
        assert row.own_minus_it == (0.0, 0.0, 0.0)
        assert (row.mean, row.low, row.high) == (own[row.measure, row.module].mean, row.low, row.high)
    assert compare_decoders(model, [speech], [model.parent / "twin"], "all", 2)[0] == rows


def test_metrics_do_not_depend_on_the_loudness_of_the_recording(speech: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "loud").mkdir()
    for path in sorted(speech.glob("0*.wav")):
        wave, _ = soundfile.read(path, dtype="float32")
        soundfile.write(tmp_path / "loud" / path.name, 1.5 * wave, RATE, subtype="FLOAT")
    rows, loud = (
        [row for row in compare_decoders(model, [folder], [], "all", 1)[0] if row.measure == "log_mel_distance_db"]
        for folder in (speech, tmp_path / "loud")
    )
    assert [row.mean for row in loud] == pytest.approx([row.mean for row in rows], rel=1e-3)


def test_notes_name_missing_packages_and_labels(speech: Path, model: Path, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "unlabelled").mkdir()
    shutil.copy(speech / "00.wav", tmp_path / "unlabelled")
    for package in ("pystoi", "pesq", "speechmos", "swift_f0"):
        monkeypatch.setitem(sys.modules, package, None)
    rows, notes = compare_decoders(model, [tmp_path / "unlabelled"], [], "all", 50)
    packages = {measure.name for measure in SPEECH_METRICS if measure.package}
    assert not {row.measure for row in rows} & (packages | {ACCURACY, RETENTION})
    assert any(
        "pystoi and pesq and speechmos and swift_f0 missing: pip install -e '.[measures]'" in note for note in notes
    )
    assert notes[-1] == "Phone retention is not measured: none of these recordings has timed phones."
    _, notes = compare_decoders(model, [speech], [], "all", 2)
    assert re.search("too few timed phones", notes[-1])


def test_table_has_one_block_per_metric(speech: Path, model: Path) -> None:
    rows, _ = compare_decoders(model, [speech], [], "all", 2)
    lines = table(rows)
    assert [line for line in lines if line in TITLES.values()] == [
        title for name, title in TITLES.items() if any(row.measure == name for row in rows)
    ]
    assert len(lines) == len(rows) + 3 * len({row.measure for row in rows}) - 1
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize(
    ("extra", "expected"), [(["--compare", "nowhere"], r"config\.json"), (["--data", "nowhere"], "nowhere")]
)
def test_invalid_options_give_one_line_errors(
    speech: Path, model: Path, extra: list[str], expected: str, capsys
) -> None:
    assert main(["analyse", "decoders", "--bundle", str(model), "--data", str(speech), *extra]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert re.search(expected, message)


def test_silent_recordings_are_left_out(speech: Path, model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    hiss = 1e-4 * np.random.default_rng(0).normal(size=RATE)
    soundfile.write(folder / "silence.wav", hiss, RATE)
    with pytest.raises(ValueError, match="every recording is silent: none is louder than -60 dB"):
        compare_decoders(model, [folder], [], "all", 2)
    shutil.copy(speech / "00.wav", folder)
    rows, notes = compare_decoders(model, [folder], [], "all", 2)
    assert {row.n + row.left_out for row in rows} == {1}
    assert "Silent recordings left out (nowhere above -60 dB re full scale): 1." in notes


def test_each_corpus_is_measured_by_itself(speech: Path, model: Path, tmp_path: Path, capsys) -> None:
    shutil.copytree(speech, tmp_path / "other")
    command = ["analyse", "decoders", "--bundle", str(model), "--split", "all", "--clips", "2"]
    file = tmp_path / "rows.json"
    both = ["--data", str(speech), "--data", str(tmp_path / "other"), "--json", str(file)]
    assert main([*command, *both]) == 0
    rows = json.loads(file.read_text())
    assert {row["data"] for row in rows} == {"speech, all", "other, all"}
    assert all(1 <= row["mean"] <= 5 for row in rows if row["measure"] == "dnsmos")
    assert bundle.read_report(model).model_extra[DECODERS_KEY] == rows
    stoi = [row for row in rows if row["measure"] == "log_mel_distance_db"]
    assert all(row["n"] == 2 and row["low"] <= row["median"] <= row["high"] for row in stoi)
    assert main([*command, *both, "--name", "test"]) == 0
    assert "test: other, all:" in capsys.readouterr().out


def test_word_errors_of_recordings_with_a_text(speech: Path, model: Path, tmp_path: Path, monkeypatch) -> None:
    """The recogniser is replaced: it understands the originals and nothing that was decoded."""
    pytest.importorskip("jiwer")
    (tmp_path / "read").mkdir()
    lines = []
    for number, text in enumerate(("one two three", "four five", "[beep]")):
        shutil.copy(speech / f"{number:02d}.wav", tmp_path / "read" / f"{number}.wav")
        lines.append({"path": f"{number}.wav", "text": text})
    (tmp_path / "read" / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    heard = iter(["One two three.", *[""] * 4, "four five", *[""] * 4])
    monkeypatch.setattr("trainer.metrics.speech.word_error.recognise", lambda wave, rate: next(heard))
    monkeypatch.setattr("trainer.evaluation.decoding.decoders._check_recogniser", lambda: None)
    rows, _ = compare_decoders(model, [tmp_path / "read"], [], "all", 3, words=True)
    errors = {row.sound: (row.mean, row.n, row.left_out, row.median) for row in rows if row.measure == WORD_ERROR}
    assert errors.pop("original") == (0.0, 2, 1, None), "a recording without words is left out"
    assert set(errors.values()) == {(1.0, 2, 1, None)}


def test_missing_recogniser_is_named(speech: Path, model: Path, monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"--words needs faster_whisper, .*\[recognition\]"):
        compare_decoders(model, [speech], [], "all", 2, words=True)
