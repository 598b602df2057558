"""An ensemble's hot spots as lines for a terminal."""

from __future__ import annotations

from trainer.bundle import Ensemble, HotSpot
from trainer.evaluation.ensembles.channel_comparison import LEAST_BITS
from trainer.evaluation.intervals import show
from trainer.evaluation.text_table import columns


def table(ensemble: Ensemble) -> list[str]:
    """Lines for a terminal."""
    lines = [
        f"{len(ensemble.channels)} channels of {len(ensemble.members)} models ({ensemble.dropped} under {LEAST_BITS} "
        f"bits dropped), {ensemble.moments} moments of {ensemble.recordings} recordings: {ensemble.data}",
        "",
    ]
    cells = [("module as a whole", "NMI of two models", "VI, bits", "bits", "ceiling")]
    cells += [
        (f"module {one.module}", show(one.nmi), show(one.vi), f"{one.bits:.2f}", f"{one.ceiling:.2f}")
        for one in ensemble.spaces
    ]
    lines += [*columns(cells), ""]
    head = ("hot spot", "channels", "models", "modules", "bits", "NMI inside", "stability", "over models", "labels")
    return [*lines, *columns([head, *(_spot(number, spot) for number, spot in enumerate(ensemble.hot_spots))])]


def _spot(number: int, spot: HotSpot) -> tuple[str, ...]:
    return (
        str(number),
        str(len(spot.channels)),
        str(spot.models),
        ",".join(map(str, spot.modules)),
        f"{spot.bits:.2f}",
        f"{spot.mean_nmi:.2f}",
        show(spot.stability),
        f"{spot.stability_of_models.value:.2f}",
        ", ".join(f"{one.label} {one.nmi.value:.2f} ({one.shared_bits.value:.2f} bits)" for one in spot.labels[:3]),
    )
