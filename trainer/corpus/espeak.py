"""One synthetic speaker through espeak-ng: phonemes in, 16-bit sound and the true onset of every phone out.

espeak-ng is an optional extra (`espeakng-loader`, GPL-3) that is loaded here, through ctypes, and nowhere else. Its
library keeps state between calls that nothing resets, and is not thread-safe, so one process is one speaker: make one
`Speaker` in a fresh process and call it in a fixed order, and the same calls give the same samples, bit for bit.
"""

from __future__ import annotations

import ctypes
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.corpus.labels import CorpusError
from trainer.runtime.distribution import install_command

SAMPLE_RATE = 22050
BASE_VOICE = "en"  # gives exactly the phones asked for, where es, it or de put in allophones
FASTEST, SLOWEST = 440, 80  # words a minute; from 450 on the phone events are wrong

_SYNCHRONOUS, _PHONEME_EVENTS, _UTF8, _PHONEME_INPUT = 2, 1, 1, 0x100
_END, _PHONEME = 0, 7
_RATE, _VOLUME, _PITCH_RANGE = 1, 2, 4
_HEADROOM = 50  # of espeak-ng's volume 100, at which high voices clip
_DATA_FILES = ("phondata", "phondata-manifest", "phonindex", "phontab", "intonations", "en_dict", "lang/gmw/en")
_SEED = 1
_MISSING = f"the synthetic corpus needs espeak-ng: {install_command('synth')}"


@dataclass(frozen=True)
class Voice:
    """What makes a speaker: all of it exact, because all of it is asked for.

    f0: hertz, of the monotone voice. formant_scale: all formants times this (1 is the base voice, a man's; more is a
    shorter tract). breathiness: 0 (none) to about 8, the level of noise at the formants. roughness: 0 (an even voice)
    to 7.
    """

    f0: float
    formant_scale: float
    breathiness: float
    roughness: int

    def definition(self) -> str:
        """The text of an espeak-ng voice variant.

        espeak-ng's monotone F0 for `pitch LOW HIGH` is LOW - 9 + (HIGH - LOW) * 108 * 18 / 4096 Hz; measured, it
        holds to 0.5 %.
        """
        span = 0.45 * self.f0  # how far the intonation of a pitch range of 50 goes
        low = self.f0 + 9 - span * 108 * 18 / 4096
        breath = " ".join(str(round(self.breathiness * share)) for share in (0, 0.5, 1, 1, 1, 1, 1, 0.5))
        formants = [f"formant {n} {round(100 * self.formant_scale)} 100 100" for n in range(1, 9)]
        lines = ["language variant", "name speaker", f"pitch {round(low)} {round(low + span)}", *formants]
        return "\n".join([*lines, f"breath {breath}", f"roughness {self.roughness}", "flutter 2", ""])


class Onset(NamedTuple):
    sample: int
    phone: str  # as espeak-ng writes it, stress marks and all; "_" and "_:" are pauses


class _Identity(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def check_installed() -> Any:
    """The module `espeakng_loader`; a CorpusError that tells how to install it where it is missing."""
    try:
        import espeakng_loader
    except ImportError as error:
        raise CorpusError(_MISSING) from error
    return espeakng_loader


class Speaker:
    """The one voice of this process; a context manager, since its voice file lives in a temporary folder."""

    def __init__(self, voice: Voice) -> None:
        loader = check_installed()
        self._library: Any = loader.load_library()
        if self._library is None:
            raise CorpusError(f"espeak-ng is installed but its library does not load; {_MISSING}")
        self._folder = tempfile.TemporaryDirectory(prefix="sim-explorer-voice-")
        data = Path(self._folder.name) / "espeak-ng-data"
        for name in _DATA_FILES:
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(loader.get_data_path()) / name, data / name)
        variant = data / "voices" / "!v" / "speaker"
        variant.parent.mkdir(parents=True)
        variant.write_text(voice.definition(), encoding="ascii")
        self._sound: list[NDArray[np.int16]] = []
        self._onsets: list[Onset] = []
        self._collect = _Callback(self._receive)  # kept: espeak-ng holds a bare pointer to it
        self._start(data)

    def _start(self, data: Path) -> None:
        library = self._library
        library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        rate = library.espeak_Initialize(_SYNCHRONOUS, 500, str(data).encode(), _PHONEME_EVENTS)
        if rate != SAMPLE_RATE:
            raise CorpusError(f"espeak-ng did not start (it answered {rate} in place of its sample rate); {_MISSING}")
        library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))  # else the clock seeds the noise of breath and fricatives
        library.espeak_SetSynthCallback(self._collect)
        if library.espeak_SetVoiceByName(f"{BASE_VOICE}+speaker".encode()):
            raise CorpusError(f"this espeak-ng has no voice {BASE_VOICE!r}; {_MISSING}")

    def _receive(self, wave: Any, count: int, events: Any) -> int:
        if count > 0:
            self._sound.append(np.ctypeslib.as_array(wave, (count,)).copy())
        for index in range(1 << 16):
            event = events[index]
            if event.type == _END:
                break
            if event.type == _PHONEME:
                name = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "replace")
                self._onsets.append(Onset(event.sample, name))
        return 0

    def say(self, text: str, rate: int, pitch_range: int, phonemes: bool) -> tuple[NDArray[np.int16], list[Onset]]:
        """Speak, at `rate` words a minute and an intonation of `pitch_range` (0 monotone to 99).

        text: phones in espeak-ng's own alphabet, with ' before a stressed vowel, if `phonemes`; else English spelling.
        Returns the sound [samples] at 22 050 Hz and the onset of every phone in it.
        """
        if not SLOWEST <= rate <= FASTEST:
            raise CorpusError(f"rate {rate} is outside {SLOWEST} to {FASTEST} words a minute")
        self._sound, self._onsets = [], []
        for parameter, value in ((_RATE, rate), (_VOLUME, _HEADROOM), (_PITCH_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        data = (f"[[{text}]]" if phonemes else text).encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8 | _PHONEME_INPUT, None, None)
        sound = np.concatenate(self._sound) if self._sound else np.zeros(0, np.int16)
        return sound, self._onsets

    def __enter__(self) -> Speaker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()
