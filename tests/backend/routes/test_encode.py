from __future__ import annotations

import base64
import io
import struct
import time

import numpy as np
import pytest
import soundfile
import torch
from starlette.testclient import TestClient

from backend.schemas import EncodeResponse
from trainer import bundle
from trainer.audio.log_mel import LogMel
from trainer.config import override, preset
from trainer.geometry import encoder_geometry

DTYPES = {"float16": "<f2", "float32": "<f4"}


def unpacked(array: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(array["data"]), DTYPES[array["dtype"]]).reshape(array["shape"])


def encode(client: TestClient, data: bytes, name: str = "a.wav", **form: str):
    return client.post("/encode", files={"file": (name, data)}, data=form)


def test_the_answer_is_the_contract(client: TestClient, sound, to_file, tiny) -> None:
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
    """What is left of `sound` after 16-bit PCM."""
    return (np.round(sound * 32768).clip(-32768, 32767) / 32768).astype(np.float32)


def test_pictures_show_the_sound(client: TestClient, to_file) -> None:
    times = np.arange(16_000) / 16_000
    wave = np.where(times < 0.5, 0.5 * np.sin(2 * np.pi * 1000 * times), 0.01)
    body = encode(client, to_file(wave)).json()

    low, high = unpacked(body["waveform_peaks"])
    assert len(low) == 2000
    np.testing.assert_allclose([low[:990].min(), high[:990].max(), low[1010:].min()], [-0.5, 0.5, 0.01], atol=1e-3)
    assert (low <= high).all()

    picture = unpacked(body["spectrogram"]["values"])
    bands = np.array(body["spectrogram"]["band_hz"])
    assert picture.shape[0] == len(bands)
    frame = round(0.25 / body["spectrogram"]["hop_seconds"])
    assert bands[picture[:, frame].argmax()] == pytest.approx(1000, rel=0.05)
    assert (
        picture[:, frame].max() - picture[picture.shape[0] // 2, round(0.75 / body["spectrogram"]["hop_seconds"])] > 40
    )
    assert picture.shape[1] == LogMel(16_000)(torch.zeros(16_000)).shape[1]


def test_peaks_of_a_short_clip_are_its_samples(client: TestClient, to_file) -> None:
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 1000)
    low, high = unpacked(encode(client, to_file(wave)).json()["waveform_peaks"])
    assert np.array_equal(low, high)
    np.testing.assert_allclose(low, wave, atol=1e-3)


def test_a_long_recording_is_seen_whole_though_worked_on_in_pieces(start, tiny, to_file) -> None:
    wave = np.random.default_rng(0).normal(0.0, 0.1, 70 * 16_000)
    wave *= 1 + np.sin(np.arange(len(wave)) / 16_000)
    body = encode(start(upload_bytes=8 << 20), to_file(wave, subtype="FLOAT")).json()
    heard = wave.astype(np.float32)
    whole = LogMel(16_000)(torch.from_numpy(heard)).numpy()
    np.testing.assert_allclose(unpacked(body["spectrogram"]["values"]), whole, atol=0.1)
    posterior = bundle.load(tiny).encode(heard)[0]
    assert posterior.mean.shape[1] > 50_000
    np.testing.assert_allclose(body["modules"][0]["kl"], posterior.kl().numpy().mean(1), rtol=1e-4)


def test_the_same_bytes_give_the_same_numbers(client: TestClient, sound, to_file) -> None:
    assert encode(client, to_file(sound)).content == encode(client, to_file(sound)).content


def test_the_clip_is_the_same_for_every_model_and_every_format(client: TestClient, sound, to_file) -> None:
    whole = (sound * 32767).astype(np.int16)  # libsndfile rounds floats differently for WAV and FLAC
    first = encode(client, to_file(whole)).json()
    other = encode(client, to_file(whole, kind="FLAC"), model="plain").json()
    assert (first["model"], other["model"]) == ("tiny", "plain")
    assert first["clip"] == other["clip"]
    assert first["modules"] != other["modules"]


def test_a_deterministic_encoder_has_no_kl(client: TestClient, sound, to_file) -> None:
    body = encode(client, to_file(sound), model="plain").json()
    EncodeResponse.model_validate(body)
    assert all(module["kl"] == [None] * module["dims"] for module in body["modules"])


def test_any_rate_and_channels_become_the_models_own(client: TestClient, make_vowel, to_file) -> None:
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


