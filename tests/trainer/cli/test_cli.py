"""The command line, on a corpus of the built-in synthesiser."""

import json
import re
from pathlib import Path

import pytest

from trainer import bundle
from trainer.cli.main import main, make_parser


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small synthetic corpus and a bundle trained on it, both made by commands."""
    folder = tmp_path_factory.mktemp("cli")
    corpus, model = folder / "speech", folder / "model"
    assert main(["corpus", "synth", str(corpus), "--speakers", "4", "--words", "3", "--seed", "0"]) == 0
    data = ["--data", str(corpus), "--steps", "5", "--accelerator", "cpu"]
    assert main(["fit", "--preset", "tiny", "--out", str(model), *data, "--set", "training.split_by=speaker"]) == 0
    assert main(["fit-decoder", "--bundle", str(model), *data]) == 0
    return corpus, model


def test_split_by_speaker_holds_out_whole_speakers(trained: tuple[Path, Path]) -> None:
    _, model = trained
    (note,) = bundle.read_config(model).provenance.corpora
    voices = {Path(name).parent for name in note.held_out}
    assert len(note.held_out) == 3 * len(voices)
    assert note.speakers == 4 - len(voices)


def test_analyse_fills_the_report_and_pack_writes_a_model_card(
    trained: tuple[Path, Path], tmp_path: Path, capsys
) -> None:
    corpus, model = trained
    assert main(["analyse", "reconstruction", "--bundle", str(model), "--data", str(corpus)]) == 0
    assert main(["analyse", "usage", "--bundle", str(model), "--data", str(corpus), "--split", "train"]) == 0
    output = capsys.readouterr().out
    assert output.count("log-mel correlation") == 3
    assert output.count("changes the decoded log-mel") == 15
    all_clips = ["--bundle", str(model), "--data", str(corpus), "--split", "all"]
    assert main(["analyse", "decoders", *all_clips, "--clips", "3"]) == 0
    assert main(["analyse", "smoothness", *all_clips, "--clips", "2", "--dims", "1", "--steps", "3"]) == 0
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
        sound = row["sound"].replace("module ", "layer ")
        figure = f"{row['mean']:.3f} [{row['low']:.3f}, {row['high']:.3f}], n {row['n']}"
        (line,) = (line for line in card.splitlines() if line.startswith(f"| {sound} |"))
        assert figure in line
    assert "-3 to 3 | decoded |" in card


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "--preset", "tiny", "--data", "nowhere", "--out", "x"], "nowhere"),
        (["fit-decoder", "--bundle", "nowhere", "--data", "x"], r"config\.json"),
        (["fit", "--preset", "tiny", "--data", "x", "--out", "x", "--set", "training.stepz=1"], r"training\.stepz"),
        (["fit", "--preset", "tiny", "--data", "x", "--out", "x", "--set", "nonsense"], "NAME=VALUE"),
    ],
)
def test_errors_are_one_line(arguments: list[str], message: str, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert re.search(message, printed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["decoder", "--bundle", "nowhere", "--data", "x"], "`fit-decoder`"),
        (["--trace", "align", "--bundle", "nowhere", "--undo"], "`rotate`"),
        (["analyse", "fuse", "--ensemble", "nowhere", "--data", "x"], "`analyse fuse-channels`"),
    ],
)
def test_renamed_commands_still_work_with_a_message(
    old: list[str], new: str, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if "--trace" in old:
        with pytest.raises(ValueError, match=r"config\.json"):
            main(old)
    else:
        assert main(old) == 1
    printed = capsys.readouterr().err
    assert f"use {new}" in printed
    assert printed.count("deprecated") == 1


@pytest.mark.parametrize(
    ("arguments", "name", "value", "new"),
    [
        ("analyse usage --bundle b --data d --side all", "split", "all", "--split"),
        ("analyse decoders --bundle b --data d --beside x --beside y", "compare", [Path("x"), Path("y")], "--compare"),
        ("analyse all --bundle b --data d --again", "force", True, "--force"),
        ("sweep --data d --out o --into b", "report_into", Path("b"), "--report-into"),
        ("analyse fuse-channels --ensemble e --data d --spot 3", "hot_spot", [3], "--hot-spot"),
        ("rotate --bundle b --as-trained", "undo", True, "--undo"),
    ],
)
def test_renamed_options_still_work_with_a_message(arguments: str, name: str, value: object, new: str, capsys) -> None:
    assert getattr(make_parser().parse_args(arguments.split()), name) == value
    assert f"use {new}" in capsys.readouterr().err


def test_deprecated_names_are_not_in_the_help(capsys) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args(["analyse", "decoders", "--help"])
    assert "--beside" not in capsys.readouterr().out


def test_invalid_choice_of_a_deprecated_option_is_refused(capsys) -> None:
    with pytest.raises(SystemExit):
        make_parser().parse_args(["analyse", "usage", "--bundle", "b", "--data", "d", "--side", "nowhere"])
    assert "invalid choice" in capsys.readouterr().err
