"""Make a bundle fit to ship: half precision, example clips, a model card, nothing of the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from trainer import bundle
from trainer.bundle import BundleConfig, CorpusNote, Provenance, Report
from trainer.reports.reconstruction import RECONSTRUCTION_KEY

CARD = "MODEL_CARD.md"


def pack(source: Path, out: Path, *, examples_seed: int | None = None, rights: Path | None = None) -> None:
    """Write the bundle at `source` to `out`.

    `rights` is a JSON file {"licence", "notes", "corpora": {name: {"title", "licence", "attribution"}}}. With
    `examples_seed` the built-in synthesiser adds example clips. Reports are copied: measure the packed bundle again
    if half precision matters to you. Raises BundleError or ValueError.
    """
    header = bundle.read_config(source)
    provenance = _with_rights(header.provenance, json.loads(rights.read_text(encoding="utf-8")) if rights else {})
    model = bundle.load(source)
    bundle.save(out, model, provenance, dtype=torch.float16)
    report = bundle.read_report(source)
    if report is not None:
        bundle.write_report(out, report)
    if examples_seed is not None:
        from trainer.corpus.examples import synthesise_examples

        synthesise_examples(out / "examples", examples_seed)
    write_card(out)


def _with_rights(provenance: Provenance, rights: Mapping[str, Any]) -> Provenance:
    corpora = rights.get("corpora", {})
    unknown = corpora.keys() - {note.name for note in provenance.corpora}
    if unknown:
        raise ValueError(f"the rights name a corpus that the model was not trained on: {', '.join(sorted(unknown))}")
    notes = tuple(note.model_copy(update=corpora.get(note.name, {})) for note in provenance.corpora)
    return provenance.model_copy(
        update={"corpora": notes, "licence": rights.get("licence", ""), "notes": rights.get("notes", "")}
    )


def write_card(path: Path) -> None:
    """MODEL_CARD.md of the bundle at `path`, from its config.json and report.json."""
    header, report = bundle.read_config(path), bundle.read_report(path)
    (path / CARD).write_text(
        "\n".join([*_model(header), *_corpora(header.provenance.corpora), *_measures(report)]) + "\n", encoding="utf-8"
    )


def _model(header: BundleConfig) -> list[str]:
    config, provenance = header.config, header.provenance
    dims = ", ".join(str(module.dims) for module in config.encoder.modules)
    return [
        f"# Model card: preset `{config.preset}`",
        "",
        f"Smooth InfoMax encoder (arXiv 2408.12936) of {len(config.encoder.modules)} modules with {dims} dimensions, "
        f"{config.sample_rate} Hz, and one `{config.decoder.kind}` decoder a module. Trained {config.training.steps} "
        f"steps (encoder) and {config.decoder_training.steps} (each decoder), seed {provenance.seed}, "
        f"code {provenance.code_version or 'unknown'}. Every setting stands in config.json.",
        "",
        f"Licence: {provenance.licence or 'not stated'}",
        *(["", provenance.notes] if provenance.notes else []),
        "",
    ]


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _table(*head: str) -> list[str]:
    return [_row(*head), "|" + "---|" * len(head)]


def _corpora(notes: tuple[CorpusNote, ...]) -> list[str]:
    head = _table("corpus", "recordings", "minutes", "speakers", "held out", "licence", "attribution")
    rows = [
        _row(
            note.title or note.name,
            note.recordings,
            f"{note.minutes:g}",
            note.speakers or "?",
            len(note.held_out),
            note.licence or "not stated",
            note.attribution,
        )
        for note in notes
    ]
    return ["## Learnt from", "", *head, *rows, ""]


def _measures(report: Report | None) -> list[str]:
    if report is None:
        return ["Not measured yet: `python -m trainer analyse usage`."]
    lines = ["## Measured", "", *_table("module", "active dimensions", "KL, nats a frame", "frames")]
    for part in report.modules:
        active = sum(dimension.active for dimension in part.dimensions)
        kl = sum(dimension.kl or 0.0 for dimension in part.dimensions)
        lines.append(_row(part.module, f"{active} of {len(part.dimensions)}", f"{kl:.1f}", part.frames))
    rows = (report.model_extra or {}).get(RECONSTRUCTION_KEY, [])
    if rows:
        lines += [
            "",
            "Correlation of the decoded clip's log-mel with the original's, mean and 95 % bootstrap interval; "
            "beside it the clip's own mean spectrum, held still.",
            "",
            *_table("clips", "module", "correlation", "held still", "n"),
        ]
    for row in rows:
        score, base = _interval(row["correlation"]), _interval(row["baseline"])
        lines.append(_row(row["data"], row["module"], score, base, row["correlation"]["n"]))
    return lines


def _interval(estimate: Mapping[str, float]) -> str:
    return f"{estimate['mean']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
