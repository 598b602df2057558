"""Reference of the bundle format."""

from __future__ import annotations

import inspect

from pydantic import BaseModel

from scripts.reference.markdown import page
from scripts.reference.models import model_section
from trainer.bundle import schema

_CONFIG = ("BundleConfig", "Provenance", "CorpusNote")
_EXAMPLES = ("Example", "Phone")


def render() -> str:
    """The page."""
    found = models()
    report = [name for name in found if name not in (*_CONFIG, *_EXAMPLES)]
    report.sort(key=lambda name: name != "Report")
    groups = {"config": _CONFIG, "report": report, "examples": _EXAMPLES}
    sections = {
        group: "\n".join(model_section(found[name], f"### {name}") for name in names) for group, names in groups.items()
    }
    return page("bundle", **sections)


def models() -> dict[str, type[BaseModel]]:
    """The models of the JSON files, by name."""
    own = vars(schema).items()
    return {
        name: one
        for name, one in own
        if inspect.isclass(one) and issubclass(one, BaseModel) and one.__module__ == schema.__name__
    }
