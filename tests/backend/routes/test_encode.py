from __future__ import annotations

import base64
import struct

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

from backend.schemas import EncodeResponse
from tests.signals import sine
from trainer import bundle
from trainer.audio.log_mel import LogMel
from trainer.geometry import encoder_geometry

DTYPES = {"float16": "<f2", "float32": "<f4"}


def unpack(array: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(array["data"]), DTYPES[array["dtype"]]).reshape(array["shape"])


def encode(client: TestClient, data: bytes, name: str = "a.wav", **form: str):
    return client.post("/encode", files={"file": (name, data)}, data=form)


def test_response_matches_the_contract(client: TestClient, sound, to_file, tiny) -> None:
    answer = encode(client, to_file(sound))
    body = answer.json()
    EncodeResponse.model_validate(body)
    assert (body["model"], body["sample_rate"], body["samples"], body["duration"]) == ("tiny", 16_000, 16_000, 1.0)

    model = bundle.load(tiny)
    for module, posterior in zip(body["modules"], model.encode(sound_as_sent(sound)), strict=True):
        geometry = encoder_geometry(model.config.encoder, 16_000)[module["module"] - 1]
        assert (module["dims"], module["frames"]) == tuple(posterior.mean.shape)
        assert module["frames"] == geometry.frames(16_000)
        assert module["hop_seconds"] == geometry.hop_seconds
        np.testing.assert_allclose(module["mean"], posterior.mean.numpy().mean(1), atol=1e-5)
        np.testing.assert_allclose(module["std"], posterior.mean.numpy().std(1), atol=1e-5)
        np.testing.assert_allclose(module["kl"], posterior.kl().numpy().mean(1), atol=1e-5)


def sound_as_sent(sound: np.ndarray) -> np.ndarray:
    """`sound` quantised to 16-bit PCM."""
    return (np.round(sound * 32768).clip(-32768, 32767) / 32768).astype(np.float32)


def test_peaks_and_spectrogram_show_the_sound(client: TestClient, to_file) -> None:
    times = np.arange(16_000) / 16_000
    wave = np.where(times < 0.5, sine(1000, 1.0, 16_000, level=0.5), 0.01)
    body = encode(client, to_file(wave)).json()

    low, high = unpack(body["waveform_peaks"])
    assert len(low) == 2000
    np.testing.assert_allclose([low[:990].min(), high[:990].max(), low[1010:].min()], [-0.5, 0.5, 0.01], atol=1e-3)
    assert (low <= high).all()

    spectrogram = unpack(body["spectrogram"]["values"])
    bands = np.array(body["spectrogram"]["band_hz"])
    assert spectrogram.shape[0] == len(bands)
    frame = round(0.25 / body["spectrogram"]["hop_seconds"])
    assert bands[spectrogram[:, frame].argmax()] == pytest.approx(1000, rel=0.05)
    assert (
        spectrogram[:, frame].max()
        - spectrogram[spectrogram.shape[0] // 2, round(0.75 / body["spectrogram"]["hop_seconds"])]
        > 40
    )
    assert spectrogram.shape[1] == LogMel(16_000)(torch.zeros(16_000)).shape[1]


def test_peaks_of_a_short_clip_are_its_samples(client: TestClient, to_file) -> None:
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 1000)
    low, high = unpack(encode(client, to_file(wave)).json()["waveform_peaks"])
    assert np.array_equal(low, high)
    np.testing.assert_allclose(low, wave, atol=1e-3)


def test_long_recording_in_chunks_equals_the_whole(start, tiny, to_file) -> None:
    wave = np.random.default_rng(0).normal(0.0, 0.1, 70 * 16_000)
    wave *= 1 + np.sin(np.arange(len(wave)) / 16_000)
    body = encode(start(upload_bytes=8 << 20), to_file(wave, subtype="FLOAT")).json()
    samples = wave.astype(np.float32)
    whole = LogMel(16_000)(torch.from_numpy(samples)).numpy()
    np.testing.assert_allclose(unpack(body["spectrogram"]["values"]), whole, atol=0.1)
    posterior = bundle.load(tiny).encode(samples)[0]
    assert posterior.mean.shape[1] > 50_000
    np.testing.assert_allclose(body["modules"][0]["kl"], posterior.kl().numpy().mean(1), rtol=1e-4)


def test_equal_uploads_give_equal_responses(client: TestClient, sound, to_file) -> None:
    assert encode(client, to_file(sound)).content == encode(client, to_file(sound)).content


def test_clip_id_is_independent_of_model_and_format(client: TestClient, sound, to_file) -> None:
    whole = (sound * 32767).astype(np.int16)  # libsndfile rounds floats differently for WAV and FLAC
    first = encode(client, to_file(whole)).json()
    other = encode(client, to_file(whole, kind="FLAC"), model="plain").json()
    assert (first["model"], other["model"]) == ("tiny", "plain")
    assert first["clip"] == other["clip"]
    assert first["modules"] != other["modules"]


def test_deterministic_encoder_has_no_kl(client: TestClient, sound, to_file) -> None:
    body = encode(client, to_file(sound), model="plain").json()
    EncodeResponse.model_validate(body)
    assert all(module["kl"] == [None] * module["dims"] for module in body["modules"])