BAD = {
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


@pytest.mark.parametrize("name", BAD)
def test_bad_recordings_are_told_and_the_next_one_is_served(name, client, to_file, sound, check_problem) -> None:
    status, kind, make = BAD[name]
    whole_body = name == "far too many bytes"
    problem = check_problem(encode(client, make(to_file)), status, field=None if whole_body else "file", kind=kind)
    assert problem["detail"].endswith(".")
    assert encode(client, to_file(sound)).status_code == 200


def test_too_short_says_how_long_it_must_be_and_that_is_enough(
    client: TestClient, to_file, tiny, check_problem
) -> None:
    least = max(geometry.minimum_samples for geometry in bundle.load(tiny).geometry)
    problem = check_problem(encode(client, to_file(np.full(least - 1, 0.1))), 422, field="file")
    assert f"{least / 16_000:.4f} s" in problem["detail"]
    body = encode(client, to_file(np.full(least, 0.1))).json()
    assert body["modules"][-1]["frames"] == 1
    for module in (1, 2, 3):
        answer = client.post("/decode", json={"module": module, "clip": body["clip"]})
        assert answer.status_code == 200, answer.text
        assert answer.json()["samples"] == least


def test_silence_is_a_recording_too(client: TestClient, to_file) -> None:
    body = encode(client, to_file(np.zeros(16_000))).json()
    answer = client.post("/decode", json={"module": 3, "clip": body["clip"]})
    assert answer.status_code == 200
    assert np.isfinite(unpacked(answer.json()["spectrogram"]["values"])).all()


def test_bad_forms(client: TestClient, sound, to_file, check_problem) -> None:
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


def test_the_files_name_reaches_nobody(client: TestClient, sound, to_file, caplog) -> None:
    name = "../../etc/secret-\r\nname\x1b[31m.wav"
    assert "secret" not in encode(client, to_file(sound), name).text
    assert "secret" not in encode(client, b"rubbish", name).text
    assert "secret" not in caplog.text


def test_forgetting(client: TestClient, make_vowel, to_file, check_problem) -> None:
    clip = encode(client, to_file(make_vowel(0.5, f0=90.0))).json()["clip"]
    assert client.post("/decode", json={"module": 1, "clip": clip}).status_code == 200
    answer = client.delete(f"/clips/{clip}")
    assert (answer.status_code, answer.content) == (204, b"")
    for gone in (
        client.post("/decode", json={"module": 1, "clip": clip}),
        client.get(f"/clips/{clip}/latents?module=1"),
        client.delete(f"/clips/{clip}"),
    ):
        problem = check_problem(gone, 404, field="clip", kind="clip-unknown")
        assert "/encode" in problem["detail"]
    check_problem(client.delete("/clips/not-a-clip"), 422, field="clip")


def test_a_clip_expires(start, sound, to_file, check_problem) -> None:
    client = start(clip_age_seconds=0.05)
    clip = encode(client, to_file(sound)).json()["clip"]
    time.sleep(0.1)
    check_problem(client.post("/decode", json={"module": 1, "clip": clip}), 404, field="clip", kind="clip-unknown")
    assert encode(client, to_file(sound)).json()["clip"] == clip


def test_clips_are_forgotten_even_if_nobody_asks(start, sound, to_file, monkeypatch) -> None:
    monkeypatch.setattr("backend.http.lifecycle._SWEEP_SECONDS", 0.05)
    client = start(clip_age_seconds=0.05)
    encode(client, to_file(sound))
    deadline = time.monotonic() + 60
    while len(client.app.state.engine.clips):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_latents_are_the_posterior(client: TestClient, clip, sound, tiny) -> None:
    for module, posterior in enumerate(bundle.load(tiny).encode(sound_as_sent(sound)), start=1):
        answer = client.get(f"/clips/{clip}/latents", params={"module": module})
        array = np.load(io.BytesIO(answer.content), allow_pickle=False)
        assert array.dtype == np.dtype("<f2")
        expected = np.stack([posterior.mean.numpy(), posterior.logvar.numpy()])
        assert array.shape == expected.shape
        np.testing.assert_allclose(array, expected, rtol=2e-3, atol=2e-3)


def test_latents_of_a_model_that_has_not_seen_the_clip(client: TestClient, clip) -> None:
    array = np.load(io.BytesIO(client.get(f"/clips/{clip}/latents?module=2&model=plain").content))
    assert np.isfinite(array[0]).all()
    assert np.isneginf(array[1]).all(), "a deterministic encoder has no spread"


def test_bad_latents_requests(client: TestClient, clip, check_problem) -> None:
    path = f"/clips/{clip}/latents"
    check_problem(client.get(path), 422, field="module")
    check_problem(client.get(path + "?module=0"), 422, field="module")
    check_problem(client.get(path + "?module=two"), 422, field="module")
    check_problem(client.get(path + "?module=4"), 404, field="module", kind="module-unknown")
    check_problem(client.get(path + "?module=1&model=nobody"), 404, field="model")
    check_problem(client.get(path + "?module=1&modul=2"), 422, field="modul")
    check_problem(client.get(f"/clips/{'0' * 32}/latents?module=1"), 404, field="clip", kind="clip-unknown")


def test_a_clip_read_at_another_rate_is_to_be_encoded_again(client, clip, sound, to_file, check_problem) -> None:
    problem = check_problem(
        client.post("/decode", json={"model": "tiny-8k", "module": 1, "clip": clip}),
        404,
        field="clip",
        kind="clip-unknown",
    )
    assert "8000 Hz" in problem["detail"]
    again = encode(client, to_file(sound), model="tiny-8k").json()["clip"]
    assert client.post("/decode", json={"model": "tiny-8k", "module": 1, "clip": again}).json()["samples"] == 8_000


def test_a_clip_is_told_again_while_it_is_held(client: TestClient, sound, to_file, check_problem) -> None:
    first = encode(client, to_file(sound))
    name = first.json()["clip"]
    assert client.get(f"/clips/{name}").content == first.content
    other = encode(client, to_file(sound), model="plain")
    assert client.get(f"/clips/{name}?model=plain").content == other.content
    check_problem(client.get(f"/clips/{name}?model=nobody"), 404, field="model", kind="model-unknown")
    check_problem(client.get(f"/clips/{name}?modle=tiny"), 422, field="modle")
    check_problem(client.get(f"/clips/{name}?model=tiny-8k"), 404, field="clip", kind="clip-unknown")


def test_a_clip_is_heard_again_while_it_is_held(client: TestClient, make_vowel, to_file) -> None:
    whole = (make_vowel(0.8, f0=140.0) * 32767).astype(np.int16)
    name = encode(client, to_file(whole)).json()["clip"]
    answer = client.get(f"/clips/{name}/audio")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("audio/wav", "no-store")
    heard, rate = soundfile.read(io.BytesIO(answer.content), dtype="float32")
    assert rate == 16_000
    np.testing.assert_array_equal(heard, whole / 32768)
    assert encode(client, answer.content).json()["clip"] == name, "the same sound, the same clip"


def test_a_clip_above_full_scale_is_turned_down_to_be_heard(client: TestClient, make_vowel, to_file) -> None:
    name = encode(client, to_file(make_vowel(0.5, level=4.0), subtype="FLOAT")).json()["clip"]
    heard, _ = soundfile.read(io.BytesIO(client.get(f"/clips/{name}/audio").content), dtype="float32")
    assert np.abs(heard).max() == pytest.approx(1.0, abs=1e-3)
    assert (np.abs(heard) > 0.999).mean() < 0.01, "turned down and not clipped"


def test_a_clip_that_is_not_held_is_not_told(client: TestClient, make_vowel, to_file, check_problem) -> None:
    name = encode(client, to_file(make_vowel(0.5, f0=95.0))).json()["clip"]
    assert client.delete(f"/clips/{name}").status_code == 204
    for path in (f"/clips/{name}", f"/clips/{name}/audio"):
        check_problem(client.get(path), 404, field="clip", kind="clip-unknown")
    for path in ("/clips/mine", "/clips/mine/audio"):
        check_problem(client.get(path), 422, field="clip")


def test_a_clip_too_short_for_another_model_says_so(start, bundle_maker, tmp_path, to_file, check_problem) -> None:
    modules = preset("tiny").model_dump()["encoder"]["modules"]
    modules[2]["convs"][0].update(kernel=8, padding=0)
    deep = override(preset("tiny"), {"encoder.modules": modules})
    client = start(models=(bundle_maker(tmp_path / "deep", deep),))
    least = encoder_geometry(preset("tiny").encoder, 16_000)[2].minimum_samples
    name = encode(client, to_file(np.full(least, 0.1))).json()["clip"]
    check_problem(client.get(f"/clips/{name}?model=deep"), 422, field="clip", kind="audio-content")
    body = {"model": "deep", "module": 1, "clip": name}
    check_problem(client.post("/decode", json=body), 422, field="clip", kind="audio-content")
