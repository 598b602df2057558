from __future__ import annotations

import io
import time

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from tests.backend.routes.test_encode import encode, sound_as_sent
from trainer import bundle
from trainer.config import override, preset
from trainer.geometry import encoder_geometry


def test_delete_clip(client: TestClient, make_vowel, to_file, check_problem) -> None:
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


def test_clip_expires(start, sound, to_file, check_problem) -> None:
    client = start(clip_age_seconds=0.05)
    clip = encode(client, to_file(sound)).json()["clip"]
    time.sleep(0.1)
    check_problem(client.post("/decode", json={"module": 1, "clip": clip}), 404, field="clip", kind="clip-unknown")
    assert encode(client, to_file(sound)).json()["clip"] == clip


def test_expired_clips_are_dropped_in_the_background(start, sound, to_file, monkeypatch) -> None:
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


def test_latents_of_another_model(client: TestClient, clip) -> None:
    array = np.load(io.BytesIO(client.get(f"/clips/{clip}/latents?module=2&model=plain").content))
    assert np.isfinite(array[0]).all()
    assert np.isneginf(array[1]).all(), "a deterministic encoder has no variance"


def test_invalid_latents_requests(client: TestClient, clip, check_problem) -> None:
    path = f"/clips/{clip}/latents"
    check_problem(client.get(path), 422, field="module")
    check_problem(client.get(path + "?module=0"), 422, field="module")
    check_problem(client.get(path + "?module=two"), 422, field="module")
    check_problem(client.get(path + "?module=4"), 404, field="module", kind="module-unknown")
    check_problem(client.get(path + "?module=1&model=nobody"), 404, field="model")
    check_problem(client.get(path + "?module=1&modul=2"), 422, field="modul")
    check_problem(client.get(f"/clips/{'0' * 32}/latents?module=1"), 404, field="clip", kind="clip-unknown")


def test_clip_with_another_rate_must_be_encoded_again(client, clip, sound, to_file, check_problem) -> None:
    problem = check_problem(
        client.post("/decode", json={"model": "tiny-8k", "module": 1, "clip": clip}),
        404,
        field="clip",
        kind="clip-unknown",
    )
    assert "8000 Hz" in problem["detail"]
    again = encode(client, to_file(sound), model="tiny-8k").json()["clip"]
    assert client.post("/decode", json={"model": "tiny-8k", "module": 1, "clip": again}).json()["samples"] == 8_000


def test_stored_clip_has_the_response_of_encode(client: TestClient, sound, to_file, check_problem) -> None:
    first = encode(client, to_file(sound))
    name = first.json()["clip"]
    assert client.get(f"/clips/{name}").content == first.content
    other = encode(client, to_file(sound), model="plain")
    assert client.get(f"/clips/{name}?model=plain").content == other.content
    check_problem(client.get(f"/clips/{name}?model=nobody"), 404, field="model", kind="model-unknown")
    check_problem(client.get(f"/clips/{name}?modle=tiny"), 422, field="modle")
    check_problem(client.get(f"/clips/{name}?model=tiny-8k"), 404, field="clip", kind="clip-unknown")


def test_audio_of_a_stored_clip(client: TestClient, make_vowel, to_file) -> None:
    whole = (make_vowel(0.8, f0=140.0) * 32767).astype(np.int16)
    name = encode(client, to_file(whole)).json()["clip"]
    answer = client.get(f"/clips/{name}/audio")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("audio/wav", "no-store")
    samples, rate = soundfile.read(io.BytesIO(answer.content), dtype="float32")
    assert rate == 16_000
    np.testing.assert_array_equal(samples, whole / 32768)
    assert encode(client, answer.content).json()["clip"] == name, "the same sound gives the same clip"


def test_audio_above_full_scale_is_attenuated(client: TestClient, make_vowel, to_file) -> None:
    name = encode(client, to_file(make_vowel(0.5, level=4.0), subtype="FLOAT")).json()["clip"]
    samples, _ = soundfile.read(io.BytesIO(client.get(f"/clips/{name}/audio").content), dtype="float32")
    assert np.abs(samples).max() == pytest.approx(1.0, abs=1e-3)
    assert (np.abs(samples) > 0.999).mean() < 0.01, "attenuated, not clipped"


def test_unknown_clip(client: TestClient, make_vowel, to_file, check_problem) -> None:
    name = encode(client, to_file(make_vowel(0.5, f0=95.0))).json()["clip"]
    assert client.delete(f"/clips/{name}").status_code == 204
    for path in (f"/clips/{name}", f"/clips/{name}/audio"):
        check_problem(client.get(path), 404, field="clip", kind="clip-unknown")
    for path in ("/clips/mine", "/clips/mine/audio"):
        check_problem(client.get(path), 422, field="clip")


def test_clip_too_short_for_another_model(start, bundle_maker, tmp_path, to_file, check_problem) -> None:
    modules = preset("tiny").model_dump()["encoder"]["modules"]
    modules[2]["convs"][0].update(kernel=8, padding=0)
    deep = override(preset("tiny"), {"encoder.modules": modules})
    client = start(models=(bundle_maker(tmp_path / "deep", deep),))
    least = encoder_geometry(preset("tiny").encoder, 16_000)[2].minimum_samples
    name = encode(client, to_file(np.full(least, 0.1))).json()["clip"]
    check_problem(client.get(f"/clips/{name}?model=deep"), 422, field="clip", kind="audio-content")
    body = {"model": "deep", "module": 1, "clip": name}
    check_problem(client.post("/decode", json=body), 422, field="clip", kind="audio-content")
