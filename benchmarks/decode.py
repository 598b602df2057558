"""Speed of encoding and decoding one second with the shipped model on one thread, in process and over HTTP.

The baseline is Griffin-Lim with 32 iterations on the magnitudes of the same second.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import torch
from torchaudio.functional import griffinlim

from benchmarks.service import encode, post, service
from benchmarks.timing import milliseconds
from trainer import bundle
from trainer.audio import encode_wav

SECONDS = 1.0
N_FFT, HOP, ITERATIONS = 640, 160, 32


def rows(repeats: int) -> Iterator[dict[str, Any]]:
    """One row per operation: median_ms, p95_ms, and the speedup over the baseline (ratio)."""
    model, plain = bundle.load(bundle.DEMO).optimise_for_inference(), bundle.load(bundle.DEMO)  # as the backend does
    rate = model.config.sample_rate
    waveform = (0.1 * np.random.default_rng(0).normal(size=round(SECONDS * rate))).astype(np.float32)
    baseline = milliseconds(lambda: griffin_lim(torch.from_numpy(waveform)), max(10, repeats // 10))
    yield {"what": "griffin-lim", "module": None, **baseline, "ratio": 1.0}

    def row(what: str, module: int | None, work: Callable[[], object]) -> dict[str, Any]:
        timed = milliseconds(work, repeats)
        ratio = round(baseline["median_ms"] / timed["median_ms"], 2)
        return {
            "what": what,
            "module": module,
            **timed,
            "ratio": ratio,
            "times_real_time": round(1000 * SECONDS / timed["median_ms"], 1),
        }

    yield row("encode", None, lambda: model.encode(waveform))
    posteriors = model.encode(waveform)
    for module, posterior in enumerate(posteriors, start=1):
        yield row("decode", module, partial(model.decode, module, posterior.mean, len(waveform)))
        yield row("decode, plain PyTorch", module, partial(plain.decode, module, posterior.mean, len(waveform)))
    with service() as serving:
        connection = serving.connection
        clip = encode(connection, encode_wav(waveform, rate))
        yield row("POST /encode", None, lambda: encode(connection, encode_wav(waveform, rate)))
        for module in range(1, model.modules_count + 1):
            body = json.dumps({"module": module, "clip": clip, "edits": [{"dim": 0, "op": "add", "value": 1}]}).encode()
            yield row("POST /decode", module, partial(post, connection, "/decode", body, "application/json"))


def griffin_lim(waveform: torch.Tensor) -> torch.Tensor:
    """A waveform [samples] reconstructed from the magnitudes of `waveform`."""
    window = torch.hann_window(N_FFT)
    magnitude = torch.stft(waveform, N_FFT, HOP, window=window, return_complex=True).abs()
    return griffinlim(  # type: ignore[no-any-return]
        magnitude,
        window=window,
        n_fft=N_FFT,
        hop_length=HOP,
        win_length=N_FFT,
        power=1.0,
        n_iter=ITERATIONS,
        momentum=0.99,
        length=len(waveform),
        rand_init=False,
    )
