"""Scanning of folders: layouts, label files, unusable files."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.signals import sine
from trainer.corpus import CorpusError, Recording, Segment, read_recording, scan

RATE = 8_000


def write_audio(path: Path, seconds: float = 0.5, rate: int = RATE, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = sine(440, seconds, rate, level=0.3)
    kind = "AIFF" if path.suffix == ".aif" else None
    soundfile.write(path, np.stack([wave] * channels, axis=1), rate, format=kind)
    return path


def by_name(recordings: list[Recording]) -> dict[str, Recording]:
    return {recording.path.name: recording for recording in recordings}


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff", "aif", "WAV"])
def test_flat_folder_with_each_suffix(tmp_path: Path, suffix: str) -> None:
    write_audio(tmp_path / f"hello there.{suffix}", seconds=0.75)
    (tmp_path / "notes.txt").write_text("not audio")
    (tmp_path / "._hello there.wav").write_bytes(b"macOS metadata")
    (recording,) = scan(tmp_path)
    assert recording.duration == pytest.approx(0.75, abs=0.08)  # MP3 pads
    assert (recording.labels, recording.segments) == ({}, ())
    assert len(read_recording(recording, 16_000)) == pytest.approx(12_000, abs=1_300)


def test_order_is_independent_of_file_system(tmp_path: Path) -> None:
    for name in ("b", "a", "c/z", "c/y", "B"):
        write_audio(tmp_path / f"{name}.wav")
    names = [recording.path.relative_to(tmp_path).as_posix() for recording in scan(tmp_path)]
    assert names == ["B.wav", "a.wav", "b.wav", "c/y.wav", "c/z.wav"]


def test_librispeech(tmp_path: Path) -> None:
    write_audio(tmp_path / "84" / "121123" / "84-121123-0000.flac")
    write_audio(tmp_path / "84" / "121123" / "84-121123-0001.flac")
    (tmp_path / "84" / "121123" / "84-121123.trans.txt").write_text(
        "84-121123-0000 GO ON\n84-121123-0001 DO YOU HEAR\n"
    )
    write_audio(tmp_path / "116" / "288045" / "116-288045-0000.flac")
    found = by_name(scan(tmp_path))
    assert found["84-121123-0001.flac"].labels == {"speaker": "84", "chapter": "121123", "text": "DO YOU HEAR"}
    assert found["116-288045-0000.flac"].labels == {"speaker": "116", "chapter": "288045"}


def test_speech_commands(tmp_path: Path) -> None:
    write_audio(tmp_path / "yes" / "0a7c2a8d_nohash_0.wav")
    write_audio(tmp_path / "no" / "0a7c2a8d_nohash_1.wav")
    write_audio(tmp_path / "no" / "mine.wav")
    write_audio(tmp_path / "_background_noise_" / "running_tap.wav")
    found = by_name(scan(tmp_path))
    assert len(found) == 3
    assert found["0a7c2a8d_nohash_1.wav"].labels == {"class": "no", "speaker": "0a7c2a8d"}
    assert found["mine.wav"].labels == {"class": "no"}


def test_festvox_voice(tmp_path: Path) -> None:
    for number in ("0001", "0002"):
        write_audio(tmp_path / "wav" / f"ru_{number}.wav")
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "ru_0001.lab").write_text("#\n0.2 125 pau\n0.4 125 k\n0.7 125 a\n")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "txt.done.data").write_text('( ru_0001 "Да, \\"да\\"." )\n( ru_0002 "Нет." )\n', "utf-8")
    for folder in (tmp_path, tmp_path / "wav"):  # the voice, or only its audio folder
        first, second = scan(folder)
        assert first.labels == {"text": 'Да, "да".'}
        assert first.segments == (Segment(0, 0.2, ""), Segment(0.2, 0.4, "k"), Segment(0.4, 0.5, "a"))
        assert second.segments == ()


@pytest.mark.parametrize("place", [".", "TextGrid", "../labels"])
def test_textgrid_next_to_audio_or_in_label_folder(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "audio"
    write_audio(folder / "a.wav")
    (folder / place).mkdir(exist_ok=True)
    grid = 'File type = "ooTextFile"\nObject class = "TextGrid"\n0 0.5 <exists> 1\n"IntervalTier" "phones" 0 0.5 1\n'
    (folder / place / "a.TextGrid").write_text(grid + '0 0.5 "o"\n')
    assert scan(folder)[0].segments == (Segment(0, 0.5, "o"),)


def test_names_with_word_and_take(tmp_path: Path) -> None:
    write_audio(tmp_path / "badigu_1.wav")
    write_audio(tmp_path / "gubida_12.wav")
    assert [r.labels for r in scan(tmp_path)] == [{"word": "badigu", "take": 1.0}, {"word": "gubida", "take": 12.0}]
    write_audio(tmp_path / "something else.wav")
    assert [r.labels for r in scan(tmp_path)] == [{}, {}, {}]


def test_names_with_word_take_and_syllable(tmp_path: Path) -> None:
    write_audio(tmp_path / "badigu_1_2_di.wav")
    write_audio(tmp_path / "gubida_1_1_gu.wav")
    write_audio(tmp_path / "strobida_1_1_stro.wav")
    write_audio(tmp_path / "adigu_1_1_a.wav")
    labels = {name: recording.labels for name, recording in by_name(scan(tmp_path)).items()}
    assert labels["badigu_1_2_di.wav"] == {
        "word": "badigu",
        "take": 1.0,
        "syllable": "di",
        "consonant": "d",
        "vowel": "i",
    }
    assert labels["strobida_1_1_stro.wav"] == {"word": "strobida", "take": 1.0, "syllable": "stro"}
    assert labels["adigu_1_1_a.wav"] == {"word": "adigu", "take": 1.0, "syllable": "a"}


def test_numbered_names_have_no_word(tmp_path: Path) -> None:
    for number in range(3):
        write_audio(tmp_path / f"utt_000{number}.wav")
    assert all(recording.labels == {} for recording in scan(tmp_path))


def test_folders_named_after_parts_are_splits(tmp_path: Path) -> None:
    write_audio(tmp_path / "train" / "badigu_1.wav")
    write_audio(tmp_path / "test" / "gubida_1.wav")
    assert [r.labels for r in scan(tmp_path)] == [
        {"split": "test", "word": "gubida", "take": 1.0},
        {"split": "train", "word": "badigu", "take": 1.0},
    ]


def test_unusable_files_are_skipped_with_one_warning(tmp_path: Path) -> None:
    write_audio(tmp_path / "good.wav")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    for number in range(7):
        (tmp_path / f"bad{number}.flac").write_bytes(b"this is not audio")
    with pytest.warns(UserWarning, match=r"8 of 9 recordings .*bad0\.flac \(not readable audio\).*\.\.\.$") as caught:
        assert [recording.path.name for recording in scan(tmp_path)] == ["good.wav"]
    assert len(caught) == 1
    assert str(tmp_path) not in str(caught[0].message)


def test_flac_without_length_is_skipped(tmp_path: Path) -> None:
    write_audio(tmp_path / "good.wav")
    data = bytearray(write_audio(tmp_path / "stream.flac").read_bytes())
    data[21] &= 0xF0  # STREAMINFO: the low four bits of this byte and the next four are the number of samples
    data[22:26] = bytes(4)
    (tmp_path / "stream.flac").write_bytes(data)
    with pytest.warns(UserWarning, match=r"stream\.flac \((unknown length|empty)"):
        assert len(scan(tmp_path)) == 1


def test_folder_without_recordings_raises(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"it has no recordings.*Give a folder with audio"):
        scan(tmp_path)
    (tmp_path / "bad.wav").write_bytes(b"RIFF")
    with pytest.raises(CorpusError, match=r"none of its 1 recordings can be used: bad\.wav"):
        scan(tmp_path)
    with pytest.raises(CorpusError, match="There is no folder 'elsewhere'"):
        scan(tmp_path / "elsewhere")
    with pytest.raises(CorpusError, match=r"bad\.wav is not a manifest"):
        scan(tmp_path / "bad.wav")


def test_invalid_label_file_raises(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav")
    (tmp_path / "a.lab").write_text("#\nearly 125 a\n")
    with pytest.raises(CorpusError, match=r"a\.lab, line 2"):
        scan(tmp_path)


def test_scan_reads_only_headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_audio(tmp_path / "a.wav")

    def fail(*_: object) -> None:
        raise AssertionError("scan decoded a file")

    monkeypatch.setattr(soundfile.SoundFile, "read", fail)
    monkeypatch.setattr(soundfile.SoundFile, "buffer_read", fail)
    assert scan(tmp_path)[0].duration == 0.5


def test_recording_is_read_as_mono_at_requested_rate(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", rate=44_100, channels=2)
    wave = read_recording(scan(tmp_path)[0], 16_000)
    assert (wave.shape, wave.dtype) == ((8_000,), np.float32)
    spectrum = np.abs(np.fft.rfft(wave))
    assert np.argmax(spectrum) * 2 == pytest.approx(440, abs=2)  # 0.5 s: bins of 2 Hz


def test_reading_error_names_file(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav")
    (recording,) = scan(tmp_path)
    recording.path.write_bytes(b"overwritten")
    with pytest.raises(CorpusError, match=r"^a\.wav: "):
        read_recording(recording, 16_000)
    recording.path.unlink()
    with pytest.raises(CorpusError, match=r"^a\.wav: "):
        read_recording(recording, 16_000)


def write_g722(path: Path, seconds: float) -> None:
    av = pytest.importorskip("av")
    tone = sine(440, seconds, 16_000, level=8_000).astype(np.int16)
    with av.open(str(path), "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        container.mux([*stream.encode(frame), *stream.encode(None)])


def test_g722(tmp_path: Path) -> None:
    write_g722(tmp_path / "prompt.g722", 0.5)
    (recording,) = scan(tmp_path)
    assert recording.duration == pytest.approx(0.5, abs=0.03)
    wave = read_recording(recording, 16_000)
    assert len(wave) / 16_000 == pytest.approx(recording.duration, abs=0.001)
    spectrum = np.abs(np.fft.rfft(wave))
    assert np.argmax(spectrum) * 16_000 / len(wave) == pytest.approx(440, abs=2)


def test_g722_without_pyav_names_install_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "prompt.g722").write_bytes(bytes(800))
    (recording,) = scan(tmp_path)
    assert recording.duration == 0.1
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(CorpusError, match=r"prompt\.g722: .*pip install -e '\.\[g722\]'"):
        read_recording(recording, 16_000)


def test_usable_folder_gives_no_warning(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scan(tmp_path)
