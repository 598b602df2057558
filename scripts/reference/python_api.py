"""Reference of the Python API: directives for mkdocstrings, which reads signatures and docstrings from the source."""

from __future__ import annotations

import ast
from pathlib import Path

from scripts.reference import bundle
from scripts.reference.markdown import page, table

ROOT = Path(__file__).parents[2]
PACKAGES = ("trainer.bundle", "trainer.model", "trainer.audio", "trainer.edits", "trainer.geometry", "trainer.corpus")
"""The packages that programs use; the models of configuration and bundle files have their own pages."""


def render() -> str:
    """The page."""
    sections = []
    for name in PACKAGES:
        sections.append(f"## {name}\n\n{docstring(name)}\n")
        documented = set(bundle.models()) if name == "trainer.bundle" else set()
        names = [public for public in public_names(name) if public not in documented]
        sections += [f"::: {name}.{public}\n" for public in names]
    return page("python-api", packages=package_table(), names="\n".join(sections))


def package_table() -> str:
    """Every package and top-level module of `trainer`, with the first line of its docstring."""
    root = ROOT / "trainer"
    found = sorted(path.parent.name for path in root.glob("*/__init__.py"))
    found += sorted(path.stem for path in root.glob("*.py") if not path.stem.startswith("__"))
    return table(["package", "content"], ([f"`trainer.{name}`", docstring(f"trainer.{name}")] for name in found))


def public_names(module: str) -> list[str]:
    """The names of `__all__` without constants, or else the public classes and functions."""
    tree = _tree(module)
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = [str(name) for name in ast.literal_eval(node.value)]
            return [name for name in names if not name.isupper()]
    public = (ast.ClassDef, ast.FunctionDef)
    return [node.name for node in tree.body if isinstance(node, public) and not node.name.startswith("_")]


def docstring(module: str) -> str:
    """The first paragraph of a module's docstring."""
    return " ".join((ast.get_docstring(_tree(module)) or "").partition("\n\n")[0].split())


def _tree(module: str) -> ast.Module:
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"))
