from __future__ import annotations

import base64
import io
import json
import shutil
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from starlette.testclient import TestClient

from backend.inference.arrays import pack
from backend.routes.decode import prefers_wav
from backend.schemas import DecodeResponse
from trainer import bundle
from trainer.audio.log_mel import LogMel
from trainer.edits import Edit, apply_edits, base_latents, prior_latents
from trainer.metrics.prior.typicality import typicality_reference


def decode(client: TestClient, **body: Any) -> Any:
    return client.post("/decode", json=body)


def waveform(answer: Any) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    wave, rate = soundfile.read(io.BytesIO(base64.b64decode(answer.json()["audio"])), dtype="float32")
    assert rate == answer.json()["sample_rate"]
    return wave


def spectrogram(answer: Any) -> np.ndarray:
    array = answer.json()["spectrogram"]["values"]
    return np.frombuffer(base64.b64decode(array["data"]), "<f2").reshape(array["shape"]).astype(np.float32)


@pytest.mark.parametrize("module", [1, 2, 3])
def test_clip_without_edits_is_reconstructed(client: TestClient, clip, sound, tiny, module) -> None:
    answer = decode(client, module=module, clip=clip)
    body = DecodeResponse.model_validate(answer.json())
    wave = waveform(answer)
    assert len(wave) == body.samples == len(sound)
    assert not body.limited

    model = bundle.load(tiny)
    quantised = (np.round(sound * 32768) / 32768).astype(np.float32)
    posterior = model.encode(quantised)[module - 1]
    expected = model.decode(module, posterior.mean, len(quantised)).numpy() / model.gain(quantised)
    np.testing.assert_allclose(wave, expected, atol=1.5 / 32768)
    np.testing.assert_allclose(spectrogram(answer), LogMel(16_000)(torch.from_numpy(expected)).numpy(), atol=0.1)
    assert body.prior_distance.rms == pytest.approx(float(posterior.mean.square().mean().sqrt()), rel=1e-4)


@pytest.mark.parametrize("module", [1, 2, 3])
def test_local_edit_of_a_long_clip_is_decoded_locally(
    client: TestClient, module: int, tiny, make_vowel, to_file, monkeypatch
) -> None:
    name = client.post("/encode", files={"file": to_file(make_vowel(6.0))}).json()["clip"]
    edit = {"dim": 1, "op": "add", "value": 2.0, "start": 2.0, "end": 2.3}
    body = {"module": module, "clip": name, "edits": [edit]}
    lengths: list[int] = []
    decoder = type(bundle.load(tiny).optimise_for_inference().decoders[str(module)])
    forward = decoder.forward
    monkeypatch.setattr(decoder, "forward", lambda *args: lengths.append(args[2]) or forward(*args))
    first, again = decode(client, **body), decode(client, **body)
    assert first.content == again.content, "the result must not depend on the cache"
    assert lengths[0] == 96_000, "the unedited sound is decoded once"
    assert lengths[1] == lengths[2] < 32_000

    model = bundle.load(tiny)
    quantised = (np.round(make_vowel(6.0) * 32768) / 32768).astype(np.float32)
    posterior = model.encode(quantised)[module - 1]
    edited = apply_edits(posterior.mean, [Edit(**edit)], model.geometry[module - 1])
    whole = model.decode(module, edited, len(quantised)).numpy() / model.gain(quantised)
    np.testing.assert_allclose(waveform(first), whole, atol=1e-4)
    assert np.abs(waveform(first) - waveform(decode(client, module=module, clip=name)))[32_000:36_800].max() > 0


def test_spliced_sounds_do_not_mix_bases(client: TestClient, make_vowel, to_file) -> None:
    name = client.post("/encode", files={"file": to_file(make_vowel(6.0))}).json()["clip"]
    edits = [{"dim": 0, "op": "set", "value": 1.0, "start": 1.0, "end": 1.1}]
    bases = [{"base": "mean"}, {"base": "sample", "seed": 1}, {"base": "sample", "seed": 2}]
    requests = [{"module": 3, "clip": name, "edits": edits, **base} for base in bases]
    first = [decode(client, **body).content for body in requests]
    assert len(set(first)) == 3
    assert [decode(client, **body).content for body in requests] == first


