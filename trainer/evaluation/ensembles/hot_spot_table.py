"""An ensemble's hot spots as a table for the terminal."""

from __future__ import annotations

from trainer.bundle import Ensemble, HotSpot
from trainer.evaluation.ensembles.channel_comparison import MIN_BITS
from trainer.evaluation.text_table import columns, format_interval


def table(ensemble: Ensemble) -> list[str]:
    """Lines: the size of the comparison, one row per module, one row per hot spot."""
    lines = [
        f"{len(ensemble.channels)} channels of {len(ensemble.members)} models ({ensemble.dropped} below {MIN_BITS} "
        f"bits dropped), {ensemble.frames} time points of {ensemble.recordings} recordings: {ensemble.data}",
        "",
    ]
    cells = [("whole layer", "NMI between models", "VI, bits", "bits", "upper bound")]
    cells += [
        (
            f"layer {one.module}",
            format_interval(one.nmi),
            format_interval(one.vi),
            f"{one.bits:.2f}",
            f"{one.ceiling:.2f}",
        )
        for one in ensemble.spaces
    ]
    lines += [*columns(cells), ""]
    head = (
        "hot spot",
        "channels",
        "models",
        "layers",
        "bits",
        "mean NMI",
        "stability, recordings",
        "stability, models",
        "labels",
    )
    return [*lines, *columns([head, *(_cells(number, spot) for number, spot in enumerate(ensemble.hot_spots))])]


def _cells(number: int, spot: HotSpot) -> tuple[str, ...]:
    return (
        str(number),
        str(len(spot.channels)),
        str(spot.models),
        ",".join(map(str, spot.modules)),
        f"{spot.bits:.2f}",
        f"{spot.mean_nmi:.2f}",
        format_interval(spot.stability),
        f"{spot.stability_of_models.value:.2f}",
        ", ".join(f"{one.label} {one.nmi.value:.2f} ({one.shared_bits.value:.2f} bits)" for one in spot.labels[:3]),
    )
