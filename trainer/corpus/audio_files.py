"""Audio files of a corpus: accepted suffixes, duration from the header, and waveform."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from trainer.audio import AudioError, AudioLimits, read_audio
from trainer.corpus.recording import CorpusError, Recording
from trainer.runtime.distribution import install_command

G722 = ".g722"  # no header: recognised by its suffix only
SUFFIXES = frozenset((".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", G722))

_G722_RATE = 16_000
_G722_SAMPLES_PER_BYTE = 2  # 64 kbit/s
_MAX_SECONDS = 86_400.0
# Wider than for uploads, since these are the user's own files
_LIMITS = AudioLimits(seconds=_MAX_SECONDS, channels=64, min_rate=1_000, max_rate=768_000)


def is_audio(name: str) -> bool:
    """Whether the name has an accepted suffix and is not hidden (macOS writes hidden files next to others)."""
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def duration(path: Path) -> float:
    """Duration in seconds, from the header. Raises CorpusError with a short reason, without the file name."""
    if not path.is_file():
        raise CorpusError("file is missing")
    if path.suffix.lower() == G722:
        seconds = path.stat().st_size * _G722_SAMPLES_PER_BYTE / _G722_RATE
    else:
        try:
            info = soundfile.info(str(path))
        except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
            raise CorpusError("not readable audio") from error
        seconds = info.frames / info.samplerate
    if seconds <= 0:
        raise CorpusError("empty")
    if seconds > _MAX_SECONDS:
        raise CorpusError("unknown length, or longer than a day")
    return seconds


def read_recording(recording: Recording, sample_rate: int) -> NDArray[np.float32]:
    """The recording as mono float32 [samples] at `sample_rate` Hz. Raises CorpusError naming the file."""
    try:
        if recording.path.suffix.lower() == G722:
            return _read_g722(recording.path, sample_rate)
        return read_audio(recording.path, sample_rate, _LIMITS)
    except AudioError as error:
        raise CorpusError(str(error)) from error
    except OSError as error:
        raise CorpusError(f"{recording.path.name}: {error.strerror}") from error


def _read_g722(path: Path, sample_rate: int) -> NDArray[np.float32]:
    try:
        import av
    except ImportError as error:
        raise CorpusError(f"{path.name}: reading .g722 files needs PyAV: {install_command('g722')}") from error
    with av.open(str(path), format="g722") as container:
        blocks = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    wave = np.concatenate(blocks).astype(np.float32) / 32768
    return np.ascontiguousarray(soxr.resample(wave, _G722_RATE, sample_rate, quality="HQ"), dtype=np.float32)
