"""A file or bytes in, a checked mono waveform at the model's rate out, and back.

What a file is, its first bytes decide, never its name. Nothing in a header is believed before it is bounded: rate,
channels and length are limited first, then at most limit + 1 frames are read, mixed and resampled a block at a time, so
that memory is bounded by the seconds allowed at the model's rate, whatever the file claims or turns into.
"""

from __future__ import annotations

import io
import os
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

Waveform = NDArray[np.float32]

SILENT_DBFS = -60.0
"""RMS, in dB re full scale, that no stretch of a silent recording reaches."""

_PCM_16 = 1 << 15
_BLOCK_VALUES = 1 << 18
_PEAK_LIMIT = 1e4  # no recording lies above full scale by 80 dB; beyond it float32 sums lose the speech
_UNKNOWN_LENGTH = 1 << 62  # libsndfile answers 2^63 - 1 frames where a FLAC does not know its length
_OPEN_ENDED = (0, 0xFFFFFFFF)  # what a streaming writer leaves in the size field
_READ = frozenset(("WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3", "AIFF", "AU", "CAF"))
_BEGINNINGS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"ID3", b"FORM", b".snd", b"caff")
_MPEG_SYNC = 0xFFE0  # the 11 bits that begin a frame of an MP3 without ID3


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
        _check_beginning(stream)
        _check_is_whole(stream, size)
        return _read_mono(_Seekable(stream), sample_rate, limits)


class _Seekable:
    """A file as libsndfile wants it. Where a header lies it seeks before the beginning: an exception there would be
    lost between C and Python, and leave its traceback on the console.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.read, self.tell, self._stream = stream.read, stream.tell, stream

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        try:
            return self._stream.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return self._stream.tell()


def _check_beginning(stream: BinaryIO) -> None:
    """libsndfile reads two dozen formats, most of them seldom and by few: only what people send is to reach it."""
    head = stream.read(4)
    stream.seek(0)
    if not head.startswith(_BEGINNINGS) and int.from_bytes(head[:2], "big") & _MPEG_SYNC != _MPEG_SYNC:
        raise _unreadable()


def _unreadable() -> AudioError:
    return AudioError("format", "This is not an audio file that can be read; send WAV, FLAC, Ogg or MP3.")


def _check_is_whole(stream: BinaryIO, size: int) -> None:
    """libsndfile silently shortens a WAV or AIFF that was cut off; the person who uploads it should know."""
    head = stream.read(12)
    stream.seek(0)
    kind = {b"RIFF": ("<I", "WAV"), b"FORM": (">I", "AIFF")}.get(head[:4])
    if kind is None or len(head) < 12:
        return
    form, name = kind
    (claimed,) = struct.unpack(form, head[4:8])
    # One byte of grace: some writers count a missing pad byte.
    if claimed not in _OPEN_ENDED and claimed + 8 > size + 1:
        raise AudioError(
            "content",
            f"The {name} file is cut off: its header promises {claimed + 8} bytes, there are {size}. Copy it again.",
        )


def _read_mono(stream: _Seekable, sample_rate: int, limits: AudioLimits) -> Waveform:
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
    """Raise AudioError where what the header claims lies beyond `limits`."""
    rate, channels, frames = sound.samplerate, sound.channels, sound.frames
    if sound.format not in _READ:  # an ID3 tag may stand before anything
        raise _unreadable()
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


def _mono_blocks(sound: soundfile.SoundFile) -> Iterator[Waveform]:
    """The mean of the channels, block by block, of exactly the frames that the header promises. Raises AudioError."""
    frames, read = sound.frames, 0
    size = max(1, _BLOCK_VALUES // sound.channels)
    while read <= frames:
        try:
            block = sound.read(min(size, frames + 1 - read), dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise AudioError(
                "content", "The recording is damaged or cut off part of the way; copy or export it again."
            ) from error
        if len(block) == 0:
            break
        read += len(block)
        mono = np.ascontiguousarray(block[:, 0] if sound.channels == 1 else block.mean(axis=1, dtype=np.float32))
        _check_values(mono)
        yield mono
    if read < frames:
        raise AudioError(
            "content",
            f"The recording is cut off: its header promises {frames} samples, it holds {read}. Copy it again.",
        )


def _check_values(mono: Waveform) -> None:
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


def loudness_gain(waveform: Waveform, target_dbfs: float) -> float:
    """The factor that brings the speech in `waveform` [samples] to an RMS of `target_dbfs` (dB re full scale).

    The RMS is taken over the 512-sample stretches within 30 dB of the loudest, so that pauses do not count.
    Near-silence is raised by no more than 60 dB.
    """
    power = _stretch_power(waveform)
    if power.max() == 0:
        return 1.0
    level = power[power >= power.max() * 1e-3].mean()
    return float(min(10 ** (target_dbfs / 20) / np.sqrt(level), 1e3))


def is_silent(waveform: Waveform) -> bool:
    """Whether there is nothing to hear in `waveform` [samples]: nowhere does it reach SILENT_DBFS."""
    return bool(_stretch_power(waveform).max() < 10 ** (SILENT_DBFS / 10))


def _stretch_power(waveform: Waveform) -> NDArray[np.float64]:
    """Mean square of each of the 512-sample stretches of `waveform` [samples], or of all of it where it is shorter."""
    stretch = min(512, len(waveform))
    usable = waveform[: len(waveform) // stretch * stretch].astype(np.float64).reshape(-1, stretch)
    return np.asarray((usable**2).mean(axis=1))


def encode_wav(waveform: Waveform, sample_rate: int) -> bytes:
    """16-bit mono WAV of `waveform` [samples]; values outside +-1 are clipped, so limit the peak before."""
    # The bytes that libsndfile writes, in a tenth of its time: it asks for every piece of the file through a callback.
    levels = np.clip(np.floor(waveform * np.float32(_PCM_16)), -_PCM_16, _PCM_16 - 1).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(levels.itemsize)
        file.setframerate(sample_rate)
        file.writeframes(levels.tobytes())
    return buffer.getvalue()


def write_flac(path: Path, waveform: Waveform, sample_rate: int) -> None:
    """16-bit mono FLAC of `waveform` [samples] at `path`."""
    soundfile.write(path, waveform, sample_rate, format="FLAC", subtype="PCM_16")
