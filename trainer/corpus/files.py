"""Audio files of a corpus: which endings are read, how long a file lasts by its header, and its waveform."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from trainer.audio import AudioError, AudioLimits, read_audio
from trainer.corpus.labels import CorpusError, Recording
from trainer.runtime.distribution import install_command

G722 = ".g722"  # has no header: known by its ending alone
ENDINGS = frozenset((".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", G722))

_G722_RATE = 16_000
_G722_SAMPLES_A_BYTE = 2  # 64 kbit/s
_DAY = 86_400.0
# The user's own files: wide, yet bounded
_LIMITS = AudioLimits(seconds=_DAY, channels=64, min_rate=1_000, max_rate=768_000)


def is_audio(name: str) -> bool:
    """Whether a file of this name is one we read; hidden files and what macOS leaves beside files are not."""
    return not name.startswith(".") and Path(name).suffix.lower() in ENDINGS


def duration(path: Path) -> float:
    """Seconds, from the header alone. Raises CorpusError, its message a few words, where the file cannot be used."""
    if not path.is_file():
        raise CorpusError("not there")
    if path.suffix.lower() == G722:
        seconds = path.stat().st_size * _G722_SAMPLES_A_BYTE / _G722_RATE
    else:
        try:
            info = soundfile.info(str(path))
        except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
            raise CorpusError("not readable audio") from error
        seconds = info.frames / info.samplerate
    if seconds <= 0:
        raise CorpusError("empty")
    if seconds > _DAY:
        raise CorpusError("of unknown length, or longer than a day")
    return seconds


def read_recording(recording: Recording, sample_rate: int) -> NDArray[np.float32]:
    """The waveform, mono float32 [samples] at `sample_rate` Hz. Raises CorpusError, naming the file."""
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
