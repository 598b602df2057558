"""Reference of the bundle format."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from pydantic import BaseModel

from scripts.reference.markdown import page
from scripts.reference.models import model_section
from trainer.bundle import ensembles, schema

_CONFIG = ("BundleConfig", "Provenance", "CorpusNote")
_EXAMPLES = ("Example", "Phone")
_ROOTS = ("BundleConfig", "Report", "Example", "Ensemble")


def render() -> str:
    """The page."""
    found = models()
    ensemble = [name for name, model in found.items() if model.__module__ == ensembles.__name__]
    report = [name for name in found if name not in (*_CONFIG, *_EXAMPLES, *ensemble)]
    groups = {"config": _CONFIG, "report": report, "examples": _EXAMPLES, "ensemble": ensemble}
    sections = {
        group: "\n".join(model_section(found[name], f"### {name}") for name in _root_first(names))
        for group, names in groups.items()
    }
    return page("bundle", **sections)


def models() -> dict[str, type[BaseModel]]:
    """The models of the JSON files, by name."""
    classes = [one for module in (schema, ensembles) for one in vars(module).values() if inspect.isclass(one)]
    own = [one for one in classes if one.__module__ in (schema.__name__, ensembles.__name__)]
    return {one.__name__: one for one in own if issubclass(one, BaseModel)}


def _root_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: name not in _ROOTS)
