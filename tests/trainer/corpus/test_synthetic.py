"""The built-in corpus with the real synthesiser: reproducible audio, and labels that match the audio."""

import filecmp
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from trainer.bundle import read_examples
from trainer.corpus import CorpusError, Segment, scan, split, synthesise, synthesise_examples
from trainer.corpus.espeak import SAMPLE_RATE, Onset, Voice
from trainer.corpus.synthesis import SpokenUtterance, in_fresh_processes, segments_from_onsets, speak
from trainer.corpus.synthetic import draw_voice
from trainer.corpus.utterances import NINE_SYLLABLES, Utterance, draw_utterance, espeak_text

SPEAKERS, WORDS = 2, 12
FACTORS = ("f0_voice", "formant_scale", "breathiness", "roughness")


def corpus_at(folder: Path, processes: int) -> Path:
    synthesise(folder, SPEAKERS, WORDS, seed=7, processes=processes)
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus_at(tmp_path_factory.mktemp("synth") / "corpus", processes=2)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def say(voice: Voice, text: str, rate: int = 120, pitch_range: int = 0) -> SpokenUtterance:
    """One utterance, synthesised in a fresh process as in the corpus."""
    utterance = Utterance("word", text, text, True, rate, pitch_range)
    return in_fresh_processes(speak, [(voice, [utterance], (0,))], 1, "test")[0][0]


def test_same_seed_gives_same_bytes_for_any_number_of_processes(corpus: Path, tmp_path: Path) -> None:
    again = corpus_at(tmp_path / "again", processes=1)
    assert files(again) == files(corpus)
    assert [name for name in files(corpus) if not filecmp.cmp(corpus / name, again / name, shallow=False)] == []


