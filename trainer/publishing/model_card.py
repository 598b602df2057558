"""A bundle's model card: what it is, what it learnt from, and all that its report tells."""

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

CARD = "MODEL_CARD.md"
Rows = Sequence[Mapping[str, Any]]


def write_card(path: Path) -> None:
    """MODEL_CARD.md of the bundle at `path`, from its config.json and report.json."""
    header, report = bundle.read_config(path), bundle.read_report(path)
    (path / CARD).write_text(
        "\n".join([*_model(header), *_corpora(header.provenance.corpora), *_measured(report)]) + "\n", encoding="utf-8"
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


def _measured(report: Report | None) -> list[str]:
    if report is None:
        return ["Not measured yet: `python -m trainer analyse usage`."]
    found = report.model_extra or {}
    return [
        "## Measured",
        "",
        "With 95 % bootstrap intervals over clips.",
        "",
        *_usage(report.modules),
        *_alignment(found.get(ALIGNMENT_KEY)),
        *_reconstruction(found.get(RECONSTRUCTION_KEY, [])),
        *_decoders(found.get(DECODERS_KEY, [])),
        *_smoothness(found.get(SMOOTHNESS_KEY, [])),
    ]


def _usage(modules: Iterable[ModuleReport]) -> list[str]:
    lines = _table("module", "active dimensions", "KL, nats a frame", "frames")
    for part in modules:
        active = sum(dimension.active for dimension in part.dimensions)
        kl = sum(dimension.kl or 0.0 for dimension in part.dimensions)
        lines.append(_row(part.module, f"{active} of {len(part.dimensions)}", f"{kl:.1f}", part.frames))
    return lines


def _alignment(told: Mapping[str, Any] | None) -> list[str]:
    """What the axes were turned toward, and what single dimensions then tell, beside what they told as trained."""
    if not told:
        return []
    lines = [
        "",
        "The axes of each latent space were turned after training (`python -m trainer align`) so that the first ones "
        f"follow labels of {told['data']} ({told['moments']} moments) in straight lines; the others are principal "
        "components. Distances, the prior and the decoders are untouched. The most bits that one dimension tells of a "
        "factor, on recordings held out:",
        "",
        *_table("module", "factor", "of, bits", "as trained", "along the axes", "chance", "held out"),
    ]
    for row in told["rows"]:
        before, after = (_bits(row[way]) for way in ("as_trained", "aligned"))
        held_out = f"{row['groups']} {row['group']}s, n {row['n']}"
        entropy, chance = f"{row['entropy']:.2f}", f"{row['chance']:.3f}"
        lines.append(_row(row["module"], row["factor"], entropy, before, after, chance, held_out))
    return lines


def _bits(best: Mapping[str, float] | None) -> str:
    return f"{best['bits']:.2f} [{best['low']:.2f}, {best['high']:.2f}]" if best else "none above chance"


def _reconstruction(rows: Rows) -> list[str]:
    """One table of all recordings."""
    if not rows:
        return []
    lines = [
        "",
        "Correlation of the decoded clip's log-mel with the original's; beside it the clip's own mean spectrum, held "
        "still.",
        "",
        *_table("clips", "module", "correlation", "held still", "n"),
    ]
    for row in rows:
        score, base = _figure(row["correlation"]), _figure(row["baseline"])
        lines.append(_row(row["data"], row["module"], score, base, row["correlation"]["n"]))
    return lines


def _decoders(rows: Rows) -> list[str]:
    """What decoded clips keep: a table for each set of recordings, a line for each sound."""
    lines = []
    for data in _names(rows, "data"):
        lines += ["", f"What is kept of the clips of {data}:", ""]
        lines += _pivot([row for row in rows if row["data"] == data], ("sound",), DECODER_TITLES)
    return lines


def _smoothness(rows: Rows) -> list[str]:
    """How the decoded sound moves: a table for each set of recordings, a line for each walk."""
    lines = []
    for data in _names(rows, "data"):
        lines += ["", f"How smoothly the sound of {data} follows the latents, beside a crossfade of a walk's ends:", ""]
        lines += _pivot(
            [row for row in rows if row["data"] == data], ("bundle", "module", "walk", "sound"), SMOOTHNESS_TITLES
        )
    return lines


def _pivot(rows: Rows, keys: Sequence[str], titles: Mapping[str, str]) -> list[str]:
    """A column for each measure there is, in the order of `titles`, a line for each value of `keys`."""
    measures = [name for name in titles if any(row["measure"] == name for row in rows)]
    cells = {(*(row[key] for key in keys), row["measure"]): f"{_figure(row)}, n {row['n']}" for row in rows}
    lines = _table(*keys, *(titles[name] for name in measures))
    for line in dict.fromkeys(tuple(row[key] for key in keys) for row in rows):
        lines.append(_row(*line, *(cells.get((*line, name), "") for name in measures)))
    return lines


def _names(rows: Rows, key: str) -> list[str]:
    return list(dict.fromkeys(row[key] for row in rows))


def _figure(estimate: Mapping[str, float]) -> str:
    return f"{estimate['mean']:.3f} [{estimate['low']:.3f}, {estimate['high']:.3f}]"