def test_wav_response(client: TestClient, clip) -> None:
    alone = client.post("/decode", json={"module": 3, "clip": clip}, headers={"Accept": "audio/wav"})
    assert alone.headers["content-type"] == "audio/wav"
    assert alone.content == base64.b64decode(decode(client, module=3, clip=clip).json()["audio"])


@pytest.mark.parametrize(
    ("accept", "alone"),
    [
        ("audio/wav", True),
        ("audio/*;q=0.9, application/json", True),
        ("Audio/X-WAV", True),
        ("application/json, audio/wav", False),
        ("*/*", False),
        ("text/html", False),
        ("", False),
    ],
)
def test_accept_header(accept: str, alone: bool) -> None:
    assert prefers_wav(accept) is alone


@pytest.mark.parametrize("base", ["mean", "sample", "zero", "prior"])
def test_equal_requests_give_equal_bytes(client: TestClient, clip, base) -> None:
    edits = [{"dim": 1, "op": "add", "value": 1.5, "start": 0.2, "end": 0.6}]
    body = {"module": 2, "clip": clip, "base": base, "seed": 5, "edits": edits}
    assert decode(client, **body).content == decode(client, **body).content


def test_seed_changes_random_bases_only(client: TestClient, clip) -> None:
    for base, matters in (("mean", False), ("zero", False), ("sample", True), ("prior", True)):
        first, second = (decode(client, module=3, clip=clip, base=base, seed=seed).content for seed in (1, 2))
        assert (first != second) is matters, base


def test_bases_match_the_library(client: TestClient, clip, sound, tiny) -> None:
    model = bundle.load(tiny)
    quantised = (np.round(sound * 32768) / 32768).astype(np.float32)
    gain, posterior = model.gain(quantised), model.encode(quantised)[1]
    for base, latents in (
        ("sample", base_latents(posterior, "sample", 3)),
        ("prior", prior_latents(*posterior.mean.shape, 3)),
        ("zero", torch.zeros_like(posterior.mean)),
    ):
        expected = model.decode(2, latents, len(quantised)).numpy() / gain
        expected = expected / max(1.0, np.abs(expected).max())
        got = waveform(decode(client, module=2, clip=clip, base=base, seed=3))
        np.testing.assert_allclose(got, expected, atol=1.5 / 32768)


def test_edits_match_the_library_in_their_order(client: TestClient, clip, sound, tiny) -> None:
    edits = [
        {"dim": 0, "op": "set", "value": 2.0},
        {"dim": 0, "op": "scale", "value": -0.5, "start": 0.5},
        {"dim": 3, "op": "add", "value": -3, "end": 0.25},
        {"dim": 7, "op": "add", "value": 1.0, "start": 0.3, "end": 1.0},
    ]
    model = bundle.load(tiny)
    quantised = (np.round(sound * 32768) / 32768).astype(np.float32)
    latents = apply_edits(model.encode(quantised)[2].mean, [Edit(**edit) for edit in edits], model.geometry[2])
    expected = model.decode(3, latents, len(quantised)).numpy() / model.gain(quantised)
    answer = decode(client, module=3, clip=clip, edits=edits)
    np.testing.assert_allclose(waveform(answer), expected, atol=1.5 / 32768)
    assert answer.json()["prior_distance"]["rms"] == pytest.approx(float(latents.square().mean().sqrt()), rel=1e-4)


