"""The page's modules: layers, cycles, sizes and the preload list of index.html."""

from __future__ import annotations

import posixpath
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "frontend"

# What the modules of a folder may import; `main` is main.js. Types in JSDoc comments are erased and may point anywhere.
LAYERS = {
    "core": {"core"},
    "server": {"core", "server"},
    "drawing": {"core", "drawing"},
    "audio": {"core", "server", "audio"},
    "features": {"core", "server", "drawing", "audio", "features"},
    "main": {"core", "server", "drawing", "audio", "features"},
}
CLASSIC_SCRIPTS = {"audio/microphone-worklet.js", "features/onboarding/onboarding.js"}
"""Loaded by address, not imported: an audio worklet, and a script that runs before the first paint."""

IMPORT = re.compile(r"""^(?:import|export)\b[^;"']*?(?:\bfrom\s*)?["'](\.[^"']+)["'];""", re.MULTILINE)
DYNAMIC_IMPORT = re.compile(r"""^(?!\s*/?\*)[^\n]*?(?<!\{)\bimport\(\s*["'](\.[^"']+)["']\)""", re.MULTILINE)


def modules() -> dict[str, str]:
    return {path.relative_to(PAGE).as_posix(): path.read_text() for path in sorted(PAGE.rglob("*.js"))}


def imports() -> dict[str, set[str]]:
    """The modules that each module imports, by path relative to the page."""
    code = {path: re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL) for path, text in modules().items()}
    return {
        path: {
            posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            for pattern in (IMPORT, DYNAMIC_IMPORT)
            for target in pattern.findall(text)
        }
        for path, text in code.items()
    }


def layer(path: str) -> str:
    return path.split("/")[0].removesuffix(".js")


def feature(path: str) -> str:
    return path.split("/")[1]


def test_every_import_names_a_module() -> None:
    found = imports()
    assert len(found) > 100
    missing = {(path, target) for path, targets in found.items() for target in targets if target not in found}
    assert not missing


def test_every_module_is_used() -> None:
    used = set[str]().union(*imports().values())
    assert set(modules()) - used == CLASSIC_SCRIPTS | {"main.js"}


def test_imports_follow_the_layers() -> None:
    wrong = {
        (path, target)
        for path, targets in imports().items()
        for target in targets
        if layer(target) not in LAYERS[layer(path)]
    }
    assert not wrong


def test_a_model_imports_no_view() -> None:
    """A feature's model.js and the data modules next to it run without a document."""
    wrong = {
        (path, target)
        for path, targets in imports().items()
        for target in targets
        if posixpath.basename(path) == "model.js" and (target.endswith("view.js") or target.startswith("drawing/dom"))
    }
    assert not wrong


def test_modules_have_no_import_cycle() -> None:
    check_acyclic(imports())


def test_features_have_no_import_cycle() -> None:
    between: dict[str, set[str]] = {}
    for path, targets in imports().items():
        if layer(path) == "features":
            others = {feature(target) for target in targets if layer(target) == "features"}
            between.setdefault(feature(path), set()).update(others - {feature(path)})
    check_acyclic(between)


def check_acyclic(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"Import cycle: {' -> '.join(error.args[1])}")


def test_modules_and_folders_are_small() -> None:
    long = {path: count for path, text in modules().items() if (count := len(text.splitlines())) > 300}
    assert not long
    folders = [PAGE, *(path for path in PAGE.rglob("*") if path.is_dir())]
    full = {path.name: count for path in folders if (count := sum(file.is_file() for file in path.iterdir())) > 20}
    assert not full
