"""Sound of latents that stand still: does the decoded pitch follow the voice, or the frame rate?

The latents of one voiced frame per clip are held and decoded. A decoder without a phase of its own repeats itself every
hop, so its pitch is a multiple of the frame rate whatever the voice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from trainer.audio.pitch import track_pitch
from trainer.corpus import read_recording
from trainer.evaluation.frame_samples import nearest_frames
from trainer.evaluation.selection import Clip
from trainer.evaluation.text_table import columns, format_interval
from trainer.metrics.speech.frame_rate_buzz import frames_at_multiples
from trainer.metrics.statistics.clip_scores import ClipScores
from trainer.model import Decoder, Model

HELD_LATENTS_KEY = "held_latents"
_HELD_SECONDS, _MARGIN_SECONDS = 0.6, 0.1
_PITCH_HOP = 0.01
ORIGINAL = "original"


@dataclass(frozen=True)
class HeldRow:
    """Share of voiced frames within 1 Hz of a multiple of `frame_rate` (Hz), with its 95 % interval over `n` clips.

    `sound`: a module, or the original recordings, for the share that speech has by itself. `pitch_error`: median
    distance in semitones between the pitch of the held sound and that of the original at the held moment.
    """

    sound: str
    module: int | None
    frame_rate: float
    share: float
    low: float
    high: float
    voiced_frames: int
    pitch_error: float | None
    n: int


def measure_held_latents(model: Model, clips: Sequence[Clip]) -> list[HeldRow]:
    """One row per module with a decoder, and one for the originals. Raises ValueError if nothing is voiced."""
    modules = [module for module in range(1, model.modules_count + 1) if model.has_decoder(module)]
    if not modules:
        raise ValueError("the bundle has no decoder; train one with `python -m trainer fit-decoder`")
    rate = model.config.sample_rate
    counts: dict[int, list[tuple[int, int]]] = {module: [] for module in modules}
    errors: dict[int, list[float]] = {module: [] for module in modules}
    originals = []
    for clip in tqdm(clips, desc="hold and decode", unit="clip", leave=False):
        wave = read_recording(clip.recording, rate)
        pitch = track_pitch(wave, rate, _PITCH_HOP)
        moment = _steady_voiced_frame(pitch)
        if moment is None:
            continue
        originals.append(frames_at_multiples(pitch, _frame_rate(model, modules[0])))
        for module, posterior in zip(range(1, model.modules_count + 1), model.encode(wave), strict=True):
            if module in counts:
                held = _held_pitch(model, module, posterior.mean, moment * _PITCH_HOP)
                counts[module].append(frames_at_multiples(held, _frame_rate(model, module)))
                if np.isfinite(held).any():
                    errors[module].append(abs(12 * np.log2(np.nanmedian(held) / pitch[moment])))
    if not originals:
        raise ValueError("no recording has a voiced stretch; use recordings of speech")
    rows = [_row(ORIGINAL, None, _frame_rate(model, modules[0]), originals, [])]
    rows += [
        _row(f"module {module}", module, _frame_rate(model, module), counts[module], errors[module])
        for module in modules
    ]
    return [row for row in rows if row.voiced_frames]


def _frame_rate(model: Model, module: int) -> float:
    """Rate in Hz at which the decoder's output repeats when its latents stand still."""
    decoder = model.decoders[str(module)]
    assert isinstance(decoder, Decoder)
    return model.config.sample_rate / decoder.hop


def _steady_voiced_frame(pitch: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int | None:
    """Index of the middle of the longest voiced stretch; None if nothing is voiced."""
    voiced = np.concatenate([[0], np.isfinite(pitch).astype(int), [0]])
    starts, ends = np.flatnonzero(np.diff(voiced) == 1), np.flatnonzero(np.diff(voiced) == -1)
    if not len(starts):
        return None
    longest = int((ends - starts).argmax())
    return int(starts[longest] + ends[longest]) // 2


def _held_pitch(
    model: Model, module: int, means: torch.Tensor, seconds: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """F0 of the sound of the latents (D, L) held at the frame at `seconds`, without its ends."""
    geometry, rate = model.geometry[module - 1], model.config.sample_rate
    [frame] = nearest_frames(geometry, np.array([seconds]), means.shape[1])
    held = means[:, frame : frame + 1].expand(-1, round(_HELD_SECONDS * geometry.frame_rate)).contiguous()
    wave = model.decode(module, held).numpy()
    margin = round(_MARGIN_SECONDS * rate)
    return track_pitch(wave[margin:-margin], rate, _PITCH_HOP)


def _row(
    sound: str, module: int | None, frame_rate: float, counts: Sequence[tuple[int, int]], errors: Sequence[float]
) -> HeldRow:
    at_multiples, voiced = np.array(counts, dtype=np.float64).T
    estimate = ClipScores(at_multiples, voiced).estimate()
    return HeldRow(
        sound=sound,
        module=module,
        frame_rate=frame_rate,
        share=float("nan") if estimate is None else estimate.mean,
        low=float("nan") if estimate is None else estimate.low,
        high=float("nan") if estimate is None else estimate.high,
        voiced_frames=int(voiced.sum()),
        pitch_error=float(np.median(errors)) if errors else None,
        n=len(counts),
    )


def table(rows: Sequence[HeldRow]) -> list[str]:
    """Lines for the terminal."""
    head = ("sound", "frame rate, Hz", "at a multiple of it, %", "pitch error, semitones", "voiced frames", "clips")
    cells = [
        (
            row.sound,
            f"{row.frame_rate:g}",
            format_interval((row.share, row.low, row.high), digits=1, scale=100),
            "" if row.pitch_error is None else f"{row.pitch_error:.2f}",
            str(row.voiced_frames),
            str(row.n),
        )
        for row in rows
    ]
    return columns([head, *cells])
