"""Packing of a bundle for distribution: half precision, example clips, a model card, without the run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from trainer import bundle
from trainer.bundle import Provenance
from trainer.publishing.model_card import write_model_card


def pack(source: Path, out: Path, *, examples_seed: int | None = None, rights: Path | None = None) -> None:
    """Write the bundle at `source` to `out` in half precision, with its report and a model card.

    `rights`: a JSON file {"licence", "notes", "corpora": {name: {"title", "licence", "attribution"}}}. With
    `examples_seed`, the built-in synthesiser adds example clips. The report and the frames for typicality are copied,
    so they describe the weights before packing. Raises BundleError or ValueError.
    """
    header = bundle.read_config(source)
    provenance = _with_rights(header.provenance, json.loads(rights.read_text(encoding="utf-8")) if rights else {})
    model = bundle.load(source)
    bundle.save(out, model, provenance, dtype=torch.float16)
    report = bundle.read_report(source)
    if report is not None:
        bundle.write_report(out, report)
    dims = [model.dims(module) for module in range(1, model.modules_count + 1)]
    bundle.save_typicality(out, bundle.read_typicality(source, dims))
    if examples_seed is not None:
        from trainer.corpus.examples import synthesise_examples

        synthesise_examples(out / "examples", examples_seed)
    write_model_card(out)


def _with_rights(provenance: Provenance, rights: Mapping[str, Any]) -> Provenance:
    corpora = rights.get("corpora", {})
    unknown = corpora.keys() - {note.name for note in provenance.corpora}
    if unknown:
        raise ValueError(
            f"the rights file names a corpus that the model was not trained on: {', '.join(sorted(unknown))}"
        )
    notes = tuple(note.model_copy(update=corpora.get(note.name, {})) for note in provenance.corpora)
    return provenance.model_copy(
        update={"corpora": notes, "licence": rights.get("licence", ""), "notes": rights.get("notes", "")}
    )
