"""Utterances of the synthetic speakers: words of about three syllables, strings of words, and short sentences.

Phones are in the notation of espeak-ng's voice `en`, which is close to Kirshenbaum's ASCII IPA: S is sh, T is th, N is
ng, E is the vowel of bed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STOPS = ("b", "d", "g", "p", "t", "k")
ONSETS = (*STOPS, "m", "n", "f", "v", "s", "z", "S", "Z", "T", "D", "h", "l", "r", "w", "j", "x", "tS", "dZ")
# Without l: after a vowel espeak-ng merges it with the vowel and times it wrongly.
CODAS = ("p", "t", "k", "d", "g", "m", "n", "N", "f", "s", "z", "S")
VOWELS = ("a", "e", "i", "o", "u", "E", "I", "O", "U", "V", "@")
LONG_VOWELS = ("A:", "i:", "u:", "3:", "O:", "aI", "eI", "oU", "aU", "OI")  # one vowel in six
NINE_SYLLABLES = tuple((onset, vowel) for onset in "bdg" for vowel in "aiu")  # de Boer's Artificial Speech Dataset

# Without l after a vowel in the same syllable, for the same reason
SENTENCES = (
    "Good morning, did you sleep enough?",
    "The big dog ran over the wet grass.",
    "Nobody saw where the red boat went.",
    "Please close the window before you leave.",
    "We walked along the river for an hour.",
    "She keeps her books on a low bench.",
    "Five yellow birds sat on the fence.",
    "He asked for bread, cheese and water.",
    "Which of these paths goes to the bridge?",
    "My sister plays the drums every evening.",
    "It rained again this afternoon.",
    "The shop on the corner has fresh fish.",
    "Their house has a blue door.",
    "I thought the voice came from outside.",
    "Turn left at the lamp, then go straight on.",
    "The boys were singing a very long song.",
    "Would you like some more coffee?",
    "A thick fog lay over the harbour.",
    "The judge chose to wait another week.",
    "You can hear the sea from here.",
)

# Allophones that the voice uses only in English text -> phone
_ALLOPHONES = {
    **dict.fromkeys(("3", "a#", "@-", "@2", "@5"), "@"),
    **dict.fromkeys(("I2", "I#"), "I"),
    **dict.fromkeys(("O@", "o@"), "O:"),
    **dict.fromkeys(("aa", "A@"), "A:"),
    **{"E2": "E", "u#": "u:", "0#": "0", "i@3": "i@", "r-": "r", ";": "j"},
}
_VOWEL_SIGNS = frozenset("aeiouEIOUVA03@")
_SONORANTS = frozenset(("m", "n", "N", "l", "r", "w", "j"))


@dataclass(frozen=True)
class Utterance:
    """An utterance. `text` is phonemes with stress marks, or English if `phonemes` is false; `word` is its label."""

    kind: str  # syllables (of the nine), word, string or sentence
    word: str
    text: str
    phonemes: bool
    rate: int  # words per minute
    pitch_range: int  # 0 (monotone) to 99


def plain_phone(mnemonic: str) -> str:
    """The phone of an espeak-ng mnemonic, without stress marks and allophones; "" for a pause."""
    phone = mnemonic.lstrip("',%=|")
    return "" if phone.startswith("_") else _ALLOPHONES.get(phone, phone)


def is_vowel(phone: str) -> bool:
    return phone[:1] in _VOWEL_SIGNS


def is_sonorant(phone: str) -> bool:
    """Whether the phone is voiced with a clear pitch throughout."""
    return is_vowel(phone) or phone in _SONORANTS


Syllables = tuple[tuple[str, ...], ...]


def espeak_text(syllables: Syllables, stressed: int) -> str:
    """The word in espeak-ng's notation, with syllable `stressed` (from 0) stressed. Bars keep `t|S` apart from `tS`."""
    text = ""
    for number, syllable in enumerate(syllables):
        for phone in syllable:
            stress = "'" if number == stressed and is_vowel(phone) else ""
            text += f"|{stress}{phone}" if text else f"{stress}{phone}"
    return text


def _word_of_nine_syllables(generator: np.random.Generator) -> Syllables:
    return tuple(NINE_SYLLABLES[n] for n in generator.integers(len(NINE_SYLLABLES), size=3))


def _cv_word(generator: np.random.Generator) -> Syllables:
    return tuple((_pick(ONSETS, generator), _vowel(generator)) for _ in range(3))


def _mixed_word(generator: np.random.Generator) -> Syllables:
    """A word of two or three syllables V, CV, VC or CVC."""
    syllables = []
    for _ in range(generator.integers(2, 4)):
        onset = (_pick(ONSETS, generator),) if generator.random() < 0.75 else ()
        coda = (_pick(CODAS, generator),) if generator.random() < 0.5 else ()
        syllables.append((*onset, _vowel(generator), *coda))
    return tuple(syllables)


def _pick(phones: tuple[str, ...], generator: np.random.Generator) -> str:
    return phones[generator.integers(len(phones))]


def _vowel(generator: np.random.Generator) -> str:
    return _pick(LONG_VOWELS if generator.random() < 1 / 6 else VOWELS, generator)


def _word_string(generator: np.random.Generator) -> tuple[str, str]:
    """Label and phonemes of two to four words, with or without pauses between them."""
    count = generator.integers(2, 5)
    words = [_mixed_word(generator) if generator.random() < 0.5 else _cv_word(generator) for _ in range(count)]
    pauses = (" ", " _: ", " _: _: _: ")
    text = label = ""
    for word in words:
        text += (_pick(pauses, generator) if text else "") + espeak_text(word, int(generator.integers(len(word))))
        label += (" " if label else "") + _spell(word)
    return label, text


def _spell(word: Syllables) -> str:
    return "".join(phone for syllable in word for phone in syllable)


def draw_utterance(generator: np.random.Generator) -> Utterance:
    """A random utterance: 30 % words of the nine syllables, 35 % CVCVCV, 20 % mixed, 10 % strings, 5 % sentences."""
    kind = generator.random()
    rate = round(float(np.exp(generator.uniform(np.log(110), np.log(240)))))
    pitch_range = int(generator.integers(0, 71))
    if kind >= 0.95:
        sentence = _pick(SENTENCES, generator)
        return Utterance("sentence", sentence, sentence, False, rate, pitch_range)
    if kind >= 0.85:
        label, text = _word_string(generator)
        return Utterance("string", label, text, True, rate, pitch_range)
    word = (_word_of_nine_syllables if kind < 0.3 else _cv_word if kind < 0.65 else _mixed_word)(generator)
    text = espeak_text(word, int(generator.integers(len(word))))
    return Utterance("syllables" if kind < 0.3 else "word", _spell(word), text, True, rate, pitch_range)
