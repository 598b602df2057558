"""Log-mel correlation of decoded and original clips, for every module that has a decoder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from trainer.audio.log_mel import LogMel
from trainer.bundle import Report
from trainer.evaluation.report_rows import replace_rows
from trainer.metrics.speech.spectrogram_correlation import correlation, mean_spectrum_correlation
from trainer.metrics.statistics.bootstrap import BootstrapEstimate, bootstrap_mean
from trainer.model import Model

Waveform = NDArray[np.float32]
RECONSTRUCTION_KEY = "reconstruction"


@dataclass(frozen=True)
class Reconstruction:
    """The correlation at one module, its `baseline` (the constant mean spectrum), and the value of `each` clip."""

    module: int
    correlation: BootstrapEstimate
    baseline: BootstrapEstimate
    each: tuple[float, ...]


def reconstructions(model: Model, waveforms: Iterable[Waveform]) -> list[Reconstruction]:
    """The correlation at every module that has a decoder, decoding the posterior means of each clip."""
    log_mel = LogMel(model.config.sample_rate)
    modules = [module for module in range(1, model.modules_count + 1) if model.has_decoder(module)]
    scores: dict[int, list[float]] = {module: [] for module in modules}
    baseline = []
    for waveform in tqdm(list(waveforms), desc="reconstruct", unit="clip", leave=False):
        original = log_mel(torch.from_numpy(waveform * np.float32(model.gain(waveform)))).numpy()
        baseline.append(mean_spectrum_correlation(original))
        posteriors = model.encode(waveform)
        for module in modules:
            decoded = model.decode(module, posteriors[module - 1].mean, len(waveform))
            scores[module].append(correlation(original, log_mel(decoded).numpy()))
    return [
        Reconstruction(module, bootstrap_mean(scores[module]), bootstrap_mean(baseline), tuple(scores[module]))
        for module in modules
    ]


def add_reconstructions(report: Report, data: str, results: Iterable[Reconstruction]) -> Report:
    """`report` with `results` on the recordings named `data`, in place of earlier ones on the same recordings."""
    rows = [
        {
            "data": data,
            "module": result.module,
            "correlation": asdict(result.correlation),
            "baseline": asdict(result.baseline),
        }
        for result in results
    ]
    return replace_rows(report, RECONSTRUCTION_KEY, data, rows)
