"""The wheel: it contains everything the explorer needs, and its console commands work in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer.runtime import distribution

ROOT = Path(__file__).parents[1]
SOURCES = ("backend", "frontend", "trainer", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel installed; dependencies come from the environment of this test."""
    folder = tmp_path_factory.mktemp("packaging")
    checkout = folder / "checkout"  # a copy, since a build leaves its results in the source tree
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, checkout / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(checkout)]
    subprocess.run(build, check=True, timeout=240)
    (wheel,) = folder.glob("*.whl")

    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    paths = {"base": str(environment), "platbase": str(environment)}
    site_packages = Path(sysconfig.get_path("purelib", "venv", paths))
    # A path in a .pth file is searched after the environment's own packages, and .pth files behind it are not read: the
    # editable install of this checkout stays invisible.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    install = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*install, "--no-deps", "--no-index", "--force-reinstall", str(wheel)], check=True, timeout=120)
    return environment


def run(environment: Path, *command: str) -> str:
    """The output of a program of `environment`, run outside the checkout."""
    return subprocess.run(
        [str(environment / "bin" / command[0]), *command[1:]],
        cwd=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=60) as answer:
            return answer.status == 200
    except urllib.error.HTTPError:  # 503 until a model is loaded
        return False


@pytest.fixture(scope="module")
def address(environment: Path) -> Iterator[str]:
    """The address of an explorer started by the console command `sim-explorer`."""
    server = subprocess.Popen(
        [str(environment / "bin" / "sim-explorer")],
        cwd=environment,
        env={**os.environ, "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().split()[-1]
        deadline = time.monotonic() + 120
        while not is_ready(address):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def test_wheel_is_imported_from_its_own_environment(environment: Path) -> None:
    found = run(environment, "python", "-c", "import trainer, backend; print(trainer.__file__, backend.__file__)")
    assert all(str(environment) in path for path in found.split())


def test_console_command_serves_until_ready(address: str) -> None:
    with urllib.request.urlopen(f"{address}/readyz", timeout=60) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{address}/models", timeout=60) as answer:
        assert json.load(answer)["models"]


@pytest.mark.parametrize("path", ["/", "/main.js", "/core/state.js", "/styles.css", "/favicon.svg"])
def test_wheel_contains_the_page(address: str, path: str) -> None:
    with urllib.request.urlopen(address + path, timeout=60) as answer:
        assert answer.status == 200


def test_console_command_of_the_trainer(environment: Path) -> None:
    assert "fit-decoder" in run(environment, "sim-trainer", "--help")


def test_installed_package_names_itself_in_install_commands(environment: Path) -> None:
    code = "from trainer.runtime.distribution import install_command; print(install_command('measures'))"
    assert run(environment, "python", "-c", code).strip() == "pip install 'sim-speech-explorer[measures]'"


def test_checkout_names_an_editable_install_in_install_commands() -> None:
    assert distribution.install_command("measures") == "pip install -e '.[measures]'"
