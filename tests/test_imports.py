"""Imports point one way: what this table says of each part is all it may lean on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From the bottom up. A package may import those of the lines above its own, never its neighbours on the line.
LAYERS = (
    {"config", "runtime"},
    {"geometry", "audio"},
    {"model"},
    {"objectives", "edits", "bundle"},
    {"corpus", "metrics"},
    {"figures", "training"},
    {"evaluation", "cluster"},
    {"publishing"},
    {"cli"},
    {"__main__"},
)
# Packages with a stricter limit than their line gives.
ONLY: dict[str, set[str]] = {
    "runtime": set(),
    "audio": set(),
    "cluster": {"bundle", "config", "training"},
    "__main__": {"cli"},
}
SERVED = {"runtime", "config", "geometry", "audio", "model", "edits", "bundle", "metrics", "figures"}
"""What backend may import from trainer: the packages needed to run a model, not to train one."""

# Packages from elsewhere that one place alone knows.
KEPT_TO = {
    "torchaudio": {"trainer/audio/log_mel.py"},
    "onnx": {"trainer/model/kernels/onnx_decoder.py"},
    "onnxruntime": {"trainer/model/kernels/onnx_decoder.py"},
    "sklearn": {"trainer/metrics/probing/linear_probe.py", "trainer/metrics/ensembles/hot_spots.py"},
    "espeakng_loader": {"trainer/corpus/espeak.py"},
    "pystoi": {"trainer/metrics/speech/stoi.py"},
    "pesq": {"trainer/metrics/speech/pesq.py"},
    "umap": {"trainer/metrics/latents/umap.py"},
    "parselmouth": {"trainer/metrics/speech/formants.py"},
    "scipy": {
        "trainer/metrics/prior/certificate.py",
        "trainer/metrics/statistics/significance.py",
        "trainer/metrics/prior/energy_distance.py",
        "trainer/metrics/prior/normality.py",
        "trainer/metrics/prior/grouped_pairs.py",
        "trainer/metrics/prior/sliced_wasserstein.py",
        "trainer/metrics/latents/total_correlation.py",
    },
}


def allowed(part: str) -> set[str]:
    """The parts of trainer that `part` may import, besides itself."""
    if part in ONLY:
        return ONLY[part]
    line = next(number for number, layer in enumerate(LAYERS) if part in layer)
    return set().union(*LAYERS[:line])


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(source: Path) -> Iterator[str]:
    """Dotted names of all that `source` imports, wherever in it, deep enough to tell `from trainer import bundle`."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.name}: imports are written out, not relative"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts(source: Path, package: str) -> set[str]:
    """The parts of `package` that `source` imports."""
    dotted = (name.split(".") for name in imports(source))
    return {names[1] for names in dotted if names[0] == package and len(names) > 1}


def part_of(source: Path) -> str:
    """trainer/model/sim.py -> model, trainer/training/fit_encoder.py -> fit"""
    return source.relative_to(ROOT / "trainer").parts[0].removesuffix(".py")


def test_every_part_of_trainer_is_in_the_table_once() -> None:
    listed = [part for layer in LAYERS for part in layer]
    assert sorted(listed) == sorted({part_of(source) for source in sources("trainer")} - {"__init__"})


@pytest.mark.parametrize("source", sources("trainer"), ids=lambda source: str(source.relative_to(ROOT)))
def test_trainer_leans_only_on_what_lies_below(source: Path) -> None:
    part = part_of(source)
    if part == "__init__":
        assert parts(source, "trainer") == set()
    else:
        assert parts(source, "trainer") <= allowed(part) | {part}
    assert parts(source, "backend") == set(), "the trainer knows nothing of the service"


@pytest.mark.parametrize("source", sources("backend"), ids=lambda source: str(source.relative_to(ROOT)))
def test_backend_takes_from_trainer_what_runs_a_model(source: Path) -> None:
    assert parts(source, "trainer") <= SERVED


def test_the_page_knows_only_the_contract() -> None:
    assert (ROOT / "frontend" / "index.html").is_file()
    assert sources("frontend") == []


@pytest.mark.parametrize("package", KEPT_TO)
def test_one_place_knows_the_package(package: str) -> None:
    users = {source for source in sources("trainer") + sources("backend") if package in _roots(source)}
    assert {str(source.relative_to(ROOT)) for source in users} == KEPT_TO[package]


def _roots(source: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(source)}