@pytest.mark.parametrize("module", [1, 2, 3])
def test_edit_of_a_span_is_local_and_undoing_it_restores_every_byte(client, clip, module) -> None:
    before = decode(client, module=module, clip=clip)
    edit = {"dim": 2, "op": "add", "value": 3.0, "start": 0.4, "end": 0.5}
    during = decode(client, module=module, clip=clip, edits=[edit])
    assert not during.json()["limited"]
    changed = np.flatnonzero(waveform(before) != waveform(during)) / 16_000
    assert len(changed) > 500
    reach = 0.1  # more than half of the decoder's receptive field
    assert changed.min() > 0.4 - reach
    assert changed.max() < 0.5 + reach
    for undone in (
        [],
        [edit, {**edit, "value": -3.0}],
        [{**edit, "value": 0.0}],
        [{**edit, "op": "scale", "value": 1}],
    ):
        if undone[1:]:
            # adding and subtracting may change the last bit of a float
            np.testing.assert_allclose(
                waveform(decode(client, module=module, clip=clip, edits=undone)), waveform(before), atol=2 / 32768
            )
        else:
            assert decode(client, module=module, clip=clip, edits=undone).content == before.content


def test_sound_without_a_clip(client: TestClient) -> None:
    for base in ("zero", "prior"):
        answer = decode(client, module=3, seconds=0.5, base=base)
        assert len(waveform(answer)) == 8_000
    nothing = {"rms": 0.0, "beyond": 1.0, "typical": None, "least": None}
    assert decode(client, module=3, seconds=0.5, base="zero").json()["prior_distance"] == nothing
    rms = decode(client, module=1, seconds=5, base="prior").json()["prior_distance"]["rms"]
    assert rms == pytest.approx(1.0, abs=0.05)


def test_latents_in_the_request_give_the_clip(client: TestClient, clip, sound) -> None:
    array = np.load(io.BytesIO(client.get(f"/clips/{clip}/latents?module=3").content))[0]
    for dtype in ("float16", "float32"):
        answer = decode(client, module=3, latents=pack(array, dtype))
        wave = waveform(answer)
        assert len(wave) == array.shape[1] * 160
    original = waveform(decode(client, module=3, clip=clip))
    # the sound of latents has the model's loudness, not the clip's
    assert np.corrcoef(wave, original[: len(wave)])[0, 1] > 0.99


def test_sounds_never_exceed_full_scale(client: TestClient, clip) -> None:
    loud = [{"dim": dim, "op": "add", "value": 10.0} for dim in range(8)]
    limited = []
    for module in (1, 2, 3):
        answer = decode(client, module=module, clip=clip, base="prior", edits=loud * 20)
        peak = np.abs(waveform(answer)).max()
        assert peak <= 1.0
        if answer.json()["limited"]:
            limited.append(peak)
    assert all(peak > 0.999 for peak in limited)


def test_share_beyond_needs_a_report(client: TestClient, clip) -> None:
    with_report = decode(client, module=3, clip=clip).json()["prior_distance"]
    # the report's quantiles are those of a uniform distribution up to 2
    assert with_report["beyond"] == pytest.approx(max(0.0, 1 - with_report["rms"] / 2), abs=1e-6)
    without = decode(client, model="plain", module=3, clip=clip).json()["prior_distance"]
    assert without["rms"] > 0
    assert without["beyond"] is None


@pytest.fixture
def referenced(start, tiny, tmp_path) -> TestClient:
    """Client of an app whose model has reference frames for module 3, drawn from N(0, I)."""
    path = shutil.copytree(tiny, tmp_path / "tiny")
    bundle.save_typicality(path, {3: typicality_reference([prior_latents(8, 100, seed) for seed in range(40)])})
    return start(shipped=path)


