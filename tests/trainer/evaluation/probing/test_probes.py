"""`analyse probes` on syllables made of tones."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from tests.trainer.tone_corpus import PITCH, RATE, WORDS, tone, write_syllables
from trainer import bundle
from trainer.bundle import CorpusNote, Provenance
from trainer.cli.main import main
from trainer.config import ContextConfig, preset
from trainer.evaluation.probing.probes import PROBES_KEY, ProbeOptions, probe_bundle, table
from trainer.metrics.probing.tasks import fold_of
from trainer.model import Model


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_syllables(tmp_path_factory.mktemp("corpus") / "syllables")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    tiny = preset("tiny")
    encoder = tiny.encoder.model_copy(update={"context": ContextConfig(hidden=8)})
    made = Model(tiny.model_copy(update={"encoder": encoder}))
    notes = (CorpusNote(name="syllables", recordings=179, minutes=1.0, held_out=(f"{WORDS[0]}_1_0_ba",)),)
    bundle.save(tmp_path / "model", made, Provenance(corpora=notes))
    return tmp_path / "model"


def test_command_prints_and_stores_rows(corpus: Path, model: Path, tmp_path: Path, capsys) -> None:
    file = tmp_path / "rows.json"
    command = ["analyse", "probes", "--bundle", str(model), "--data", str(corpus), "--json", str(file)]
    assert main([*command, "--labels", "vowel,consonant"]) == 0
    output = capsys.readouterr().out
    assert "normalised to -23 dBFS for every row" in output
    assert f"Split by word: {len(set(WORDS))} groups" in output
    rows = json.loads(file.read_text())
    found = {(row["label"], row["representation"], row["pooling"]): row for row in rows}
    own = ["module 1", "module 2", "module 3", "GRU"]
    names = ["log-mel", *own, *(f"untrained {name}" for name in own), "shuffled labels (GRU)"]
    assert len(rows) == len(found) == 2 * (2 * len(names) + 1)
    # A spectrogram separates the three tones; the random consonant labels are not predictable.
    assert found["vowel", "log-mel", "mean"]["accuracy"] == 1.0
    assert found["consonant", "log-mel", "mean"]["low"] < 0.45
    assert found["vowel", "shuffled labels (GRU)", "mean"]["accuracy"] < 0.7
    for row in rows:
        assert row["low"] <= row["accuracy"] <= row["high"]
        assert (row["folds"], row["of_folds"], row["data"], row["loudness_dbfs"]) == ([2, 3, 4], 5, "syllables", -23.0)
        assert (row["difference_to_untrained"] is not None) == (row["representation"] in own)
    assert main([*command, "--labels", "vowel", "--name", "again"]) == 0
    kept = bundle.read_report(model).model_extra[PROBES_KEY]
    assert kept[: len(rows)] == rows
    assert {row["data"] for row in kept} == {"syllables", "again"}


def test_rows_do_not_depend_on_the_loudness_setting(corpus: Path, model: Path) -> None:
    """Recordings are normalised even if the preset does not normalise them."""
    header = bundle.read_config(model)
    plain = Model(header.config.model_copy(update={"loudness_dbfs": None})).eval()
    plain.encoder.load_state_dict(bundle.load(model).encoder.state_dict())
    bundle.save(model.parent / "plain", plain, header.provenance)
    options = ProbeOptions(labels=("vowel",), test_folds=(2,))
    here, there = (probe_bundle(path, [corpus], options)[0] for path in (model, model.parent / "plain"))
    assert here == there


def test_notes_count_recordings_in_the_training_data(corpus: Path, model: Path) -> None:
    _, notes = probe_bundle(model, [corpus], ProbeOptions(labels=("vowel",), test_folds=(2,)))
    in_training = int(notes[0].split(" of them possibly")[0].split()[-1])
    held_out = [path for path in corpus.iterdir() if path.stem == f"{WORDS[0]}_1_0_ba"]
    assert in_training == len(list(corpus.iterdir())) - len(held_out)


def test_phones_are_probed_within_their_segments(tmp_path: Path, model: Path) -> None:
    """Recordings of three tones in random order: only a phone's own frames identify it."""
    rng = np.random.default_rng(0)
    lines = []
    (tmp_path / "speech").mkdir()
    for number in range(30):
        order = rng.permutation(list(PITCH)).tolist()
        wave = np.concatenate([np.zeros(RATE // 10, np.float32), *(tone(vowel, rng) for vowel in order)])
        soundfile.write(tmp_path / "speech" / f"{number}.wav", wave, RATE)
        times = np.arange(0.1, 0.7, 0.2).round(3).tolist()
        phones = [{"phone": p, "start": t, "end": round(t + 0.2, 3)} for p, t in zip(order, times, strict=True)]
        silence = {"phone": "", "start": 0.0, "end": 0.1}
        lines.append({"path": f"{number}.wav", "speaker": f"s{number % 3}", "phones": [silence, *phones]})
    (tmp_path / "speech" / "manifest.jsonl").write_text("\n".join(map(json.dumps, lines)))
    rows, _ = probe_bundle(model, [tmp_path / "speech"], ProbeOptions(segments=80, test_folds=(2, 4)))
    phones = {row.representation: row for row in rows if row.label == "phone" and row.pooling == "mean"}
    assert phones["log-mel"].classes == 3, "silence is not a phone"
    assert phones["log-mel"].accuracy > 0.95
    assert phones["log-mel"].n < 80
    assert "speaker" in {row.label for row in rows}
    only, _ = probe_bundle(model, [tmp_path / "speech"], ProbeOptions(group="speaker", folds=2, labels=("phone",)))
    assert {row.label for row in only} == {"phone"}


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (["--labels", "colour"], "'colour' cannot be probed.*syllable"),
        (["--labels", "phone"], "'phone' cannot be probed"),
        (["--folds", "1"], "--folds"),
        (["--test-folds", "5"], "--test-folds must be from 0 to 4"),
        (["--folds", "40", "--test-folds", "39"], "too few groups"),
    ],
)
def test_invalid_options_give_one_line_errors(
    corpus: Path, model: Path, extra: list[str], expected: str, capsys
) -> None:
    if "40" in extra:  # a fold without any of the words
        extra[-1] = str(next(fold for fold in range(40) if fold not in {fold_of(word, 40) for word in WORDS}))
    assert main(["analyse", "probes", "--bundle", str(model), "--data", str(corpus), *extra]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert re.search(expected, message)


def test_table_has_one_block_per_label(corpus: Path, model: Path) -> None:
    rows, _ = probe_bundle(model, [corpus], ProbeOptions(labels=("vowel", "consonant"), clips=150, test_folds=(3,)))
    lines = table(rows)
    assert [line.split(":")[0] for line in lines if "classes" in line] == ["vowel", "consonant"]
    assert len(lines) == len(rows) + 2 * 2 + 1
    assert max(map(len, lines)) <= 120
