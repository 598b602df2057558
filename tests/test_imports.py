"""Imports point one way: every package may import only the layers below it, and no modules import one another."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# From the bottom up. A package may import those of the lines above its own, never its neighbours on the line.
TRAINER_LAYERS: tuple[set[str], ...] = (
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
BACKEND_LAYERS: tuple[set[str], ...] = (
    {"settings", "errors"},
    {"schemas"},
    {"store"},
    {"inference"},
    {"http"},
    {"routes"},
    {"app"},
    {"__main__", "openapi"},
)
# Packages with a stricter limit than their line gives.
TRAINER_ONLY: dict[str, set[str]] = {
    "runtime": set(),
    "audio": set(),
    "cluster": {"bundle", "config", "training"},
    "__main__": {"cli"},
}
SERVED = {"runtime", "config", "geometry", "audio", "model", "edits", "bundle", "metrics", "figures"}
"""What backend may import from trainer: the packages needed to run a model, not to train one."""

# Third-party packages that only the named modules import.
WRAPPED = {
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
        "trainer/metrics/prior/grouped_sample.py",
        "trainer/metrics/prior/sliced_wasserstein.py",
        "trainer/metrics/latents/total_correlation.py",
    },
}
LONGEST_MODULE = 300
LARGEST_FOLDER = 20


def allowed(part: str, layers: tuple[set[str], ...], only: Mapping[str, set[str]]) -> set[str]:
    """The parts of a package that `part` may import, besides itself."""
    if part in only:
        return only[part]
    line = next(number for number, layer in enumerate(layers) if part in layer)
    return set().union(*layers[:line])


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(source: Path) -> Iterator[str]:
    """Dotted names of all that `source` imports, anywhere in it: `from trainer import bundle` is trainer.bundle."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source.name}: write absolute imports"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parts(source: Path, package: str) -> set[str]:
    """The parts of `package` that `source` imports."""
    dotted = (name.split(".") for name in imports(source))
    return {names[1] for names in dotted if names[0] == package and len(names) > 1}


def part_of(source: Path, package: str) -> str:
    """trainer/model/sim.py -> model, trainer/edits.py -> edits"""
    return source.relative_to(ROOT / package).parts[0].removesuffix(".py")


def name_of(source: Path) -> str:
    """trainer/model/sim.py -> trainer.model.sim, trainer/model/__init__.py -> trainer.model"""
    return ".".join(source.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize(("package", "layers"), [("trainer", TRAINER_LAYERS), ("backend", BACKEND_LAYERS)])
def test_every_part_is_in_the_table_once(package: str, layers: tuple[set[str], ...]) -> None:
    listed = [part for layer in layers for part in layer]
    assert sorted(listed) == sorted({part_of(source, package) for source in sources(package)} - {"__init__"})


@pytest.mark.parametrize("source", sources("trainer"), ids=lambda source: str(source.relative_to(ROOT)))
def test_trainer_imports_lower_layers_only(source: Path) -> None:
    part = part_of(source, "trainer")
    if part == "__init__":
        assert parts(source, "trainer") == set()
    else:
        assert parts(source, "trainer") <= allowed(part, TRAINER_LAYERS, TRAINER_ONLY) | {part}
    assert parts(source, "backend") == set(), "the trainer does not know the service"


@pytest.mark.parametrize("source", sources("backend"), ids=lambda source: str(source.relative_to(ROOT)))
def test_backend_imports_lower_layers_only(source: Path) -> None:
    part = part_of(source, "backend")
    if part != "__init__":
        assert parts(source, "backend") <= allowed(part, BACKEND_LAYERS, {}) | {part}
    assert parts(source, "trainer") <= SERVED


def test_the_page_knows_only_the_contract() -> None:
    assert (ROOT / "frontend" / "index.html").is_file()
    assert sources("frontend") == []


def cycle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """A cycle of `graph` as a list of names; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_cycles_are_found() -> None:
    assert cycle({"a": ["b"], "b": ["c"]}) == []
    assert set(cycle({"a": ["b"], "b": ["a"]})) == {"a", "b"}


@pytest.mark.parametrize("package", ["trainer", "backend", "benchmarks", "scripts"])
def test_no_module_imports_itself_through_others(package: str) -> None:
    modules = {name_of(source): source for source in sources(package)}
    graph: dict[str, set[str]] = {}
    for name, source in modules.items():
        targets = (dotted if dotted in modules else dotted.rpartition(".")[0] for dotted in imports(source))
        # A package and the modules in it import each other by design: the package's __init__ re-exports their names.
        graph[name] = {target for target in targets if target in modules and not f"{name}.".startswith(f"{target}.")}
    assert cycle(graph) == []


@pytest.mark.parametrize("package", WRAPPED)
def test_third_party_package_is_imported_in_one_place(package: str) -> None:
    users = {source for source in sources("trainer") + sources("backend") if package in _roots(source)}
    assert {str(source.relative_to(ROOT)) for source in users} == WRAPPED[package]


def _roots(source: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(source)}


@pytest.mark.parametrize("package", ["trainer", "backend", "frontend", "benchmarks", "scripts"])
def test_modules_and_folders_stay_small(package: str) -> None:
    files = [path for path in (ROOT / package).rglob("*") if path.suffix in (".py", ".js")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in files if path.stem != "__init__")
    assert {name: count for name, count in counts.items() if count > LARGEST_FOLDER} == {}
