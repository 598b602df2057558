"""Model card of a bundle: its configuration, training corpora and evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from trainer import bundle
from trainer.bundle import BundleConfig, CorpusNote, ModuleReport, Report
from trainer.evaluation.decoding.decoders import DECODERS_KEY
from trainer.evaluation.decoding.decoders import TITLES as DECODER_TITLES
from trainer.evaluation.decoding.reconstruction import RECONSTRUCTION_KEY
from trainer.evaluation.decoding.smoothness import SMOOTHNESS_KEY
from trainer.evaluation.decoding.smoothness import TITLES as SMOOTHNESS_TITLES
from trainer.evaluation.dimensions.rotation import ALIGNMENT_KEY
from trainer.evaluation.report_rows import rows_of
from trainer.evaluation.text_table import format_interval

MODEL_CARD = "MODEL_CARD.md"
Row = Mapping[str, Any]
Rows = Sequence[Row]


def write_model_card(path: Path) -> None:
    """Write MODEL_CARD.md of the bundle at `path`, from its config.json and report.json."""
    header, report = bundle.read_config(path), bundle.read_report(path)
    lines = [*_configuration(header), *_corpora(header.provenance.corpora), *_evaluation(report)]
    (path / MODEL_CARD).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _configuration(header: BundleConfig) -> list[str]:
    config, provenance = header.config, header.provenance
    dims = ", ".join(str(module.dims) for module in config.encoder.modules)
    return [
        f"# Model card: preset `{config.preset}`",
        "",
        f"Smooth InfoMax encoder (arXiv 2408.12936) with {len(config.encoder.modules)} layers of {dims} dimensions, "
        f"{config.sample_rate} Hz, and one `{config.decoder.kind}` decoder per layer. Trained for "
        f"{config.training.steps} steps (encoder) and {config.decoder_training.steps} steps (each decoder), seed "
        f"{provenance.seed}, code {provenance.code_version or 'unknown'}. All settings are in config.json.",
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
    return ["## Training data", "", *head, *rows, ""]


def _evaluation(report: Report | None) -> list[str]:
    if report is None:
        return ["Not evaluated yet: run `python -m trainer analyse usage`."]
    return [
        "## Evaluation",
        "",
        "Intervals: 95 %, clips resampled, or speakers where the measurement says so. Clips of one speaker are not "
        "independent: over clips of few speakers, intervals are too narrow for speakers in general.",
        "",
        *_usage(report.modules),
        *_rotation((report.model_extra or {}).get(ALIGNMENT_KEY)),
        *_reconstruction(rows_of(report, RECONSTRUCTION_KEY)),
        *_decoders(rows_of(report, DECODERS_KEY)),
        *_smoothness(rows_of(report, SMOOTHNESS_KEY)),
    ]


def _usage(modules: Iterable[ModuleReport]) -> list[str]:
    lines = _table("layer", "active dimensions", "KL, nats per frame", "frames")
    for part in modules:
        active = sum(dimension.active for dimension in part.dimensions)
        kl = sum(dimension.kl or 0.0 for dimension in part.dimensions)
        lines.append(_row(part.module, f"{active} of {len(part.dimensions)}", f"{kl:.1f}", part.frames))
    return lines


def _rotation(results: Row | None) -> list[str]:
    """The factors that rotated dimensions follow, and the bits of the best dimension before and after rotation."""
    if not results:
        return []
    lines = [
        "",
        "The latent space of each layer was rotated after training (`python -m trainer rotate`), so that the first "
        f"dimensions are linear in labels of the corpus {results['data']} ({results['moments']} time points); the "
        "others are principal components. Distances, the prior and the decoders are unchanged. The highest bits of "
        "one dimension about a factor, on held-out recordings:",
        "",
        *_table("layer", "factor", "entropy, bits", "as trained", "rotated", "chance", "held out"),
    ]
    for row in results["rows"]:
        before, after = (_bits(row[key]) for key in ("as_trained", "aligned"))
        held_out = f"{row['groups']} {row['group']}s, n {row['n']}"
        entropy, chance = f"{row['entropy']:.2f}", f"{row['chance']:.3f}"
        lines.append(_row(row["module"], row["factor"], entropy, before, after, chance, held_out))
    return lines


def _bits(best: Mapping[str, float] | None) -> str:
    return format_interval((best["bits"], best["low"], best["high"]), digits=2) if best else "none above chance"


def _reconstruction(rows: Rows) -> list[str]:
    """One table for all recordings."""
    if not rows:
        return []
    lines = [
        "",
        "Correlation of the log-mel spectrograms of decoded and original clips. Baseline: the clip's constant mean "
        "spectrum.",
        "",
        *_table("clips", "layer", "correlation", "baseline", "n"),
    ]
    for row in rows:
        score, base = _estimate(row["correlation"]), _estimate(row["baseline"])
        lines.append(_row(row["data"], row["module"], score, base, row["correlation"]["n"]))
    return lines


def _decoders(rows: Rows) -> list[str]:
    """One table per set of recordings, one line per sound."""
    rows = [{**row, "sound": row["sound"].replace("module ", "layer ")} for row in rows]
    lines = []
    for data in _distinct(rows, "data"):
        lines += ["", f"Quality of decoded clips of {data}:", ""]
        lines += _pivot([row for row in rows if row["data"] == data], {"sound": "sound"}, DECODER_TITLES)
    return lines


def _smoothness(rows: Rows) -> list[str]:
    """One table per set of recordings, one line per kind of path."""
    keys = {"bundle": "bundle", "module": "layer", "walk": "path", "sound": "sound"}
    lines = []
    for data in _distinct(rows, "data"):
        lines += [
            "",
            f"Smoothness of the decoded sound along paths through the latents of {data}. Baseline: a crossfade of the "
            "sounds at the ends of the path.",
            "",
        ]
        lines += _pivot([row for row in rows if row["data"] == data], keys, SMOOTHNESS_TITLES)
    return lines


def _pivot(rows: Rows, keys: Mapping[str, str], titles: Mapping[str, str]) -> list[str]:
    """One column per metric, in the order of `titles`, and one line per combination of `keys` (row key -> heading)."""
    measures = [name for name in titles if any(row["measure"] == name for row in rows)]
    cells = {(*(row[key] for key in keys), row["measure"]): f"{_estimate(row)}, n {row['n']}" for row in rows}
    lines = _table(*keys.values(), *(titles[name] for name in measures))
    for line in dict.fromkeys(tuple(row[key] for key in keys) for row in rows):
        lines.append(_row(*line, *(cells.get((*line, name), "") for name in measures)))
    return lines


def _distinct(rows: Rows, key: str) -> list[str]:
    return list(dict.fromkeys(row[key] for row in rows))


def _estimate(row: Mapping[str, float]) -> str:
    return format_interval((row["mean"], row["low"], row["high"]))
