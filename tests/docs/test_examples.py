"""The commands, requests and programs in README, the tutorials and the guides work."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient
from torch.distributed.run import get_args_parser

from backend.app import create_app
from backend.settings import Settings
from tests.docs.markdown_pages import DOCS, PAGES, README, ROOT, code_blocks, commands, name, shell_lines
from tests.signals import sample_times, square_wave
from trainer.cli.main import make_parser

TUTORIAL = DOCS / "tutorials" / "first-sound.md"
RATE = 22_050
TRAINER, COMPOSE_TRAINER = "python -m trainer ", "docker compose run --rm train "
TRAINER_COMMANDS = [
    pytest.param(words, id=f"{name(page)}: {' '.join(words)[:70]}")
    for page in PAGES
    for words in [command[3:] for command in commands(page, TRAINER)]
    + [command[5:] for command in commands(page, COMPOSE_TRAINER)]
]
CHECKED_ELSEWHERE = (TRAINER, COMPOSE_TRAINER, "torchrun ", "make ", "clip=$(curl", "curl ")
"""Commands that other tests of this file check."""
HARMLESS = (
    "source .venv/bin/activate",
    "docker compose up",
    "docker compose up --scale explorer=3",
    "TORCH_INDEX= docker compose up --build",
    "tensorboard --logdir models/mine/run",
    "pre-commit install",
)


@pytest.fixture
def folder_with_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with the recording that the examples read: 0.8 s of a pulse train with a smooth envelope."""
    times = sample_times(0.8, RATE)
    buzz = square_wave(120, 0.8, RATE) * np.sin(np.pi * times / times[-1])
    soundfile.write(tmp_path / "speech.wav", 0.2 * buzz, RATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(models=()))) as client:
        yield client


def test_make_targets_exist() -> None:
    used = {word for page in PAGES for line in shell_lines(page) for word in _make_target(line)}
    assert used >= {"run", "test", "check", "docs", "train-demo", "compare-demo"}
    defined = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert used <= defined


def _make_target(line: str) -> list[str]:
    words = [word for word in shlex.split(line) if "=" not in word]
    return words[1:2] if words[:1] == ["make"] else []


def test_settings_in_commands_exist() -> None:
    lines = [line for page in PAGES for line in shell_lines(page) if re.search(r"\bmake run\b", line)]
    used = {word.partition("=")[0] for line in lines for word in shlex.split(line) if "=" in word}
    assert used >= {"PORT", "MODELS", "PREFIX", "AUTH_TOKEN"}
    assert used <= {field.upper() for field in Settings.model_fields}


@pytest.mark.parametrize("words", TRAINER_COMMANDS)
def test_trainer_accepts_command(words: list[str]) -> None:
    assert callable(make_parser().parse_args(words).run)


def test_every_group_of_trainer_commands_has_an_example() -> None:
    used = {command.values[0][0] for command in TRAINER_COMMANDS}
    wanted = {"corpus", "fit", "fit-decoder", "whiten", "rotate", "analyse", "report", "pack", "ensemble", "sweep"}
    assert used == wanted


def test_torchrun_and_the_trainer_it_starts_accept_their_options() -> None:
    [command] = [words for page in PAGES for words in commands(page, "torchrun ")]
    launch = get_args_parser().parse_args(command[1:])
    assert (launch.module, launch.training_script) == (True, "trainer")
    assert callable(make_parser().parse_args(launch.training_script_args).run)


def test_extras_in_pip_commands_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    used = {extra for group in re.findall(r"'\.\[([a-z,0-9]+)\]'", text) for extra in group.split(",")}
    assert used >= {"synth", "measures", "umap", "tensorboard"}
    assert used <= set(project["optional-dependencies"])


def test_modules_that_python_runs_exist() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    used = set(re.findall(r"python -m ([a-z_.]+)", text))
    assert used >= {"trainer", "backend", "benchmarks", "scripts.generate_reference"}
    assert [module for module in used if importlib.util.find_spec(module) is None] == []


def test_benchmarks_named_in_the_pages_exist() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    used = set(re.findall(r"python -m benchmarks ([a-z]+)", text))
    assert used >= {"load", "train", "tables", "syllables"}
    choices = (ROOT / "benchmarks" / "__main__.py").read_text(encoding="utf-8")
    assert [name for name in used if not re.search(rf"\b{name}\b", choices)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_shell_command_is_checked(page: Path) -> None:
    """No command escapes the tests of this file."""
    unchecked = []
    for line in shell_lines(page):
        command = re.sub(r"^([A-Z_]+=\S* )+", "", line)
        known = line in HARMLESS or line.startswith(CHECKED_ELSEWHERE) or command.startswith("make ")
        known = known or re.match(r"python -m (pip install|benchmarks|scripts)\b|pip install ", line)
        unchecked += [] if known else [line]
    assert unchecked == []


@pytest.mark.parametrize("page", [README, TUTORIAL], ids=name)
def test_curl_examples_work(page: Path, client: TestClient, folder_with_recording: Path) -> None:
    text = "\n".join(block for block in code_blocks(page, "sh") if "curl" in block)

    [(field, file, address)] = re.findall(r"curl -s -F (\w+)=@(\S+) localhost:8000(\S+)", text)
    answer = client.post(address, files={field: (file, (folder_with_recording / file).read_bytes())})
    assert answer.status_code == 200, answer.text
    clip = answer.json()["clip"]

    requests = re.findall(r"curl -s localhost:8000(\S+) ([^\n]*) -d @- << END\n(.*?)END\n", text, re.S)
    assert len(requests) == (2 if page == TUTORIAL else 1)
    for number, (address, flags, body) in enumerate(requests):
        headers = dict(header.split(": ") for header in re.findall(r"-H '(.*?)'", flags))
        answer = client.post(address, content=body.replace("$clip", clip), headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == ("audio/wav" if number == 0 else "application/json")


def test_curl_example_with_a_token_works() -> None:
    [line] = [line for line in shell_lines(DOCS / "how-to" / "serve.md") if line.startswith("curl ")]
    [(header, address)] = re.findall(r"curl -H '(.*?)' localhost:8000(\S+)", line)
    token = header.removeprefix("Authorization: Bearer ")
    with TestClient(create_app(Settings(models=(), auth_token=token))) as client:
        assert client.get(address).status_code == 401
        assert client.get(address, headers=dict([header.split(": ")])).status_code == 200


@pytest.mark.parametrize("page", [README, TUTORIAL], ids=name)
def test_python_example_works(page: Path, folder_with_recording: Path) -> None:
    [example] = code_blocks(page, "python")
    exec(compile(example, page.name, "exec"), {})
    sound, rate = soundfile.read(folder_with_recording / "changed.flac")
    assert len(sound) / rate == pytest.approx(0.8, abs=0.001)
    assert np.abs(sound).max() > 0


def test_python_examples_are_only_where_they_are_executed() -> None:
    """Python blocks elsewhere are recipes, in pages that add code to the project."""
    pages = {name(page) for page in PAGES if code_blocks(page, "python")}
    recipes = {f"docs/how-to/add-a-{kind}.md" for kind in ("metric", "decoder", "corpus-layout")}
    assert pages <= {name(README), name(TUTORIAL), *recipes}


def test_example_in_the_tutorial_is_that_of_readme() -> None:
    assert code_blocks(README, "python") == code_blocks(TUTORIAL, "python")
