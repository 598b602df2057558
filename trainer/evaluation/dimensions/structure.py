"""Distribution of information over the dimensions of a module: concentration, disentanglement, total correlation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from trainer.bundle import Report
from trainer.evaluation.dimensions.factors import factor_tasks
from trainer.evaluation.frame_samples import FrameSamples
from trainer.evaluation.report_rows import Row, replace_rows, rows_of
from trainer.evaluation.selection import evenly_spaced
from trainer.evaluation.text_table import columns
from trainer.metrics.latents.disentanglement import (
    completeness,
    disentanglement,
    modularity,
    mutual_information_gap,
    separated_predictability,
)
from trainer.metrics.latents.interpolation_contribution import powers_of_two
from trainer.metrics.latents.total_correlation import (
    gaussian_total_correlation,
    knn_total_correlation,
    shuffle_dimensions,
)
from trainer.metrics.probing.concentration import CONCENTRATION_KEY, cumulative_shares, dimension_weights, dims_to_reach
from trainer.metrics.probing.dimension_information import BINS, FACTORS_KEY, class_codes, quantile_codes
from trainer.metrics.probing.information_bounds import pointwise_information
from trainer.metrics.probing.tasks import ProbeTask
from trainer.metrics.probing.trained_probe import train_probe

ENTANGLEMENT_KEY = "entanglement"
_FOLDS = 5
_MAX_EXAMPLES, _MAX_KNN_SAMPLES = 4000, 1500


def add_concentration(report: Report, data: str, samples: FrameSamples) -> tuple[Report, list[str]]:
    """`report` with the concentration of every factor at every module, and lines to print."""
    tasks, _ = factor_tasks(samples)
    rows: list[Row] = [
        {"data": data, "module": module, **row}
        for module, latents in samples.latents.items()
        for one in tasks
        if (row := concentration(latents, one.task)) is not None
    ]
    head = ("layer", "factor", "dims for 90 % of the bits", "bits of all dims", "weight of the top 8 dims")
    cells = [
        (
            str(row["module"]),
            row["factor"],
            "no information" if row["dims_to_90"] is None else str(row["dims_to_90"]),
            f"{row['bits'][-1]:.2f}",
            f"{100 * row['weight_shares'][min(7, len(row['weight_shares']) - 1)]:.0f} %",
        )
        for row in rows
    ]
    return replace_rows(report, CONCENTRATION_KEY, data, rows), columns([head, *cells])


def concentration(latents: NDArray[np.float32], task: ProbeTask, test_fold: int | None = None) -> Row | None:
    """Bits of linear probes on the 1, 2, 4, ... dimensions with the largest weights, and on all dimensions.

    `latents` [N, D] of single time points. The groups of `test_fold` (default: the first) are held out. None if the
    groups fill fewer than three folds.
    """
    chosen = evenly_spaced(len(task.rows), _MAX_EXAMPLES)
    features, folds = latents[task.rows[chosen]], task.assign_folds(_FOLDS)[chosen]
    codes = class_codes(task.classes[chosen])
    filled = np.unique(folds)
    if len(filled) < 3:
        return None
    fold = int(filled[0]) if test_fold is None else test_fold
    test, early_stopping = folds == fold, folds == filled[filled != fold][0]
    train = ~test
    count = int(codes.max()) + 1

    def probe_bits(dims: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
        probe = train_probe(features[train][:, dims], codes[train], early_stopping[train], count, None)
        bits = float(pointwise_information(probe(features[test][:, dims]), codes[test]).mean())
        return bits, dimension_weights(probe.weights)

    all_bits, weight = probe_bits(np.arange(features.shape[1]))
    order = np.argsort(-weight, kind="stable")
    counts = (1, *powers_of_two(features.shape[1]))
    bits = {kept: probe_bits(order[:kept])[0] if kept < len(weight) else all_bits for kept in counts}
    return {
        "factor": task.label,
        "dims": list(bits),
        "bits": list(bits.values()),
        "dims_to_90": dims_to_reach(bits),
        "weight_shares": cumulative_shares(weight).round(5).tolist(),
        "n": int(test.sum()),
    }


def add_entanglement(report: Report, data: str, samples: FrameSamples) -> tuple[Report, list[str]]:
    """`report` with the total correlation and the disentanglement scores of every module, and lines to print.

    The report must have the factors' bits for the same recordings; raises ValueError if it does not.
    """
    factors = [row for row in rows_of(report, FACTORS_KEY) if row["data"] == data]
    if not factors:
        raise ValueError("the report has no factors of these recordings; entanglement needs them")
    tasks = {one.factor: one.task for one in factor_tasks(samples)[0]}
    rows: list[Row] = []
    for module, latents in samples.latents.items():
        scores = _disentanglement([row for row in factors if row["module"] == module], latents, tasks)
        rows.append({"data": data, "module": module, **total_correlations(latents), **scores})
    names = [name for name in rows[0] if isinstance(rows[0][name], float)]
    cells = [("layer", *(name.replace("_", " ") for name in names))]
    cells += [(str(row["module"]), *(f"{row[name]:.3f}" for name in names)) for row in rows]
    return replace_rows(report, ENTANGLEMENT_KEY, data, rows), columns(list(zip(*cells, strict=True)))


def total_correlations(latents: NDArray[np.float32]) -> Mapping[str, float]:
    """Total correlation in bits per time point, by a Gaussian and a nearest-neighbour estimate, and the same estimates
    for shuffled dimensions.
    """
    subset = latents[evenly_spaced(len(latents), _MAX_KNN_SAMPLES)]
    return {
        "gaussian_bits": gaussian_total_correlation(latents),
        "gaussian_bits_shuffled": gaussian_total_correlation(shuffle_dimensions(latents)),
        "neighbour_bits": knn_total_correlation(subset),
        "neighbour_bits_shuffled": knn_total_correlation(shuffle_dimensions(subset)),
    }


def _disentanglement(rows: list[Row], latents: NDArray[np.float32], tasks: Mapping[str, ProbeTask]) -> Row:
    """MIG, SAP, modularity, disentanglement and completeness: means over factors or dimensions.

    The importances of DCI are the held-out bits of single dimensions, not the weights of a probe.
    """
    bits = np.maximum(np.array([row["bits"] for row in rows]), 0.0)
    gaps = mutual_information_gap(bits, np.array([row["entropy"] for row in rows]))
    gains = np.stack([accuracy_gains(latents, tasks[row["factor"]]) for row in rows])
    modular = modularity(bits)
    return {
        "mig": float(gaps.mean()),
        "sap": float(separated_predictability(gains).mean()),
        "modularity": float(np.nanmean(modular)) if np.isfinite(modular).any() else 0.0,
        "disentanglement": disentanglement(bits),
        "completeness": completeness(bits),
        "mig_of_factors": {row["factor"]: round(float(gap), 5) for row, gap in zip(rows, gaps, strict=True)},
    }


def accuracy_gains(latents: NDArray[np.float32], task: ProbeTask) -> NDArray[np.float64]:
    """Accuracy [D] of a histogram classifier on each single dimension, minus that of the majority class; at least 0.

    The classifier predicts the most frequent class of a time point's bin in the folds it is fitted on.
    """
    classes, folds = class_codes(task.classes), task.assign_folds(_FOLDS)
    test, count = folds == folds.min(), int(classes.max()) + 1
    base = float((classes[test] == np.bincount(classes[~test]).argmax()).mean())
    gains = []
    for dimension in latents[task.rows].T:
        bins = quantile_codes(dimension, BINS)
        table = np.bincount(bins[~test] * count + classes[~test], minlength=BINS * count).reshape(BINS, count)
        gains.append(float((table.argmax(1)[bins[test]] == classes[test]).mean()) - base)
    return np.maximum(gains, 0.0)
