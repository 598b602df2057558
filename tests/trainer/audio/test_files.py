import io
import struct

import numpy as np
import pytest
import soundfile

from trainer.audio.files import AudioError, AudioLimits, encode_wav, is_silent, loudness_gain, read_audio, write_flac

RATE = 16_000


def tone(seconds: float = 0.5, rate: int = RATE, hz: float = 440.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def as_bytes(values: np.ndarray, rate: int = RATE, kind: str = "WAV", subtype: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, values, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def refused(data: bytes, limits: AudioLimits | None = None) -> AudioError:
    with pytest.raises(AudioError) as caught:
        read_audio(data, RATE, limits)
    assert str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [("WAV", "PCM_16"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("AIFF", "PCM_24"), ("OGG", "VORBIS")],
)
def test_reads_what_people_have(kind: str, subtype: str, tmp_path) -> None:
    data = as_bytes(tone(), kind=kind, subtype=subtype)
    wave = read_audio(data, RATE)
    assert wave.dtype == np.float32
    assert wave.shape == (8000,)
    assert np.corrcoef(wave, tone())[0, 1] > 0.999
    file = tmp_path / "wrong-ending.txt"
    file.write_bytes(data)
    assert np.array_equal(read_audio(file, RATE), wave)


def test_channels_are_averaged() -> None:
    stereo = np.stack([tone(), -tone() / 2], axis=1)
    assert read_audio(as_bytes(stereo, subtype="FLOAT"), RATE) == pytest.approx(tone() / 4, abs=1e-6)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_099, 44_100, 192_000])
def test_resamples_any_rate_without_moving_or_aliasing(rate: int) -> None:
    wave = read_audio(as_bytes(tone(1.0, rate), rate), RATE)
    assert abs(len(wave) - RATE) <= 1
    assert np.corrcoef(wave[800:15_000], tone(1.0)[800:15_000])[0, 1] > 0.999
    if rate > 2 * 9_000:
        alias = read_audio(as_bytes(tone(1.0, rate, 9_000.0), rate), RATE)
        assert np.sqrt((alias[1000:-1000] ** 2).mean()) < 1e-3


def test_nothing_that_is_not_audio() -> None:
    assert refused(b"").kind == "content"
    for data in (b"hello, world" * 20, b"RIFF", b"fLaC", bytes(2000), b"<html></html>"):
        assert refused(data).kind == "format"


def test_every_truncation_of_a_wav_is_refused() -> None:
    data = as_bytes(tone(0.05))
    for size in range(1, len(data) - 1, 7):
        refused(data[:size])


def test_truncated_flac_is_refused() -> None:
    noise = np.random.default_rng(0).normal(size=20_000).astype(np.float32) * 0.1
    data = as_bytes(noise, kind="FLAC")
    for share in (0.1, 0.5, 0.9, 0.99):
        refused(data[: int(len(data) * share)])


def test_empty_recording() -> None:
    assert refused(as_bytes(np.zeros(0, dtype=np.float32))).kind == "content"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_values_that_are_no_sound(value: float) -> None:
    wave = tone()
    wave[100] = value
    assert refused(as_bytes(wave, subtype="FLOAT")).kind == "content"


@pytest.mark.parametrize("rate", [1, 100, 768_000])
def test_header_rates_out_of_range(rate: int) -> None:
    data = bytearray(as_bytes(tone(0.01)))
    struct.pack_into("<I", data, 24, rate)
    assert refused(bytes(data)).kind == "limit"


def test_channels_duration_and_its_border() -> None:
    assert "30 channels" in str(refused(as_bytes(np.zeros((100, 30), dtype=np.float32))))
    limits = AudioLimits(seconds=0.5)
    assert len(read_audio(as_bytes(tone(0.5)), RATE, limits)) == 8000
    assert refused(as_bytes(tone(0.51)), limits).kind == "limit"


def test_flac_of_unknown_length() -> None:
    data = bytearray(as_bytes(tone(), kind="FLAC"))
    assert data[:4] == b"fLaC"
    # STREAMINFO: the last 36 bits before the 16-byte MD5 are the number of samples; zero means unknown.
    start = 8 + 13
    data[start] &= 0xF0
    data[start + 1 : start + 5] = bytes(4)
    assert refused(bytes(data)).kind == "content"


def test_wav_and_flac_round_trip(tmp_path) -> None:
    assert read_audio(encode_wav(tone(), RATE), RATE) == pytest.approx(tone(), abs=1e-4)
    write_flac(tmp_path / "a.flac", tone(), RATE)
    assert read_audio(tmp_path / "a.flac", RATE) == pytest.approx(tone(), abs=1e-4)


def test_a_wav_is_the_one_that_libsndfile_writes_clipped_where_it_must_be() -> None:
    halves = (np.arange(-(2**15), 2**15) + 0.5) / 2**15
    waveform = np.concatenate([np.linspace(-1.5, 1.5, 99_999), halves, -halves]).astype(np.float32)
    wanted = io.BytesIO()
    soundfile.write(wanted, waveform, RATE, format="WAV", subtype="PCM_16")
    assert encode_wav(waveform, RATE) == wanted.getvalue()


def test_loudness_gain_brings_speech_to_the_target_whatever_the_pauses() -> None:
    target = 10 ** (-23 / 20)
    wave = tone(1.0)
    padded = np.concatenate([np.zeros(RATE * 3, dtype=np.float32), wave, np.zeros(RATE * 3, dtype=np.float32)])
    for sound in (wave, padded, wave * 0.01):
        scaled = sound * loudness_gain(sound, -23.0)
        loud = scaled[np.abs(scaled) > 0]
        assert np.sqrt((loud**2).mean()) == pytest.approx(target, rel=0.03)
    assert loudness_gain(np.zeros(1000, dtype=np.float32), -23.0) == 1.0
    assert loudness_gain(np.full(1000, 1e-9, dtype=np.float32), -23.0) == pytest.approx(1e3)


def test_only_what_is_nowhere_loud_is_silent() -> None:
    hiss = np.random.default_rng(0).normal(size=4 * RATE).astype(np.float32)
    assert is_silent(hiss * 1e-4)  # -80 dB
    assert not is_silent(hiss * 1e-2)
    assert is_silent(np.zeros(100, dtype=np.float32))
    click = np.zeros(4 * RATE, dtype=np.float32)
    click[RATE : RATE + 1600] = tone(0.1)
    assert not is_silent(click)