def test_least_typical_frame_of_the_edited_spans(referenced: TestClient, tiny) -> None:
    latents = prior_latents(8, 100, 1000)
    latents[0, 80] = 30.0

    def measure(*edits: dict[str, Any]) -> dict[str, Any]:
        answer = decode(referenced, module=3, latents=pack(latents.numpy(), "float32"), edits=list(edits))
        return DecodeResponse.model_validate(answer.json()).prior_distance.model_dump()

    whole = measure()
    assert 0.3 < whole["typical"] < 0.7
    geometry = bundle.load(tiny).geometry[2]
    far = {"share": 0.0, "at": pytest.approx(geometry.frame_centre_seconds(80)), "side": "far", "frames": 100}
    assert whole["least"] == far
    assert measure({"dim": 1, "op": "add", "value": 0.01})["least"] == far, "an edit of the whole clip"

    begin, end = geometry.frame_centre_seconds(20), geometry.frame_centre_seconds(30)
    within = {"op": "add", "value": 0.0, "start": begin, "end": end}
    least = measure({"dim": 1, **within})["least"]
    assert least["share"] > 0
    assert begin <= least["at"] < end
    assert least["frames"] == 10
    flat = [{"dim": dim, "op": "set", "value": 0.0, "start": begin, "end": end} for dim in range(8)]
    assert measure(*flat)["typical"] < 0.05
    assert measure(*flat)["least"]["side"] == "near"
    apart = {"dim": 1, **within}, {"dim": 2, **within, "start": end, "end": geometry.frame_centre_seconds(40)}
    assert measure(*apart)["least"]["frames"] == 20


def test_typicality_without_a_clip_and_of_long_clips(referenced: TestClient) -> None:
    zero = decode(referenced, module=3, seconds=0.5, base="zero").json()["prior_distance"]
    assert zero["typical"] == pytest.approx(0.0, abs=0.05)
    assert zero["least"]["side"] == "near"
    prior = decode(referenced, module=3, seconds=8, base="prior").json()["prior_distance"]
    assert 0.4 < prior["typical"] < 0.6
    assert prior["least"]["frames"] == 512
    assert prior["least"]["share"] < 0.02
    other = decode(referenced, module=2, seconds=0.5, base="zero").json()["prior_distance"]
    assert (other["typical"], other["least"]) == (None, None)


def test_sample_of_the_posteriors_is_not_compared_with_means(referenced: TestClient, sound, to_file) -> None:
    name = referenced.post("/encode", files={"file": to_file(sound)}).json()["clip"]
    assert decode(referenced, module=3, clip=name).json()["prior_distance"]["least"] is not None
    assert decode(referenced, module=3, clip=name, base="sample").json()["prior_distance"]["least"] is None


def test_websocket_has_the_same_typicality(referenced: TestClient) -> None:
    request = {"module": 3, "seconds": 0.5, "base": "prior"}
    with referenced.websocket_connect("/decode") as socket:
        socket.send_json(request)
        body = socket.receive_json()["body"]
    assert body["prior_distance"] == decode(referenced, **request).json()["prior_distance"]


def test_model_decodes_a_clip_encoded_by_another(start, plain, tiny, sound, to_file) -> None:
    client = start(models=(plain,))
    clip = client.post("/encode", files={"file": to_file(sound)}).json()["clip"]
    assert len(waveform(decode(client, model="plain", module=3, clip=clip))) == len(sound)


def test_dropped_posterior_is_recomputed(start, sound, to_file) -> None:
    roomy = start()
    tight = start(clip_store_bytes=1)
    bodies = []
    for client in (roomy, tight):
        clip = client.post("/encode", files={"file": to_file(sound)}).json()["clip"]
        bodies.append(decode(client, module=1, clip=clip).content)
    assert bodies[0] == bodies[1]


def test_rounded_duration_is_accepted_as_end(client: TestClient, make_vowel, to_file) -> None:
    """Clients round the duration of a clip; a span that ends there must be valid."""
    encoded = client.post("/encode", files={"file": to_file(make_vowel(0.87654))}).json()
    edit = {"dim": 0, "op": "add", "value": 1.0, "start": 0, "end": round(encoded["duration"], 3)}
    assert decode(client, module=1, clip=encoded["clip"], edits=[edit]).status_code == 200


EDIT = {"dim": 0, "op": "add", "value": 1.0}


def edited(**change: Any) -> dict[str, Any]:
    return {"edits": [EDIT, {**EDIT, **change}]}


