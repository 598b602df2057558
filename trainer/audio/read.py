"""Reading of audio: a file or bytes -> a checked mono waveform at the model's sample rate.

The format is recognised by the first bytes, never by the name. Headers are not trusted: sample rate, channels and
length are checked first, then at most limit + 1 frames are read, mixed and resampled in blocks. Memory is therefore
bounded by the allowed seconds at the model's rate.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Waveform = NDArray[np.float32]

_BLOCK_VALUES = 1 << 18
_MAX_PEAK = 1e4  # 80 dB above full scale; beyond this, float32 sums lose the speech
_UNKNOWN_LENGTH = 1 << 62  # for FLAC without a length libsndfile reports 2^63 - 1 frames
_STREAMED_SIZES = (0, 0xFFFFFFFF)  # size fields that streaming writers leave
_FORMATS = frozenset(("WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF"))
_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"ID3", b"FORM", b".snd", b"caff")
_MPEG_SYNC = 0xFFE0  # first 11 bits of an MP3 frame, for MP3 without ID3


class AudioError(ValueError):
    """An unusable recording. The message states the problem and the remedy, and for a file its name.

    `kind`: "format" (not readable audio), "limit" (too long, too many channels, sample rate out of range) or "content"
    (empty, truncated, not finite).
    """

    def __init__(self, kind: Literal["format", "limit", "content"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class AudioLimits:
    """Accepted recordings. `seconds` holds before and after resampling; sample rates are in Hz."""

    seconds: float = 600.0
    channels: int = 8
    min_rate: int = 8_000
    max_rate: int = 192_000


def read_audio(source: bytes | Path, sample_rate: int, limits: AudioLimits | None = None) -> Waveform:
    """Decode `source` to mono float32 [samples] at `sample_rate` Hz. Channels are averaged.

    Raises AudioError, and OSError if a file cannot be opened.
    """
    limits = limits or AudioLimits()
    if isinstance(source, bytes):
        return _read_stream(io.BytesIO(source), sample_rate, limits)
    path = Path(source)
    with path.open("rb") as stream:
        try:
            return _read_stream(stream, sample_rate, limits)
        except AudioError as error:
            raise AudioError(error.kind, f"{path.name}: {error}") from error


def _read_stream(stream: BinaryIO, sample_rate: int, limits: AudioLimits) -> Waveform:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size == 0:
        raise AudioError("content", "The file is empty; choose a file with a recording.")
    _check_magic(stream)
    _check_size(stream, size)
    return _read_mono(_SafeStream(stream), sample_rate, limits)


class _SafeStream:
    """A stream for libsndfile, which seeks before the start if a header is wrong. An exception in that callback would
    be lost between C and Python and print a traceback.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.read, self.tell, self._stream = stream.read, stream.tell, stream

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._stream.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return self._stream.tell()


def _check_magic(stream: BinaryIO) -> None:
    """Let only common formats reach libsndfile, which has parsers for two dozen formats, most of them rarely tested."""
    head = stream.read(4)
    stream.seek(0)
    if not head.startswith(_MAGIC) and int.from_bytes(head[:2], "big") & _MPEG_SYNC != _MPEG_SYNC:
        raise _unreadable()


def _unreadable() -> AudioError:
    return AudioError("format", "This is not a readable audio file; send WAV, FLAC, Ogg or MP3.")


def _check_size(stream: BinaryIO, size: int) -> None:
    """Raise AudioError if a WAV or AIFF is truncated, which libsndfile ignores."""
    head = stream.read(12)
    stream.seek(0)
    kind = {b"RIFF": ("<I", "WAV"), b"FORM": (">I", "AIFF")}.get(head[:4])
    if kind is None or len(head) < 12:
        return
    layout, name = kind
    (declared,) = struct.unpack(layout, head[4:8])
    # One byte of tolerance: some writers count a missing pad byte.
    if declared not in _STREAMED_SIZES and declared + 8 > size + 1:
        raise AudioError(
            "content",
            f"The {name} file is truncated: its header declares {declared + 8} bytes, it has {size}. Copy it again.",
        )


def _read_mono(stream: _SafeStream, sample_rate: int, limits: AudioLimits) -> Waveform:
    try:
        sound = soundfile.SoundFile(stream)
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise _unreadable() from error
    with sound:
        _check_header(sound, limits)
        if sound.samplerate == sample_rate:
            blocks = list(_mono_blocks(sound))
        else:
            resampler = soxr.ResampleStream(sound.samplerate, sample_rate, 1, dtype="float32", quality="HQ")
            blocks = [resampler.resample_chunk(block) for block in _mono_blocks(sound)]
            blocks.append(resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
    waveform = np.concatenate(blocks)
    if len(waveform) == 0:
        raise AudioError(
            "content", f"The recording is shorter than one sample at {sample_rate} Hz; choose a longer one."
        )
    return waveform


def _check_header(sound: soundfile.SoundFile, limits: AudioLimits) -> None:
    """Raise AudioError if the header is outside `limits`."""
    rate, channels, frames = sound.samplerate, sound.channels, sound.frames
    if sound.format not in _FORMATS:  # any format may follow an ID3 tag
        raise _unreadable()
    if not limits.min_rate <= rate <= limits.max_rate:
        raise AudioError("limit", f"The sample rate is {rate} Hz; send {limits.min_rate} to {limits.max_rate} Hz.")
    if channels > limits.channels:
        raise AudioError("limit", f"The recording has {channels} channels; send at most {limits.channels}.")
    if frames >= _UNKNOWN_LENGTH:
        raise AudioError(
            "content", "The file does not state its length; convert it again with a known length (`flac` or `sox`)."
        )
    if frames < 1:
        raise AudioError("content", "The recording has no samples; choose a file with a recording.")
    if frames > limits.seconds * rate:
        raise AudioError("limit", f"The recording lasts {frames / rate:.1f} s; send at most {limits.seconds:g} s.")


def _mono_blocks(sound: soundfile.SoundFile) -> Iterator[Waveform]:
    """The mean over channels, in blocks [samples], of exactly the number of frames in the header. Raises AudioError."""
    frames, read = sound.frames, 0
    size = max(1, _BLOCK_VALUES // sound.channels)
    while read <= frames:
        try:
            block = sound.read(min(size, frames + 1 - read), dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise AudioError("content", "The recording is damaged or truncated; copy or export it again.") from error
        if len(block) == 0:
            break
        read += len(block)
        mono = np.ascontiguousarray(block[:, 0] if sound.channels == 1 else block.mean(axis=1, dtype=np.float32))
        _check_values(mono)
        yield mono
    if read < frames:
        raise AudioError(
            "content",
            f"The recording is truncated: its header declares {frames} samples, it has {read}. Copy it again.",
        )


def _check_values(mono: Waveform) -> None:
    """Raise AudioError if values are not finite or far above full scale."""
    if not np.isfinite(mono).all():
        raise AudioError(
            "content", "The recording has NaN or infinite values; export it again, for example as 16-bit WAV."
        )
    if np.abs(mono).max() > _MAX_PEAK:
        raise AudioError(
            "content",
            "The recording has values far above full scale (1.0); export it again, for example as 16-bit WAV.",
        )