def test_recordings_are_resampled_and_mixed_down(client: TestClient, make_vowel, to_file) -> None:
    wave = make_vowel(1.0, 44_100)
    body = encode(client, to_file(np.stack([wave, 0.5 * wave], axis=1), 44_100)).json()
    assert (body["sample_rate"], body["samples"]) == (16_000, 16_000)
    body = encode(client, to_file(wave, 44_100, kind="OGG", subtype="VORBIS"), model="tiny-8k").json()
    assert (body["sample_rate"], body["samples"]) == (8_000, 8_000)


def nan_wav(to_file) -> bytes:
    wave = np.full(16_000, 0.1, np.float32)
    wave[100] = np.nan
    return to_file(wave, subtype="FLOAT")


def header_wav(rate: int, channels: int = 1, samples: int = 16_000) -> bytes:
    data = bytes(2 * samples * channels)
    fmt = struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    return (
        b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + fmt + b"data" + struct.pack("<I", len(data)) + data
    )


def flac_of_unknown_length(to_file) -> bytes:
    flac = bytearray(to_file(np.zeros(16_000), kind="FLAC"))
    flac[21] &= 0xF0  # the 36 bits in STREAMINFO that hold the number of samples
    flac[22:26] = bytes(4)
    return bytes(flac)


INVALID = {
    "not audio": (415, "audio-format", lambda f: b"#!/bin/sh\necho hello\n" * 50),
    "a picture": (415, "audio-format", lambda f: b"\x89PNG\r\n\x1a\n" + bytes(1000)),
    "empty": (422, "audio-content", lambda f: b""),
    "truncated wav": (422, "audio-content", lambda f: f(np.zeros(16_000))[:9_000]),
    "truncated flac": (422, "audio-content", lambda f: f(noise(16_000), kind="FLAC")[:9_000]),
    "no frames": (422, "audio-content", lambda f: f(np.zeros(0))),
    "NaN": (422, "audio-content", nan_wav),
    "infinity": (422, "audio-content", lambda f: f(np.array([0.1, np.inf] * 5000, np.float32), subtype="FLOAT")),
    "1 Hz": (422, "audio-content", lambda f: header_wav(1)),
    "768 kHz": (422, "audio-content", lambda f: header_wav(768_000)),
    "30 channels": (422, "audio-content", lambda f: header_wav(16_000, 30, 1000)),
    "too long": (422, "audio-content", lambda f: f(np.zeros(8_000 * 21), 8_000, kind="FLAC")),
    "unknown length": (422, "audio-content", flac_of_unknown_length),
    "too short": (422, "audio-content", lambda f: f(np.full(30, 0.1))),
    "too many bytes": (413, "too-large", lambda f: f(noise(530_000), 96_000)),
    "far too many bytes": (413, "too-large", lambda f: bytes(3 << 20)),
}


def noise(samples: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.3, 0.3, samples)


@pytest.mark.parametrize("name", INVALID)
def test_invalid_recording_gets_a_problem_and_the_next_is_served(name, client, to_file, sound, check_problem) -> None:
    status, kind, make = INVALID[name]
    whole_body = name == "far too many bytes"
    problem = check_problem(encode(client, make(to_file)), status, field=None if whole_body else "file", kind=kind)
    assert problem["detail"].endswith(".")
    assert encode(client, to_file(sound)).status_code == 200


def test_minimum_duration_is_stated_and_sufficient(client: TestClient, to_file, tiny, check_problem) -> None:
    least = max(geometry.minimum_samples for geometry in bundle.load(tiny).geometry)
    problem = check_problem(encode(client, to_file(np.full(least - 1, 0.1))), 422, field="file")
    assert f"{least / 16_000:.4f} s" in problem["detail"]
    body = encode(client, to_file(np.full(least, 0.1))).json()
    assert body["modules"][-1]["frames"] == 1
    for module in (1, 2, 3):
        answer = client.post("/decode", json={"module": module, "clip": body["clip"]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["samples"] == least


def test_silence_is_accepted(client: TestClient, to_file) -> None:
    body = encode(client, to_file(np.zeros(16_000))).json()
    answer = client.post("/decode", json={"module": 3, "clip": body["clip"]})
    assert answer.status_code == 200
    assert np.isfinite(unpack(answer.json()["spectrogram"]["values"])).all()


def test_invalid_forms(client: TestClient, sound, to_file, check_problem) -> None:
    wav = to_file(sound)
    check_problem(encode(client, wav, model="nobody"), 404, field="model", kind="model-unknown")
    check_problem(encode(client, wav, modle="tiny"), 422, field="modle", kind="invalid")
    check_problem(client.post("/encode", files={"file": wav, "second": wav}), 422, field="second")
    check_problem(client.post("/encode", data={"model": "tiny"}), 422, field="file")
    check_problem(client.post("/encode", data={"file": "words"}), 422, field="file")
    check_problem(client.post("/encode", json={"file": "words"}), 422, field="file")
    check_problem(client.post("/encode"), 422, field="file")
    broken = {"content-type": "multipart/form-data; boundary=x"}
    check_problem(client.post("/encode", content=b"no parts", headers=broken), 400)
    check_problem(client.post("/encode", content=b"no parts", headers={"content-type": "multipart/form-data"}), 400)


def test_file_name_is_neither_sent_nor_logged(client: TestClient, sound, to_file, caplog) -> None:
    name = "../../etc/secret-\r\nname\x1b[31m.wav"
    assert "secret" not in encode(client, to_file(sound), name).text
    assert "secret" not in encode(client, b"rubbish", name).text
    assert "secret" not in caplog.text
