"""The commands of the README, on a corpus the built-in synthesiser makes."""

import json
import re
from pathlib import Path

import pytest

from trainer import bundle
from trainer.cli.main import main


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small synthetic corpus and a bundle trained on it by the commands alone."""
    folder = tmp_path_factory.mktemp("cli")
    corpus, model = folder / "speech", folder / "model"
    assert main(["corpus", "synth", str(corpus), "--speakers", "4", "--words", "3", "--seed", "0"]) == 0
    data = ["--data", str(corpus), "--steps", "5", "--accelerator", "cpu"]
    assert main(["fit", "--preset", "tiny", "--out", str(model), *data, "--set", "training.split_by=speaker"]) == 0
    assert main(["decoder", "--bundle", str(model), *data]) == 0
    return corpus, model


def test_a_whole_speaker_is_held_out(made: tuple[Path, Path]) -> None:
    _, model = made
    (note,) = bundle.read_config(model).provenance.corpora
    voices = {Path(name).parent for name in note.held_out}
    assert len(note.held_out) == 3 * len(voices)
    assert note.speakers == 4 - len(voices)


def test_analyse_fills_the_report_and_pack_ships_it(made: tuple[Path, Path], tmp_path: Path, capsys) -> None:
    corpus, model = made
    assert main(["analyse", "reconstruction", "--bundle", str(model), "--data", str(corpus)]) == 0
    assert main(["analyse", "usage", "--bundle", str(model), "--data", str(corpus), "--side", "train"]) == 0
    said = capsys.readouterr().out
    assert said.count("log-mel correlation") == 3
    assert said.count("changes the decoded log-mel") == 15
    everything = ["--bundle", str(model), "--data", str(corpus), "--side", "all"]
    assert main(["analyse", "decoders", *everything, "--clips", "3"]) == 0
    assert main(["analyse", "smoothness", *everything, "--clips", "2", "--dims", "1", "--steps", "3"]) == 0
    report = bundle.read_report(model)
    assert [len(part.dimensions) for part in report.modules] == [8, 8, 8]
    assert {row["module"] for row in report.model_extra["reconstruction"]} == {1, 2, 3}

    rights = tmp_path / "rights.json"
    rights.write_text(
        json.dumps({"licence": "Apache-2.0", "corpora": {"speech": {"title": "Synth", "licence": "own"}}})
    )
    out = tmp_path / "shipped"
    assert main(["pack", "--bundle", str(model), str(out), "--examples-seed", "0", "--rights", str(rights)]) == 0
    assert not (out / "run").exists()
    assert bundle.load(out).has_decoder(3)
    assert len(bundle.read_examples(out)) >= 8
    card = (out / "MODEL_CARD.md").read_text()
    assert "Synth" in card
    assert "Apache-2.0" in card
    assert card.count("speech, validation") == 3
    assert card.count("speech, all") == 2
    for row in report.model_extra["decoders"]:
        figure = f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}], n {row['n']}"
        (line,) = (line for line in card.splitlines() if line.startswith(f"| {row['sound']} |"))
        assert figure in line
    assert "-3 to 3 | decoded |" in card


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fit", "--preset", "tiny", "--data", "nowhere", "--out", "x"], "nowhere"),
        (["decoder", "--bundle", "nowhere", "--data", "x"], r"config\.json"),
        (["fit", "--preset", "tiny", "--data", "x", "--out", "x", "--set", "training.stepz=1"], r"training\.stepz"),
        (["fit", "--preset", "tiny", "--data", "x", "--out", "x", "--set", "nonsense"], "NAME=VALUE"),
    ],
)
def test_faults_are_one_line(arguments: list[str], said: str, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert re.search(said, message)
