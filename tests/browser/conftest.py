"""Fixtures of the browser tests: a server with the shipped model, Chromium, and a recording."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from benchmarks.chromium import EXECUTABLE, launch

from .explorer import Explorer, Opener

STARTUP_SECONDS = 60
REPOSITORY = Path(__file__).parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@contextmanager
def serve(**settings: str) -> Iterator[str]:
    """Run `python -m backend` with these settings on a free port; yields its address."""
    environment = {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": "0",
        "OMP_WAIT_POLICY": "passive",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }
    command = [sys.executable, "-m", "backend"]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = next((line for line in process.stdout if "http://" in line), "")
        assert line, "the server ended without printing its address"
        address = line[line.index("http://") :].strip()
        _wait_until_ready(address)
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with serve() as address:
        yield address


def _wait_until_ready(address: str) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                return
        except urllib.error.HTTPError as error:
            reason = error.read().decode()
        except OSError as error:
            reason = str(error)
        assert time.monotonic() < deadline, f"the server did not become ready: {reason}"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not EXECUTABLE.exists():
        missing = f"Chromium is not at {EXECUTABLE}"
        if os.environ.get("SIM_EXPLORER_REQUIRE_BROWSER") == "1":  # set in CI
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        chromium = launch(playwright, "--use-fake-device-for-media-stream")  # beeps once a second
        yield chromium
        chromium.close()


@pytest.fixture
def new_explorer(browser: Browser, server: str) -> Iterator[Opener]:
    """Opens explorers, each in a separate browser context."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> Explorer:
        contexts.append(browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options}))
        return Explorer(contexts[-1].new_page(), server)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def explorer(new_explorer: Opener) -> Explorer:
    """The explorer on a wide screen, opened without a fragment in its address."""
    return new_explorer().open()


@pytest.fixture
def vowel(tmp_path: Path) -> Path:
    """A WAV file of 0.8 s that glides from one vowel to another, at 22 050 Hz so that it must be resampled."""
    rate, pitch = 22_050, 120.0
    time_axis = np.arange(int(0.8 * rate)) / rate
    share = time_axis / time_axis[-1]
    wave = np.zeros_like(time_axis)
    for harmonic in range(1, 40):
        hz = harmonic * pitch
        formants = ((700 - 400 * share, 1200 + 1000 * share), (120.0, 200.0))
        level = sum(np.exp(-(((hz - centre) / width) ** 2)) for centre, width in zip(*formants, strict=True))
        wave += (level + 0.01) * np.sin(2 * np.pi * hz * time_axis)
    path = tmp_path / "my vowel.wav"
    soundfile.write(path, 0.3 * wave / np.abs(wave).max(), rate)
    return path
