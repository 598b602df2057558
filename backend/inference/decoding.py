"""Decoding: starting latents and edits -> latents -> sound and spectrogram."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from backend.errors import invalid
from backend.inference.engine import Engine
from backend.inference.rendering import FrameSlice, Sound, Waveform, limit_peak
from backend.inference.starting_latents import DecodeSource, get_source
from backend.inference.typicality import prior_distance
from backend.schemas import DecodeRequest
from trainer.edits import Edit, apply_edits

_ROUNDING_SECONDS = 1e-3
"""Tolerance of a span's end beyond the clip's end: clients round durations."""


@dataclass(frozen=True)
class Decoded:
    """A sound, and the latents [D, L] it was decoded from: those of `source` after `edits`."""

    sound: Sound
    source: DecodeSource
    edits: Sequence[Edit]
    latents: Tensor


def decode(engine: Engine, request: DecodeRequest) -> Decoded:
    """Sound of `request`; equal requests give equal sounds. Raises Problem."""
    source = get_source(engine, request)
    check_edits(source, request.edits)
    return _decode(source, request.edits)


def response_content(engine: Engine, decoded: Decoded) -> dict[str, Any]:
    """Content of the response of /decode, without the audio."""
    return {
        "sample_rate": decoded.sound.sample_rate,
        "samples": len(decoded.sound.waveform),
        "limited": decoded.sound.limited,
        "spectrogram": _spectrogram(engine, decoded.sound),
        "prior_distance": prior_distance(decoded.source, decoded.edits, decoded.latents),
    }


def edited_spectrogram(
    engine: Engine, source: DecodeSource, edits: Sequence[Edit], frame_slice: FrameSlice | None
) -> dict[str, Any]:
    """Spectrogram of `source` after checked `edits`, or `frame_slice` of it. Raises Problem if the sound overflows.

    For a slice only the samples it needs are decoded: equal up to rounding, except that the level is not reduced where
    the whole sound would exceed full scale.
    """
    if frame_slice is None:
        return _spectrogram(engine, _decode(source, edits).sound)
    ref, latents = source.ref, apply_edits(source.latents, edits, source.ref.geometry)
    decoded = ref.model.decode(ref.module, latents, source.samples, frame_slice.sample_range)
    return engine.spectrograms.render_slice(_restore_level(decoded, source), ref.record.sample_rate, frame_slice)


def check_edits(source: DecodeSource, edits: Iterable[Edit]) -> None:
    """Raises Problem for the first edit of an unknown dimension or outside the clip."""
    for index, edit in enumerate(edits):
        check_edit(source, edit, f"edits.{index}.")


def check_edit(source: DecodeSource, edit: Edit, prefix: str = "") -> None:
    """Raises Problem if `edit` is invalid; the request field is the edit's field after `prefix`."""
    if edit.dim >= source.ref.dims:
        fault = f"must be 0 to {source.ref.dims - 1}, the dimensions of module {source.ref.module}"
        raise invalid(f"{prefix}dim", fault)
    check_span(source.duration, edit.start, edit.end, prefix)


def check_span(duration: float, start: float | None, end: float | None, prefix: str) -> None:
    """Raises Problem unless `start` and `end` (seconds) are a span of a clip of `duration` seconds."""
    if end is not None and end > duration + _ROUNDING_SECONDS:
        raise invalid(f"{prefix}end", f"must be at most {duration:.6g} s, the duration of the clip")
    first, last = start or 0.0, duration if end is None else end
    if first >= last:
        raise invalid(f"{prefix}start", f"must be less than the end of the span, {last:.6g} s")


def _decode(source: DecodeSource, edits: Sequence[Edit]) -> Decoded:
    """Sound of `source` after checked `edits`. Raises Problem if it overflows."""
    latents = apply_edits(source.latents, edits, source.ref.geometry)
    waveform = _restore_level(_decode_latents(source, latents, edits), source)
    return Decoded(limit_peak(waveform, source.ref.record.sample_rate), source, edits, latents)


def _decode_latents(source: DecodeSource, latents: Tensor, edits: Sequence[Edit]) -> Tensor:
    """Sound [samples] of `latents`; local edits are decoded locally and spliced into the cached unedited sound."""
    # The choice must depend on the request alone, not on the cache: equal requests give equal bytes.
    model, module = source.ref.model, source.ref.module
    whole_clip = any(edit.start is None and edit.end is None for edit in edits)  # then there is nothing to splice into
    if source.unedited is None or not edits or whole_clip:
        return model.decode(module, latents, source.samples)
    return model.decode_edited(module, latents, source.latents, source.samples, source.unedited)


def _restore_level(decoded: Tensor, source: DecodeSource) -> Waveform:
    """`decoded` [samples] at the loudness of the clip. Raises Problem if it overflows."""
    waveform: Waveform = (decoded / source.gain).numpy()
    if not np.isfinite(waveform).all():
        raise invalid(source.field, "the latent values are too large to decode; use smaller ones")
    return waveform


def _spectrogram(engine: Engine, sound: Sound) -> dict[str, Any]:
    return engine.spectrograms.render(sound.waveform, sound.sample_rate)
