"""Synthetic speech of one speaker with espeak-ng: phonemes in, 16-bit waveform and the onset of each phone out.

espeak-ng is an optional extra (`espeakng-loader`, GPL-3), used only here, through ctypes. The library has global state
that cannot be reset and is not thread-safe. Use one `Speaker` per fresh process; then the same calls in the same order
give bit-identical samples.
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

from trainer.corpus.recording import CorpusError
from trainer.runtime.distribution import install_command

SAMPLE_RATE = 22050
BASE_VOICE = "en"  # speaks exactly the given phones; es, it and de insert allophones
MAX_RATE, MIN_RATE = 440, 80  # words per minute; from 450 on the phone events are wrong

_SYNCHRONOUS, _PHONEME_EVENTS, _UTF8, _PHONEME_INPUT = 2, 1, 1, 0x100
_END, _PHONEME = 0, 7
_RATE, _VOLUME, _PITCH_RANGE = 1, 2, 4
_VOLUME_LEVEL = 50  # of 100, at which high voices clip
_DATA_FILES = ("phondata", "phondata-manifest", "phonindex", "phontab", "intonations", "en_dict", "lang/gmw/en")
_SEED = 1
_MISSING = f"the synthetic corpus needs espeak-ng: {install_command('synth')}"


@dataclass(frozen=True)
class Voice:
    """Parameters of a speaker.

    `f0`: Hz, without intonation. `formant_scale`: factor of all formants relative to the base voice, a man's; more is a
    shorter vocal tract. `breathiness`: level of noise at the formants, 0 to about 8. `roughness`: 0 (regular) to 7.
    """

    f0: float
    formant_scale: float
    breathiness: float
    roughness: int

    def definition(self) -> str:
        """Text of an espeak-ng voice variant.

        espeak-ng's F0 for `pitch LOW HIGH` without intonation is LOW - 9 + (HIGH - LOW) * 108 * 18 / 4096 Hz, within
        0.5 % as measured.
        """
        span = 0.45 * self.f0  # Hz, extent of the intonation at a pitch range of 50
        low = self.f0 + 9 - span * 108 * 18 / 4096
        breath = " ".join(str(round(self.breathiness * share)) for share in (0, 0.5, 1, 1, 1, 1, 1, 0.5))
        formants = [f"formant {n} {round(100 * self.formant_scale)} 100 100" for n in range(1, 9)]
        lines = ["language variant", "name speaker", f"pitch {round(low)} {round(low + span)}", *formants]
        return "\n".join([*lines, f"breath {breath}", f"roughness {self.roughness}", "flutter 2", ""])


class Onset(NamedTuple):
    """Start of a phone. `phone` is espeak-ng's mnemonic with stress marks; "_" and "_:" are pauses."""

    sample: int
    phone: str


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
    """The module `espeakng_loader`. Raises CorpusError with the install command if it is missing."""
    try:
        import espeakng_loader
    except ImportError as error:
        raise CorpusError(_MISSING) from error
    return espeakng_loader


class Speaker:
    """The single voice of this process. A context manager, which deletes the temporary voice files."""

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
        self._chunks: list[NDArray[np.int16]] = []
        self._onsets: list[Onset] = []
        self._collect = _Callback(self._receive)  # keeps a reference: espeak-ng has only a pointer
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
            raise CorpusError(f"espeak-ng did not start (it returned {rate} instead of its sample rate); {_MISSING}")
        library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))  # or the clock seeds the noise of breath and fricatives
        library.espeak_SetSynthCallback(self._collect)
        if library.espeak_SetVoiceByName(f"{BASE_VOICE}+speaker".encode()):
            raise CorpusError(f"this espeak-ng has no voice {BASE_VOICE!r}; {_MISSING}")

    def _receive(self, wave: Any, count: int, events: Any) -> int:
        if count > 0:
            self._chunks.append(np.ctypeslib.as_array(wave, (count,)).copy())
        for index in range(1 << 16):
            event = events[index]
            if event.type == _END:
                break
            if event.type == _PHONEME:
                name = bytes(event.id.string).split(b"\0")[0].decode("utf-8", "replace")
                self._onsets.append(Onset(event.sample, name))
        return 0

    def say(self, text: str, rate: int, pitch_range: int, phonemes: bool) -> tuple[NDArray[np.int16], list[Onset]]:
        """Synthesise `text` at `rate` words per minute with intonation `pitch_range` (0 monotone to 99).

        With `phonemes` the text is in espeak-ng's alphabet, with ' before stressed vowels; otherwise in English
        spelling. Returns the waveform [samples] at 22 050 Hz and the onset of each phone. Raises CorpusError.
        """
        if not MIN_RATE <= rate <= MAX_RATE:
            raise CorpusError(f"rate: {rate} is outside {MIN_RATE} to {MAX_RATE} words per minute")
        self._chunks, self._onsets = [], []
        for parameter, value in ((_RATE, rate), (_VOLUME, _VOLUME_LEVEL), (_PITCH_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        data = (f"[[{text}]]" if phonemes else text).encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 1, 0, _UTF8 | _PHONEME_INPUT, None, None)
        wave = np.concatenate(self._chunks) if self._chunks else np.zeros(0, np.int16)
        return wave, self._onsets

    def __enter__(self) -> Speaker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()
