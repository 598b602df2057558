"""How information lies over the dimensions of a module: in how few of them, and each factor in one of its own?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.bundle import Report
from trainer.evaluation.dimensions.factors import factor_questions
from trainer.evaluation.frame_samples import Moments
from trainer.evaluation.report_rows import replace_rows
from trainer.evaluation.selection import spread
from trainer.evaluation.text_table import columns
from trainer.metrics.latents.disentanglement import (
    completeness,
    disentanglement,
    modularity,
    mutual_information_gap,
    separated_predictability,
)
from trainer.metrics.latents.interpolation_contribution import doublings
from trainer.metrics.latents.total_correlation import (
    gaussian_total_correlation,
    neighbour_total_correlation,
    shuffled_dimensions,
)
from trainer.metrics.probing.concentration import CONCENTRATION_KEY, dims_to_reach, sorted_shares, weight_of_dimensions
from trainer.metrics.probing.dimension_information import BINS, FACTORS_KEY, class_codes, quantile_codes
from trainer.metrics.probing.information_bounds import bits_told
from trainer.metrics.probing.tasks import Question
from trainer.metrics.probing.trained_probe import train_probe

ENTANGLEMENT_KEY = "entanglement"
_FOLDS = 5
_MOST_EXAMPLES, _NEIGHBOUR_MOMENTS = 4000, 1500
Row = dict[str, Any]


def add_concentration(report: Report, data: str, moments: Moments) -> tuple[Report, list[str]]:
    """`report` with, for each factor at each module, how a linear probe's weight and bits lie over dimensions."""
    asked, _ = factor_questions(moments)
    rows = [
        {"module": module, **row}
        for module, latents in moments.latents.items()
        for one in asked
        if (row := concentration(latents, one.asked)) is not None
    ]
    head = [("module", "factor", "dims to 90 % of the bits", "bits of all", "weight in the top 8")]
    cells = [
        (
            str(row["module"]),
            row["factor"],
            "nothing told" if row["dims_to_90"] is None else str(row["dims_to_90"]),
            f"{row['bits'][-1]:.2f}",
            f"{100 * row['weight_shares'][min(7, len(row['weight_shares']) - 1)]:.0f} %",
        )
        for row in rows
    ]
    return replace_rows(report, CONCENTRATION_KEY, data, ({"data": data, **row} for row in rows)), columns(
        [*head, *cells]
    )


def concentration(latents: NDArray[np.float32], question: Question, tested: int | None = None) -> Row | None:
    """A linear probe of single moments, on groups held out (those of the fold `tested`, by default the first there is),
    of all dimensions, and of those it leans on most, 1, 2, 4 and so on of them; None where the groups do not fill the
    folds.
    """
    chosen = spread(len(question.rows), _MOST_EXAMPLES)
    features, folds = latents[question.rows[chosen]], question.folds(_FOLDS)[chosen]
    codes = class_codes(question.classes[chosen])
    there = np.unique(folds)
    if len(there) < 3:
        return None
    fold = int(there[0]) if tested is None else tested
    test, aside = folds == fold, folds == there[there != fold][0]
    train = ~test
    count = int(codes.max()) + 1

    def told(dims: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
        probe = train_probe(features[train][:, dims], codes[train], aside[train], count, None)
        own = float(bits_told(probe(features[test][:, dims]), codes[test]).mean())
        return own, weight_of_dimensions(probe.weights)

    everything, weight = told(np.arange(features.shape[1]))
    order = np.argsort(-weight, kind="stable")
    counts = (1, *doublings(features.shape[1]))
    bits = {kept: told(order[:kept])[0] if kept < len(weight) else everything for kept in counts}
    return {
        "factor": question.label,
        "dims": list(bits),
        "bits": list(bits.values()),
        "dims_to_90": dims_to_reach(bits),
        "weight_shares": sorted_shares(weight).round(5).tolist(),
        "n": int(test.sum()),
    }


def add_entanglement(report: Report, data: str, moments: Moments) -> tuple[Report, list[str]]:
    """`report` with, for each module, total correlation beside that of shuffled dimensions, and the scores of factors,
    whose bits must be in it. Raises ValueError where they are not.
    """
    known = [row for row in (report.model_extra or {}).get(FACTORS_KEY, []) if row["data"] == data]
    if not known:
        raise ValueError("the factors of these recordings come first, and none could be measured")
    asked = {one.factor: one.asked for one in factor_questions(moments)[0]}
    rows = []
    for module, latents in moments.latents.items():
        of_factors = _factor_scores([row for row in known if row["module"] == module], latents, asked)
        rows.append({"data": data, "module": module, **total_correlations(latents), **of_factors})
    names = [name for name in rows[0] if isinstance(rows[0][name], float)]
    cells = [("module", *(name.replace("_", " ") for name in names))]
    cells += [(str(row["module"]), *(f"{row[name]:.3f}" for name in names)) for row in rows]
    return replace_rows(report, ENTANGLEMENT_KEY, data, rows), columns(list(zip(*cells, strict=True)))


def total_correlations(latents: NDArray[np.float32]) -> Mapping[str, float]:
    """Bits a moment, by both estimates, and what they give for shuffled dimensions."""
    some = latents[spread(len(latents), _NEIGHBOUR_MOMENTS)]
    return {
        "gaussian_bits": gaussian_total_correlation(latents),
        "gaussian_bits_shuffled": gaussian_total_correlation(shuffled_dimensions(latents)),
        "neighbour_bits": neighbour_total_correlation(some),
        "neighbour_bits_shuffled": neighbour_total_correlation(shuffled_dimensions(some)),
    }


def _factor_scores(rows: list[Row], latents: NDArray[np.float32], asked: Mapping[str, Question]) -> Row:
    """Means over factors or dimensions, and the gap of each factor. DCI takes bits for importances: they are measured
    of each dimension by itself, on groups held out, where weights of a probe are not.
    """
    bits = np.maximum(np.array([row["bits"] for row in rows]), 0.0)
    gaps = mutual_information_gap(bits, np.array([row["entropy"] for row in rows]))
    told = np.stack([shares_told(latents, asked[row["factor"]]) for row in rows])
    modular = modularity(bits)
    return {
        "mig": float(gaps.mean()),
        "sap": float(separated_predictability(told).mean()),
        "modularity": float(np.nanmean(modular)) if np.isfinite(modular).any() else 0.0,
        "disentanglement": disentanglement(bits),
        "completeness": completeness(bits),
        "mig_of_factors": {row["factor"]: round(float(gap), 5) for row, gap in zip(rows, gaps, strict=True)},
    }


def shares_told(latents: NDArray[np.float32], question: Question) -> NDArray[np.float64]:
    """Of each dimension [dims] the share of moments whose class is the one most frequent in its bin among the folds not
    tested, over what the most frequent class alone would tell; at least 0.
    """
    classes, folds = class_codes(question.classes), question.folds(_FOLDS)
    test, count = folds == folds.min(), int(classes.max()) + 1
    base = float((classes[test] == np.bincount(classes[~test]).argmax()).mean())
    shares = []
    for dimension in latents[question.rows].T:
        bins = quantile_codes(dimension, BINS)
        table = np.bincount(bins[~test] * count + classes[~test], minlength=BINS * count).reshape(BINS, count)
        shares.append(float((table.argmax(1)[bins[test]] == classes[test]).mean()) - base)
    return np.maximum(shares, 0.0)