CLIP_FAULTS: dict[str, tuple[int, str | None, dict[str, Any]]] = {
    "unknown model": (404, "model", {"model": "nobody"}),
    "path for a model": (404, "model", {"model": "../tiny"}),
    "module 0": (422, "module", {"module": 0}),
    "module 4": (404, "module", {"module": 4}),
    "module as text": (422, "module", {"module": "3"}),
    "module true": (422, "module", {"module": True}),
    "no decoder": (422, "module", {"model": "plain", "module": 1}),
    "unknown clip": (404, "clip", {"clip": "0" * 32}),
    "no clip's name": (422, "clip", {"clip": "my clip"}),
    "unknown base": (422, "base", {"base": "median"}),
    "negative seed": (422, "seed", {"seed": -1}),
    "huge seed": (422, "seed", {"seed": 2**64}),
    "seed with a fraction": (422, "seed", {"seed": 0.5}),
    "unknown field": (422, "speed", {"speed": 2}),
    "dim 8": (422, "edits.1.dim", edited(dim=8)),
    "dim -1": (422, "edits.1.dim", edited(dim=-1)),
    "dim 1e9": (422, "edits.1.dim", edited(dim=10**9)),
    "unknown op": (422, "edits.1.op", edited(op="multiply")),
    "value 11": (422, "edits.1.value", edited(value=11)),
    "value -1e300": (422, "edits.1.value", edited(value=-1e300)),
    "value null": (422, "edits.1.value", edited(value=None)),
    "value as text": (422, "edits.1.value", edited(value="1")),
    "start before the clip": (422, "edits.1.start", edited(start=-0.1)),
    "end after the clip": (422, "edits.1.end", edited(end=1.01)),
    "start after the clip": (422, "edits.1.start", edited(start=1.5)),
    "start at the end": (422, "edits.1.start", edited(start=0.5, end=0.5)),
    "end before start": (422, "edits.1.start", edited(start=0.6, end=0.5)),
    "edit's unknown field": (422, "edits.1.gain", edited(gain=1)),
    "1001 edits": (422, "edits", {"edits": [EDIT] * 1001}),
    "edits no list": (422, "edits", {"edits": EDIT}),
    "two bases": (422, None, {"seconds": 1.0, "base": "zero"}),
}


@pytest.mark.parametrize("name", CLIP_FAULTS)
def test_invalid_request_names_the_field_and_the_next_is_served(name, client, clip, check_problem) -> None:
    status, field, change = CLIP_FAULTS[name]
    check_problem(decode(client, **{"module": 3, "clip": clip, **change}), status, field=field)
    assert decode(client, module=3, clip=clip).status_code == 200


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_non_finite_numbers(client: TestClient, clip, check_problem, literal) -> None:
    headers = {"content-type": "application/json"}
    edit = f'{{"module": 1, "clip": "{clip}", "edits": [{{"dim": 0, "op": "add", "value": {literal}}}]}}'
    check_problem(client.post("/decode", content=edit, headers=headers), 422, field="edits.0.value")
    span = f'{{"module": 1, "clip": "{clip}", "edits": [{{"dim": 0, "op": "add", "value": 1, "end": {literal}}}]}}'
    check_problem(client.post("/decode", content=span, headers=headers), 422, field="edits.0.end")
    seconds = f'{{"module": 1, "base": "zero", "seconds": {literal}}}'
    check_problem(client.post("/decode", content=seconds, headers=headers), 422, field="seconds")


def test_exactly_one_source(client: TestClient, clip, check_problem) -> None:
    latents = pack(np.zeros((8, 10), np.float32))
    for body in ({}, {"clip": clip, "latents": latents}, {"seconds": 1.0, "latents": latents}):
        problem = check_problem(decode(client, module=1, **body), 422)
        assert "exactly one" in problem["detail"]
    for body in ({"seconds": 1.0}, {"seconds": 1.0, "base": "sample"}, {"latents": latents, "base": "zero"}):
        problem = check_problem(decode(client, module=1, **body), 422)
        assert problem["detail"].startswith("base")


@pytest.mark.parametrize("seconds", [0, 0.049, 60.1, -1, 1e9])
def test_seconds_out_of_range(client: TestClient, check_problem, seconds) -> None:
    check_problem(decode(client, module=1, base="zero", seconds=seconds), 422, field="seconds")


