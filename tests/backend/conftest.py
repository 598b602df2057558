"""Fixtures: bundles with random weights, an app that serves them, and test recordings."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from starlette.testclient import TestClient

from backend.app import create_app
from backend.settings import Settings
from tests.signals import formant_harmonics, sine
from trainer import bundle
from trainer.audio import write_flac
from trainer.bundle import DimensionReport, FactorLabel, HistogramReport, ModuleReport, PriorReport, Report
from trainer.bundle.files import write_json
from trainer.config import Config, override, preset
from trainer.model import Model

RATE = 16_000
QUANTILES = tuple(np.linspace(0.0, 2.0, 101))


def make_bundle(path: Path, config: Config, *, decoders: tuple[int, ...] = (1, 2, 3), seed: int = 0) -> Path:
    """Write a bundle of `config` with random weights to `path`."""
    torch.manual_seed(seed)
    model = Model(config)
    for module in decoders:
        model.add_decoder(module)
    bundle.save(path, model)
    return path


def _add_report(path: Path, config: Config) -> None:
    modules = []
    for number, module in enumerate(config.encoder.modules, start=1):
        dimensions = [DimensionReport(dim=dim, kl=0.5 / (dim + 1), active=dim < 4) for dim in range(module.dims - 1)]
        label = FactorLabel(factor="voicing", bits=0.5, low=0.4, high=0.6)
        spread = {"mean": 0.25, "std": 1.5, "histogram": HistogramReport(low=-2.0, high=2.0, counts=(1, 0, 2))}
        dimensions[0] = dimensions[0].model_copy(update={"sensitivity": 1.5, "labels": (label,), **spread})
        prior = PriorReport(frame_rms_quantiles=QUANTILES)
        modules.append(ModuleReport(module=number, dimensions=tuple(dimensions), prior=prior))
    bundle.write_report(path, Report(modules=tuple(modules)))


def _add_example(path: Path, waveform: NDArray[np.float32]) -> None:
    (path / "examples").mkdir()
    write_flac(path / "examples" / "vowel.flac", waveform, RATE)
    example = {"id": "vowel-1", "file": "vowel.flac", "label": "a", "duration": 1.0, "speaker": "s1", "f0": 120.0}
    write_json(path / "examples" / "examples.json", [example])


def vowel(seconds: float = 1.0, rate: int = RATE, f0: float = 120.0, level: float = 0.2) -> NDArray[np.float32]:
    """A vowel with 3 Hz amplitude modulation, so that no two frames are equal [samples]."""
    formants = (700.0, 1200.0, 2600.0)
    wave = formant_harmonics(f0, formants, seconds, rate, highest_hz=min(30 * f0, rate / 2))
    modulation = 0.6 + 0.4 * sine(3.0, seconds, rate)
    return (level * modulation * wave / np.abs(wave).max()).astype(np.float32)


def audio_file(waveform: NDArray[Any], rate: int = RATE, *, kind: str = "WAV", subtype: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


@contextmanager
def running(settings: Settings, shipped: Path) -> Iterator[TestClient]:
    """Client of an app that is ready."""
    with TestClient(create_app(settings, shipped)) as client:
        deadline = time.monotonic() + 300
        while client.get("/readyz").status_code != 200:
            assert time.monotonic() < deadline, client.get("/readyz").text
            time.sleep(0.02)
        yield client


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with three decoders, a report and an example."""
    config = preset("tiny")
    path = make_bundle(tmp_path_factory.mktemp("bundles") / "tiny", config)
    _add_report(path, config)
    _add_example(path, vowel())
    return path


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deterministic bundle with no report, no example and one decoder."""
    config = override(preset("tiny"), {"preset": "plain", "encoder.probabilistic": False})
    return make_bundle(tmp_path_factory.mktemp("bundles") / "plain", config, decoders=(3,), seed=1)


@pytest.fixture(scope="session")
def slow_rate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle at another sample rate."""
    config = override(preset("tiny"), {"sample_rate": 8_000})
    return make_bundle(tmp_path_factory.mktemp("bundles") / "tiny-8k", config, seed=2)


@pytest.fixture(scope="session")
def client(tiny: Path, plain: Path, slow_rate: Path) -> Iterator[TestClient]:
    """Client of an app with three bundles, tiny the default, and low limits."""
    settings = Settings(models=(plain, slow_rate), upload_bytes=1 << 20, max_seconds=20.0)
    with running(settings, tiny) as client:
        yield client


@pytest.fixture
def start(tiny: Path) -> Iterator[Callable[..., TestClient]]:
    """Start another app: `start(queue_limit=0)`. Its shipped bundle is tiny by default."""
    apps = []

    def _start(*, shipped: Path = tiny, **settings: Any) -> TestClient:
        app = running(Settings(**settings), shipped)
        apps.append(app)
        return app.__enter__()

    yield _start
    for app in reversed(apps):
        app.__exit__(None, None, None)


@pytest.fixture(scope="session")
def sound() -> NDArray[np.float32]:
    return vowel()


@pytest.fixture(scope="session")
def clip(client: TestClient, sound: NDArray[np.float32]) -> str:
    """Id of an encoded vowel of one second."""
    answer = client.post("/encode", files={"file": ("vowel.wav", audio_file(sound))})
    assert answer.status_code == 200, answer.text
    name: str = answer.json()["clip"]
    return name


@pytest.fixture(scope="session")
def to_file() -> Callable[..., bytes]:
    """`to_file(waveform, rate, kind=..., subtype=...)`: an audio file's bytes."""
    return audio_file


@pytest.fixture(scope="session")
def make_vowel() -> Callable[..., NDArray[np.float32]]:
    return vowel


@pytest.fixture(scope="session")
def bundle_maker() -> Callable[..., Path]:
    return make_bundle


@pytest.fixture(scope="session")
def check_problem() -> Callable[..., dict[str, Any]]:
    """`check_problem(answer, status, field=...)`: a complete problem document that reveals nothing of this machine."""

    def _check(answer: Any, status: int, *, field: str | None = None, kind: str | None = None) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        assert problem.keys() - {"field"} == {"type", "title", "status", "detail", "request_id"}
        assert problem["status"] == status
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert problem["title"]
        assert len(problem["detail"]) > 10
        assert problem.get("field") == field, problem
        if kind is not None:
            assert problem["type"].rsplit("/", 1)[-1] == kind
        for secret in ("Traceback", str(Path.cwd()), "/tmp", ".py"):
            assert secret not in answer.text
        return problem

    return _check
