"""The recipes work: the new file of each is imported under its name, and the test of the recipe passes."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.docs.markdown_pages import DOCS, PAGES, ROOT, code_blocks, name

RECIPES = [DOCS / "how-to" / f"add-a-{kind}.md" for kind in ("metric", "decoder", "corpus-layout")]
_PATH = re.compile(r"`((?:trainer|backend|frontend|tests|benchmarks|scripts|docs)/[\w./-]+)`")


@pytest.fixture
def recipe_module(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The module that a recipe adds, importable while the test runs."""
    page: Path = request.param
    path = re.search(r"\*\*1\. The file\*\*, `([\w/]+)\.py`", page.read_text(encoding="utf-8"))
    assert path is not None
    module = ModuleType(path[1].replace("/", "."))
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


@pytest.mark.parametrize(
    ("page", "recipe_module"), [(page, page) for page in RECIPES], indirect=["recipe_module"], ids=name
)
def test_recipe_works(page: Path, recipe_module: ModuleType, tmp_path: Path) -> None:
    new_file, test_file = code_blocks(page, "python")
    exec(compile(new_file, f"{recipe_module.__name__}", "exec"), recipe_module.__dict__)
    namespace: dict[str, object] = {}
    exec(compile(test_file, f"test of {page.name}", "exec"), namespace)
    tests = [value for key, value in namespace.items() if key.startswith("test_")]
    assert tests
    for test in tests:
        test(*[tmp_path for _ in inspect.signature(test).parameters])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_named_in_the_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    new = set(re.findall(r"\*\*1\. The file\*\*, `([\w/.]+)`", text))
    named = {path for path in _PATH.findall(text) if path not in new and "..." not in path}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
