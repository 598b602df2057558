"""What README tells people to type works, and what it should tell is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient
from torch.distributed.run import get_args_parser

from backend.app import create_app
from backend.settings import Settings
from benchmarks.shipped import kept, smooth
from trainer.cli.main import make_parser

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RATE = 22_050


def code(language: str) -> list[str]:
    """The blocks of README in `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def commands(start: str) -> list[list[str]]:
    """The words of each command of README that begins with `start`."""
    lines = [line for block in code("sh") for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line) for line in lines if line.startswith(start)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the recording that README speaks of: 0.8 s of a buzz that swells."""
    times = np.arange(round(0.8 * RATE)) / RATE
    buzz = np.sign(np.sin(2 * np.pi * 120 * times)) * np.sin(np.pi * times / times[-1])
    soundfile.write(tmp_path / "speech.wav", 0.2 * buzz, RATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(models=()))) as client:
        yield client


def test_every_setting_is_told_with_its_default_and_meaning() -> None:
    rows = ["| variable | default | |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = f"`{field.default}`" if field.default not in ((), "", None) else "none"
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    table = "\n".join(rows)
    assert table in README, f"README's table of settings should be:\n{table}"


def test_every_file_that_readme_names_is_there() -> None:
    named = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert "LICENSE" in named
    assert [link for link in named if not (ROOT / link).is_file()] == []


def test_the_make_targets_of_readme_exist() -> None:
    targets = {command[1] for command in commands("make ")}
    assert targets >= {"run", "test"}
    defined = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert targets <= defined


def test_the_trainer_understands_the_commands_of_readme() -> None:
    told = commands("python -m trainer ")
    wanted = {"corpus", "fit", "decoder", "align", "analyse", "report", "ensemble", "sweep"}
    assert {command[3] for command in told} == wanted
    for command in told:
        assert callable(make_parser().parse_args(command[3:]).run)


def test_torchrun_understands_its_commands_and_so_does_the_trainer_it_starts() -> None:
    [told] = commands("torchrun ")
    launch = get_args_parser().parse_args(told[1:])
    assert (launch.module, launch.training_script) == (True, "trainer")
    assert callable(make_parser().parse_args(launch.training_script_args).run)


def test_the_curl_examples_work(client: TestClient, here: Path) -> None:
    encode, decode = (block for block in code("sh") if "curl" in block)

    [(field, file, address)] = re.findall(r"curl -s -F (\w+)=@(\S+) localhost:8000(\S+)", encode)
    answer = client.post(address, files={field: (file, (here / file).read_bytes())})
    assert answer.status_code == 200, answer.text

    [(address, flags, body)] = re.findall(r"curl -s localhost:8000(\S+) (.*) -d @- << END\n(.*)END\n", decode, re.S)
    headers = dict(header.split(": ") for header in re.findall(r"-H '(.*?)'", flags))
    answer = client.post(address, content=body.replace("$clip", answer.json()["clip"]), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "audio/wav"


def test_the_python_example_works(here: Path) -> None:
    [example] = code("python")
    exec(compile(example, "README.md", "exec"), {})
    sound, rate = soundfile.read(here / "changed.flac")
    assert len(sound) / rate == pytest.approx(0.8, abs=0.001)
    assert np.abs(sound).max() > 0


def test_the_figures_of_readme_are_those_of_the_report() -> None:
    """Three sets of recordings, each through three modules and the paper's decoder of each, and beside two anchors."""
    lines = kept().splitlines()
    assert len(lines) == 2 + 3 * 8
    assert all(line in README for line in lines)
    lines = smooth().splitlines()
    assert len(lines) == 2 + 3 * 2 * 2, "three modules, two walks, and GIM beside SIM"
    assert all(line in README for line in lines)