def test_interrupted_run_continues_and_corpus_can_grow(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "grown"
    synthesise(out, 1, WORDS, seed=7)
    first = next(out.rglob("*.wav"))
    modified = first.stat().st_mtime_ns
    (out / "manifest.jsonl").unlink()  # as after an interruption
    synthesise(out, SPEAKERS, WORDS, seed=7)
    assert first.stat().st_mtime_ns == modified
    assert (out / "manifest.jsonl").read_bytes() == (corpus / "manifest.jsonl").read_bytes()


def test_scan_reads_all_labels(corpus: Path) -> None:
    recordings = scan(corpus)
    assert len(recordings) == SPEAKERS * WORDS
    for recording in recordings:
        assert {"speaker", "word", "kind", "f0_voice", "formant_scale", "breathiness", "roughness", "rate"} <= set(
            recording.labels
        )
        assert 75 <= recording.labels["f0_voice"] <= 330
        borders = [0.0, *(segment.end for segment in recording.segments)]
        assert [segment.start for segment in recording.segments] == borders[:-1]
        assert borders[-1] == pytest.approx(recording.duration, abs=1e-4)
        assert recording.segments[0].label == recording.segments[-1].label == ""
        assert sum(bool(segment.label) for segment in recording.segments) >= 3
    assert sum("f0" in recording.labels for recording in recordings) >= 0.9 * len(recordings)
    train, validation = split(recordings, "speaker")
    assert {r.labels["speaker"] for r in train}.isdisjoint(r.labels["speaker"] for r in validation)


def test_audio_has_headroom_and_no_digital_silence(corpus: Path) -> None:
    for path in corpus.rglob("*.wav"):
        wave, rate = soundfile.read(path, dtype="int16")
        assert rate == SAMPLE_RATE
        assert 1_000 < np.abs(wave.astype(int)).max() < 32_700
        assert len(np.unique(wave[:400])) > 5


def pitch_by_autocorrelation(spoken: SpokenUtterance) -> float:
    """F0 in the middle of the longest vowel by plain autocorrelation over 60-400 Hz: the first of the high peaks."""
    vowel = max((s for s in spoken.segments if s.label), key=lambda s: s.end - s.start)
    middle = (vowel.start + vowel.end) / 2
    section = spoken.wave[round((middle - 0.1) * SAMPLE_RATE) : round((middle + 0.1) * SAMPLE_RATE)].astype(float)
    lags = np.arange(SAMPLE_RATE // 400, SAMPLE_RATE // 60)
    correlation = np.array([np.corrcoef(section[:-lag], section[lag:])[0, 1] for lag in lags])
    peaks = [n for n in range(1, len(lags) - 1) if correlation[n] >= max(correlation[n - 1], correlation[n + 1])]
    best = max(correlation[n] for n in peaks)
    return SAMPLE_RATE / lags[next(n for n in peaks if correlation[n] > best - 0.05)]


@pytest.mark.parametrize(
    "voice",
    [Voice(80, 1.2, 0, 0), Voice(125, 0.85, 4, 0), Voice(210, 1.1, 8, 0), Voice(320, 1.25, 2, 0)],
    ids=lambda voice: f"{voice.f0:g} Hz",
)
def test_pitch_labels_match_sustained_vowel(voice: Voice) -> None:
    spoken = say(voice, "'a" + "|a" * 9)
    measured = pitch_by_autocorrelation(spoken)
    assert voice.f0 == pytest.approx(measured, rel=0.03)
    assert spoken.f0 == pytest.approx(measured, rel=0.03)


def formants(spoken: SpokenUtterance, count: int) -> np.ndarray:
    """The lowest resonances, in Hz, of the loudest 100 ms by linear prediction (autocorrelation method) at 11 kHz."""
    low = spoken.wave.astype(float)
    low = np.convolve(low, np.sinc(np.arange(-40, 41) / 2) * np.hamming(81), "same")[::2]  # half the rate
    start = int(np.argmax(np.convolve(low**2, np.ones(1_100), "valid")))
    piece = np.diff(low[start : start + 1_100]) * np.hamming(1_099)
    r = np.correlate(piece, piece, "full")[1_098 : 1_098 + 13]
    a = np.linalg.solve(r[np.abs(np.subtract.outer(np.arange(12), np.arange(12)))], r[1:])
    poles = np.roots([1, *-a])
    poles = poles[(poles.imag > 0) & (np.abs(poles) > 0.9)]
    return np.sort(np.angle(poles))[:count] * SAMPLE_RATE / 2 / (2 * np.pi)


def test_formant_scale_changes_formants_and_not_pitch() -> None:
    short, long = (say(Voice(110, scale, 0, 0), "'a" + "|a" * 9) for scale in (1.2, 0.85))
    assert formants(short, 3) / formants(long, 3) == pytest.approx(
        np.full(3, 1.2 / 0.85), rel=0.08
    )  # harmonics pull the poles
    assert short.f0 == pytest.approx(long.f0, rel=0.01)


def test_phones_are_as_requested_and_timed_correctly() -> None:
    spoken = say(Voice(120, 1.0, 0, 0), espeak_text((("s", "a"), ("t", "i"), ("m", "u")), 1))
    assert [s.label for s in spoken.segments] == ["", "s", "a", "t", "i", "m", "u", ""]
    wave = spoken.wave.astype(float)

    def share_above_4_khz(segment: Segment) -> float:
        piece = wave[round(segment.start * SAMPLE_RATE) : round(segment.end * SAMPLE_RATE)]
        power = np.abs(np.fft.rfft(piece)) ** 2
        return power[np.fft.rfftfreq(len(piece), 1 / SAMPLE_RATE) > 4_000].sum() / power.sum()

    def level(segment: Segment) -> float:
        return wave[round(segment.start * SAMPLE_RATE) : round(segment.end * SAMPLE_RATE)].std()

    named = {s.label: s for s in spoken.segments if s.label}
    assert share_above_4_khz(named["s"]) > 0.5 > 0.05 > max(share_above_4_khz(named[v]) for v in "aiu")
    assert max(level(spoken.segments[0]), level(spoken.segments[-1])) < 10 < level(named["a"]) / 10
    closure = Segment(named["t"].start + 0.002, named["t"].start + 0.02, "")
    assert level(closure) < 10  # the silence before the burst is part of the stop


def test_stop_segment_includes_closure() -> None:
    rate = SAMPLE_RATE
    sound = np.zeros(rate, np.int16)
    sound[2_000:4_000] = sound[6_000:10_000] = 5_000  # a vowel; silence; a burst and a vowel
    onsets = [Onset(2_000, "'a"), Onset(6_000, "t"), Onset(6_500, "a"), Onset(10_000, "_:"), Onset(10_100, "_")]
    assert [(round(s.start * rate), round(s.end * rate), s.label) for s in segments_from_onsets(sound, onsets)] == [
        (0, 2_000, ""),
        (2_000, 4_000, "a"),
        (4_000, 6_500, "t"),
        (6_500, 10_000, "a"),
        (10_000, rate, ""),
    ]
    after_pause = segments_from_onsets(sound, [Onset(6_000, "p"), Onset(6_500, "a")])
    assert after_pause[1].start == pytest.approx(
        6_000 / rate - 0.03, abs=1e-4
    )  # no more than a closure of a long pause


def test_voices_cover_factors_evenly() -> None:
    voices = [draw_voice(0, number) for number in range(40)]
    table = np.array([[np.log(v.f0), np.log(v.formant_scale), v.breathiness, v.roughness] for v in voices])
    assert np.abs(np.corrcoef(table.T) - np.eye(4)).max() < 0.25
    low, high = np.log((75, 0.82, 1, 1)), np.log((330, 1.25, 1, 1))
    thirds = np.histogram(table[:, 0], bins=3, range=(low[0], high[0]))[0]
    assert thirds.min() >= 10
    assert len(set(voices)) == 40
    assert draw_voice(0, 3) == voices[3] != draw_voice(1, 3)


def test_utterances_cover_nine_syllables_and_many_phones() -> None:
    drawn = [draw_utterance(np.random.default_rng(n)) for n in range(400)]
    text = " ".join(utterance.text for utterance in drawn if utterance.phonemes).replace("'", "")
    phones = {phone for word in text.split() if word != "_:" for phone in word.split("|")}
    assert len(phones) >= 40
    for onset, vowel in NINE_SYLLABLES:
        assert f"{onset}|{vowel}" in text
    assert {utterance.kind for utterance in drawn} == {"syllables", "word", "string", "sentence"}


def test_examples_are_readable_and_complete(tmp_path: Path) -> None:
    entries = synthesise_examples(tmp_path / "examples", seed=0)
    examples = read_examples(tmp_path)
    assert len(examples) == len(entries) >= 10
    assert len({example.id for example in examples}) == len(examples)
    assert len({example.speaker for example in examples}) >= 4
    for example in examples:
        wave, rate = soundfile.read(tmp_path / "examples" / example.file)
        assert (rate, len(wave) / rate) == (16_000, example.duration)
        assert 0.5 <= example.duration <= 2.5
        assert example.f0
        assert example.phones[-1].end == pytest.approx(example.duration, abs=1e-3)


@pytest.mark.parametrize(
    ("change", "message"), [({"speakers": 0}, "speakers: 0"), ({"words": 0}, "words: 0"), ({"seed": -1}, "seed: -1")]
)
def test_numbers_too_small_raise(tmp_path: Path, change: dict[str, int], message: str) -> None:
    with pytest.raises(CorpusError, match=message):
        synthesise(tmp_path, **({"speakers": 1, "words": 1, "seed": 0} | change))
    assert files(tmp_path) == []


def test_folder_with_other_files_is_unchanged(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CorpusError, match="is not empty"):
        synthesise(tmp_path, 1, 1, seed=0)
    before = json.loads((corpus / "synth.json").read_text())
    with pytest.raises(CorpusError, match="another seed or number of words"):
        synthesise(corpus, 1, WORDS, seed=8)
    assert json.loads((corpus / "synth.json").read_text()) == before


def test_missing_espeak_names_install_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(CorpusError, match=r"pip install -e '\.\[synth\]'"):
        synthesise(tmp_path / "new", 1, 1, seed=0)
