"""A file or bytes in, a checked mono waveform at the model's rate out, and back.

Nothing in a header is believed before it is bounded: rate, channels and length are limited first, then at most limit
+ 1 frames are read, a block at a time, so that memory is bounded by the limits and never by what the file claims.
"""

from __future__ import annotations

import io
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Waveform = NDArray[np.float32]

_BLOCK_VALUES = 1 << 20
_PEAK_LIMIT = 1e4  # no recording lies above full scale by 80 dB; beyond it float32 sums lose the speech
_UNKNOWN_LENGTH = 1 << 62  # libsndfile answers 2^63 - 1 frames where a FLAC does not know its length
_OPEN_ENDED_RIFF = (0, 0xFFFFFFFF)  # what a streaming writer leaves in the size field


class AudioError(ValueError):
    """A recording that cannot be used; the message says what is wrong and how to mend it.

    `kind`: "format" (not audio we can read), "limit" (too long, too many channels, rate out of range) or "content"
    (empty, cut off, not finite).
    """

    def __init__(self, kind: Literal["format", "limit", "content"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class AudioLimits:
    """What a recording may be. Seconds are bounded before and after resampling; rates in Hz."""

    seconds: float = 600.0
    channels: int = 8
    min_rate: int = 8_000
    max_rate: int = 192_000


def read_audio(source: bytes | Path, sample_rate: int, limits: AudioLimits | None = None) -> Waveform:
    """Decode `source` to mono float32 [samples] at `sample_rate` Hz, channels averaged. Raises AudioError."""
    limits = limits or AudioLimits()
    with io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        if size == 0:
            raise AudioError("content", "The file is empty; choose one that holds a recording.")
        _check_riff_is_whole(stream, size)
        mono, rate = _read_mono(stream, limits)
    if not np.isfinite(mono).all():
        raise AudioError(
            "content",
            "The recording holds values that are not numbers (NaN or infinity); export it again, say as 16-bit WAV.",
        )
    if np.abs(mono).max() > _PEAK_LIMIT:
        raise AudioError(
            "content",
            "The recording's values lie far above full scale (1.0); export it again, say as 16-bit WAV.",
        )
    if rate != sample_rate:
        mono = soxr.resample(mono, rate, sample_rate, quality="HQ")
    if len(mono) == 0:
        raise AudioError(
            "content", f"The recording is shorter than one sample at {sample_rate} Hz; choose a longer one."
        )
    return np.ascontiguousarray(mono, dtype=np.float32)


def _check_riff_is_whole(stream: BinaryIO, size: int) -> None:
    """libsndfile silently shortens a WAV that was cut off; the person who uploads it should know."""
    head = stream.read(12)
    stream.seek(0)
    if len(head) == 12 and head[:4] == b"RIFF" and head[8:] == b"WAVE":
        (claimed,) = struct.unpack("<I", head[4:8])
        # One byte of grace: some writers count a missing pad byte.
        if claimed not in _OPEN_ENDED_RIFF and claimed + 8 > size + 1:
            raise AudioError(
                "content",
                f"The WAV file is cut off: its header promises {claimed + 8} bytes, there are {size}. Copy it again.",
            )


def _read_mono(stream: BinaryIO, limits: AudioLimits) -> tuple[Waveform, int]:
    try:
        sound = soundfile.SoundFile(stream)
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise AudioError("format", "This is not an audio file that can be read; send WAV, FLAC, Ogg or MP3.") from error
    with sound:
        rate, channels, frames = sound.samplerate, sound.channels, sound.frames
        if not limits.min_rate <= rate <= limits.max_rate:
            raise AudioError("limit", f"The sample rate is {rate} Hz; send {limits.min_rate} to {limits.max_rate} Hz.")
        if channels > limits.channels:
            raise AudioError("limit", f"The recording has {channels} channels; send at most {limits.channels}.")
        if frames >= _UNKNOWN_LENGTH:
            raise AudioError(
                "content",
                "The file does not say how long it is; write it again with a known length (with `flac` or `sox`, say).",
            )
        if frames < 1:
            raise AudioError("content", "The recording holds no samples; choose one that does.")
        if frames > limits.seconds * rate:
            raise AudioError("limit", f"The recording lasts {frames / rate:.1f} s; send at most {limits.seconds:g} s.")
        blocks, read = [], 0
        block_frames = max(1, _BLOCK_VALUES // channels)
        try:
            while read <= frames:
                block = sound.read(min(block_frames, frames + 1 - read), dtype="float32", always_2d=True)
                if len(block) == 0:
                    break
                read += len(block)
                blocks.append(block[:, 0] if channels == 1 else block.mean(axis=1, dtype=np.float32))
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise AudioError(
                "content", "The recording is damaged or cut off part of the way; copy or export it again."
            ) from error
    if read < frames:
        raise AudioError(
            "content",
            f"The recording is cut off: its header promises {frames} samples, it holds {read}. Copy it again.",
        )
    return np.concatenate(blocks), rate


def loudness_gain(waveform: Waveform, target_dbfs: float) -> float:
    """The factor that brings the speech in `waveform` [samples] to an RMS of `target_dbfs` (dB re full scale).

    The RMS is taken over the 512-sample stretches within 30 dB of the loudest, so that pauses do not count.
    Near-silence is raised by no more than 60 dB.
    """
    stretch = min(512, len(waveform))
    usable = waveform[: len(waveform) // stretch * stretch].astype(np.float64).reshape(-1, stretch)
    power = (usable**2).mean(axis=1)
    if power.max() == 0:
        return 1.0
    level = power[power >= power.max() * 1e-3].mean()
    return float(min(10 ** (target_dbfs / 20) / np.sqrt(level), 1e3))


def encode_wav(waveform: Waveform, sample_rate: int) -> bytes:
    """16-bit mono WAV of `waveform` [samples]; values outside +-1 are clipped, so limit the peak before."""
    buffer = io.BytesIO()
    soundfile.write(buffer, waveform, sample_rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def write_flac(path: Path, waveform: Waveform, sample_rate: int) -> None:
    """16-bit mono FLAC of `waveform` [samples] at `path`."""
    soundfile.write(path, waveform, sample_rate, format="FLAC", subtype="PCM_16")