def test_invalid_latents(client: TestClient, check_problem) -> None:
    good = pack(np.ones((8, 10), np.float32), "float32")
    assert decode(client, module=1, latents=good).status_code == 200
    for change, field in (
        ({"shape": [10, 8]}, "latents.shape"),
        ({"shape": [8, 0]}, "latents.shape"),
        ({"shape": [8, -10]}, "latents.shape"),
        ({"shape": [80]}, "latents.shape"),
        ({"shape": [8, 10, 1]}, "latents.shape"),
        ({"shape": [8, 10**9]}, "latents.shape"),
        ({"shape": [8, 1.5]}, "latents.shape.1"),
        ({"shape": [8, 11]}, "latents.data"),
        ({"dtype": "float16"}, "latents.data"),
        ({"dtype": "float64"}, "latents.dtype"),
        ({"data": "not base64!"}, "latents.data"),
        ({"data": ""}, "latents.data"),
        ({"data": pack(np.full((8, 10), np.nan), "float32")["data"]}, "latents.data"),
        ({"data": pack(np.full((8, 10), np.inf), "float32")["data"]}, "latents.data"),
        ({"order": "C"}, "latents.order"),
    ):
        check_problem(decode(client, module=1, latents={**good, **change}), 422, field=field)
    for latents in ("text", [1, 2], 5):
        check_problem(decode(client, module=1, latents=latents), 422, field="latents")
    for missing in good:
        rest = {key: value for key, value in good.items() if key != missing}
        check_problem(decode(client, module=1, latents=rest), 422, field=f"latents.{missing}")


def test_huge_latents_give_a_finite_sound_or_a_problem(client: TestClient, check_problem) -> None:
    for value in (60_000.0, 1e20, 3e38):
        answer = decode(client, module=1, latents=pack(np.full((8, 50), value), "float32"))
        if answer.status_code == 200:
            assert np.isfinite(waveform(answer)).all()
            assert np.isfinite(spectrogram(answer)).all()
        else:
            check_problem(answer, 422, field="latents")


def test_invalid_bodies(client: TestClient, check_problem) -> None:
    headers = {"content-type": "application/json"}
    for content in (b"{", b'{"module": 1,}', b"[]", b"null", b'"text"', b""):
        check_problem(client.post("/decode", content=content, headers=headers), 422)
    for content in (b'{"module": "\xff"}', b"[" * 20_000):
        check_problem(client.post("/decode", content=content, headers=headers), 400)
    for content in (b"[" * 20_001, b'{"edits": [' + b"{}," * 10_001 + b"{}]}"):
        check_problem(client.post("/decode", content=content, headers=headers), 422, field="body")
    problem = check_problem(client.post("/decode", content=b'{"module": 1}'), 422)
    assert "application/json" in problem["detail"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"edits": [{"dim": 1, "op": "set", "value": 2}, {"dim": 0, "op": "add", "value": -1.5, "start": 0.1}]},
        {"module": 9},
        {"module": "1"},
        {"module": 1.0},
        {"seed": True},
        {"edits": [{"dim": 1, "op": "turn", "value": 2.0}]},
        {"edits": [{"dim": 1, "op": "set", "value": 11.0}]},
        {"edits": [{"dim": 500, "op": "set", "value": 1.0}]},
        {"volume": 1},
        {"clip": None},
        {"clip": "gone"},
        {"seconds": 1.0},
    ],
)
def test_message_is_validated_like_a_posted_body(client: TestClient, clip: str, change: dict[str, Any]) -> None:
    content = json.dumps({"module": 2, "clip": clip, **change})
    posted = client.post("/decode", content=content, headers={"Content-Type": "application/json"})
    with client.websocket_connect("/decode") as socket:
        socket.send_text(content)
        message = json.loads(socket.receive_text())
        if message["status"] == 200:
            message["body"]["audio"] = base64.b64encode(socket.receive_bytes()).decode()
    assert message["status"] == posted.status_code
    body, expected = message["body"], posted.json()
    assert body.pop("request_id", "") != expected.pop("request_id", None)
    assert body == expected
