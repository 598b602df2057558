"""Reading, writing and loudness of audio."""

import io
import struct

import numpy as np
import pytest
import soundfile

from tests.signals import sine
from trainer.audio import AudioError, AudioLimits, encode_wav, is_silent, loudness_gain, read_audio, write_flac

RATE = 16_000


def tone(seconds: float = 0.5, rate: int = RATE, hz: float = 440.0) -> np.ndarray:
    return sine(hz, seconds, rate, level=0.3).astype(np.float32)


def encode(values: np.ndarray, rate: int = RATE, kind: str = "WAV", subtype: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, values, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def audio_error(data: bytes, limits: AudioLimits | None = None) -> AudioError:
    with pytest.raises(AudioError) as caught:
        read_audio(data, RATE, limits)
    assert str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("AIFF", "PCM_24"), ("OGG", "VORBIS")],
)
def test_common_formats_are_read(kind: str, subtype: str, tmp_path) -> None:
    data = encode(tone(), kind=kind, subtype=subtype)
    wave = read_audio(data, RATE)
    assert wave.dtype == np.float32
    assert wave.shape == (8000,)
    assert np.corrcoef(wave, tone())[0, 1] > 0.999
    file = tmp_path / "wrong-suffix.txt"
    file.write_bytes(data)
    assert np.array_equal(read_audio(file, RATE), wave)


def test_error_of_file_names_file_without_folder(tmp_path) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(AudioError, match=r"^empty\.wav: The file is empty"):
        read_audio(tmp_path / "empty.wav", RATE)


def test_channels_are_averaged() -> None:
    stereo = np.stack([tone(), -tone() / 2], axis=1)
    assert read_audio(encode(stereo, subtype="FLOAT"), RATE) == pytest.approx(tone() / 4, abs=1e-6)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_099, 44_100, 192_000])
def test_resampling_has_no_delay_and_no_aliasing(rate: int) -> None:
    wave = read_audio(encode(tone(1.0, rate), rate), RATE)
    assert abs(len(wave) - RATE) <= 1
    assert np.corrcoef(wave[800:15_000], tone(1.0)[800:15_000])[0, 1] > 0.999
    if rate > 2 * 9_000:
        alias = read_audio(encode(tone(1.0, rate, 9_000.0), rate), RATE)
        assert np.sqrt((alias[1000:-1000] ** 2).mean()) < 1e-3


def test_data_that_is_not_audio_raises() -> None:
    assert audio_error(b"").kind == "content"
    for data in (b"hello, world" * 20, b"RIFF", b"fLaC", bytes(2000), b"<html></html>"):
        assert audio_error(data).kind == "format"


def test_truncated_wav_raises() -> None:
    data = encode(tone(0.05))
    for size in range(1, len(data) - 1, 7):
        audio_error(data[:size])


def test_truncated_flac_raises() -> None:
    noise = np.random.default_rng(0).normal(size=20_000).astype(np.float32) * 0.1
    data = encode(noise, kind="FLAC")
    for share in (0.1, 0.5, 0.9, 0.99):
        audio_error(data[: int(len(data) * share)])


def test_recording_without_samples_raises() -> None:
    assert audio_error(encode(np.zeros(0, dtype=np.float32))).kind == "content"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_values_not_finite_or_far_above_full_scale_raise(value: float) -> None:
    wave = tone()
    wave[100] = value
    assert audio_error(encode(wave, subtype="FLOAT")).kind == "content"


@pytest.mark.parametrize("rate", [1, 100, 768_000])
def test_sample_rate_out_of_range_raises(rate: int) -> None:
    data = bytearray(encode(tone(0.01)))
    struct.pack_into("<I", data, 24, rate)
    assert audio_error(bytes(data)).kind == "limit"


def test_limits_of_channels_and_duration() -> None:
    assert "30 channels" in str(audio_error(encode(np.zeros((100, 30), dtype=np.float32))))
    limits = AudioLimits(seconds=0.5)
    assert len(read_audio(encode(tone(0.5)), RATE, limits)) == 8000
    assert audio_error(encode(tone(0.51)), limits).kind == "limit"


def test_flac_without_length_raises() -> None:
    data = bytearray(encode(tone(), kind="FLAC"))
    assert data[:4] == b"fLaC"
    # STREAMINFO: the last 36 bits before the 16-byte MD5 are the number of samples; zero means unknown.
    start = 8 + 13
    data[start] &= 0xF0
    data[start + 1 : start + 5] = bytes(4)
    assert audio_error(bytes(data)).kind == "content"


def test_wav_and_flac_round_trip(tmp_path) -> None:
    assert read_audio(encode_wav(tone(), RATE), RATE) == pytest.approx(tone(), abs=1e-4)
    write_flac(tmp_path / "a.flac", tone(), RATE)
    assert read_audio(tmp_path / "a.flac", RATE) == pytest.approx(tone(), abs=1e-4)


def test_wav_bytes_equal_libsndfile_with_clipping() -> None:
    halves = (np.arange(-(2**15), 2**15) + 0.5) / 2**15
    waveform = np.concatenate([np.linspace(-1.5, 1.5, 99_999), halves, -halves]).astype(np.float32)
    expected = io.BytesIO()
    soundfile.write(expected, waveform, RATE, format="WAV", subtype="PCM_16")
    assert encode_wav(waveform, RATE) == expected.getvalue()


def test_loudness_gain_reaches_target_with_and_without_pauses() -> None:
    target = 10 ** (-23 / 20)
    wave = tone(1.0)
    padded = np.concatenate([np.zeros(RATE * 3, dtype=np.float32), wave, np.zeros(RATE * 3, dtype=np.float32)])
    for waveform in (wave, padded, wave * 0.01):
        scaled = waveform * loudness_gain(waveform, -23.0)
        loud = scaled[np.abs(scaled) > 0]
        assert np.sqrt((loud**2).mean()) == pytest.approx(target, rel=0.03)
    assert loudness_gain(np.zeros(1000, dtype=np.float32), -23.0) == 1.0
    assert loudness_gain(np.full(1000, 1e-9, dtype=np.float32), -23.0) == pytest.approx(1e3)


def test_recording_is_silent_if_all_segments_are_quiet() -> None:
    hiss = np.random.default_rng(0).normal(size=4 * RATE).astype(np.float32)
    assert is_silent(hiss * 1e-4)  # -80 dB
    assert not is_silent(hiss * 1e-2)
    assert is_silent(np.zeros(100, dtype=np.float32))
    click = np.zeros(4 * RATE, dtype=np.float32)
    click[RATE : RATE + 1600] = tone(0.1)
    assert not is_silent(click)
