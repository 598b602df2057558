from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from backend.inference.arrays import pack
from backend.schemas import InterpolateResponse, TraverseResponse
from trainer import bundle
from trainer.edits import distance_shares, resample_frames

EDIT = {"dim": 2, "op": "add", "value": 1.5, "start": 0.1, "end": 0.3}


def post(client: TestClient, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture(scope="session")
def other(client: TestClient, make_vowel, to_file) -> str:
    """Id of a clip with another duration and pitch."""
    name: str = post_file(client, to_file(make_vowel(0.7, f0=220.0)))
    return name


def post_file(client: TestClient, data: bytes, **form: str) -> str:
    answer = client.post("/encode", files={"file": data}, data=form)
    assert answer.status_code == 200, answer.text
    name: str = answer.json()["clip"]
    return name


def bases(clip: str, other: str) -> dict[str, dict[str, Any]]:
    toward = {"clip": other, "share": 0.25, "top_k": 3}
    return {
        "mean": {"clip": clip},
        "sample": {"clip": clip, "base": "sample", "seed": 4},
        "prior": {"seconds": 0.5, "base": "prior", "seed": 7},
        "zero": {"clip": clip, "base": "zero"},
        "toward": {"clip": clip, "toward": toward},
        "latents": {"latents": pack(np.random.default_rng(0).normal(size=(8, 40)))},
    }


@pytest.mark.parametrize("name", ["mean", "sample", "prior", "zero", "toward", "latents"])
def test_each_cell_equals_decode(client: TestClient, clip, other, name) -> None:
    body = {"module": 3, **bases(clip, other)[name], "edits": [EDIT]}
    rows, columns = [-2.0, 0.0, 2.5], [-1, 1]
    answer = post(client, "/traverse", **body, dim=1, values=rows, across={"dim": 4, "values": columns})
    TraverseResponse.model_validate(answer)
    assert (answer["rows"], answer["columns"], answer["start"], len(answer["spectrograms"])) == (3, 2, 0.0, 6)
    cells = iter(answer["spectrograms"])
    for row in rows:
        for column in columns:
            edits = [EDIT, {"dim": 1, "op": "set", "value": row}, {"dim": 4, "op": "set", "value": column}]
            assert next(cells) == post(client, "/decode", **{**body, "edits": edits})["spectrogram"]
    assert len({cell["values"]["data"] for cell in answer["spectrograms"]}) == 6


def test_one_dimension_is_one_column_over_a_span_or_the_clip(client: TestClient, clip) -> None:
    for span in ({}, {"start": 0.2, "end": 0.4}, {"start": 0.9}, {"end": 0.05}):
        answer = post(client, "/traverse", module=2, clip=clip, dim=0, values=[-3, 3], **span)
        assert (answer["rows"], answer["columns"]) == (2, 1)
        for value, cell in zip((-3, 3), answer["spectrograms"], strict=True):
            edit = {"dim": 0, "op": "set", "value": value, **span}
            assert cell == post(client, "/decode", module=2, clip=clip, edits=[edit])["spectrogram"]


def test_span_of_a_long_clip_is_decoded_locally(client: TestClient, tiny, make_vowel, to_file, monkeypatch) -> None:
    name = post_file(client, to_file(make_vowel(6.0, f0=100.0)))
    lengths: list[int] = []
    decoder = type(bundle.load(tiny).optimise_for_inference().decoders["3"])
    forward = decoder.forward
    monkeypatch.setattr(decoder, "forward", lambda *args: lengths.append(args[2]) or forward(*args))
    post(client, "/traverse", module=3, clip=name, dim=1, values=[-2, -1, 0, 1, 2], start=2.0, end=2.3)
    assert lengths[0] == 96_000, "the unedited sound is decoded once"
    assert len(lengths) == 6
    assert max(lengths[1:]) < 32_000


def values(spectrogram: dict[str, Any]) -> np.ndarray:
    array = spectrogram["values"]
    return np.frombuffer(base64.b64decode(array["data"]), "<f2").reshape(array["shape"]).astype(np.float32)


@pytest.mark.parametrize(("start", "end"), [(0, 0.2), (0.305, 0.5), (0.8, 1.0), (0.5, 0.501), (0.9999, 1.0)])
@pytest.mark.parametrize("module", [1, 2, 3])
def test_window_selects_a_section_of_the_spectrograms(client: TestClient, clip, other, module, start, end) -> None:
    requests = {
        "/traverse": {"clip": clip, "edits": [EDIT], "dim": 1, "values": [-1, 1]},
        "/interpolate": {"from": clip, "to": other, "steps": 3},
    }
    for path, body in requests.items():
        whole = post(client, path, module=module, **body)
        part = post(client, path, module=module, **body, window={"start": start, "end": end})
        times = np.arange(values(whole["spectrograms"][0]).shape[1]) * 0.01
        shown = (times >= start - 1e-9) & (times < end - 1e-9)
        if not shown.any():
            shown[np.flatnonzero(times >= start - 1e-9)[0]] = True
        assert part["start"] == pytest.approx(times[shown][0])
        for part_spectrogram, whole_spectrogram in zip(part["spectrograms"], whole["spectrograms"], strict=True):
            np.testing.assert_allclose(values(part_spectrogram), values(whole_spectrogram)[:, shown], atol=0.1)


def test_window_of_a_long_clip_is_decoded_locally(client, tiny, make_vowel, to_file, monkeypatch) -> None:
    name = post_file(client, to_file(make_vowel(10.0, f0=100.0)))
    lengths: list[int] = []
    decoder = type(bundle.load(tiny).optimise_for_inference().decoders["3"])
    forward = decoder.forward
    monkeypatch.setattr(decoder, "forward", lambda *args: lengths.append(args[2]) or forward(*args))
    grid = {"module": 3, "clip": name, "dim": 1, "values": [0.1] * 64}
    assert client.post("/traverse", json=grid).status_code == 422
    answer = post(client, "/traverse", **grid, window={"start": 4.0, "end": 5.0})
    assert answer["start"] == 4.0
    assert {values(spectrogram).shape[1] for spectrogram in answer["spectrograms"]} == {100}
    assert len(lengths) == 64
    assert max(lengths) < 40_000


TRAVERSE_FAULTS: dict[str, tuple[int, str | None, dict[str, Any]]] = {
    "no dim": (422, "dim", {"dim": None}),
    "dim 8": (422, "dim", {"dim": 8}),
    "dim -1": (422, "dim", {"dim": -1}),
    "no values": (422, "values", {"values": []}),
    "65 values": (422, "values", {"values": [0.0] * 65}),
    "value 11": (422, "values.1", {"values": [0, 11]}),
    "value as text": (422, "values.0", {"values": ["0"]}),
    "a number for values": (422, "values", {"values": 1.0}),
    "too many cells": (422, "across.values", {"values": [0] * 13, "across": {"dim": 2, "values": [0] * 5}}),
    "across the same": (422, "across.dim", {"across": {"dim": 1, "values": [0]}}),
    "across dim 8": (422, "across.dim", {"across": {"dim": 8, "values": [0]}}),
    "across value": (422, "across.values.0", {"across": {"dim": 2, "values": [-10.5]}}),
    "across no values": (422, "across.values", {"across": {"dim": 2, "values": []}}),
    "across unknown field": (422, "across.start", {"across": {"dim": 2, "values": [0], "start": 0.1}}),
    "end after the clip": (422, "end", {"end": 1.01}),
    "start after the clip": (422, "start", {"start": 1.5}),
    "start at the end": (422, "start", {"start": 0.5, "end": 0.5}),
    "start before the clip": (422, "start", {"start": -0.1}),
    "too much sound": (422, "values", {"clip": None, "seconds": 60, "base": "zero", "values": [0] * 6}),
    "window after the clip": (422, "window.end", {"window": {"start": 0.5, "end": 1.1}}),
    "window of nothing": (422, "window.start", {"window": {"start": 0.5, "end": 0.5}}),
    "window before the clip": (422, "window.start", {"window": {"start": -1, "end": 0.5}}),
    "window without end": (422, "window.end", {"window": {"start": 0.5}}),
    "window unknown field": (422, "window.dim", {"window": {"start": 0, "end": 1, "dim": 1}}),
    "edit": (422, "edits.0.dim", {"edits": [{"dim": 9, "op": "set", "value": 0}]}),
    "unknown field": (422, "steps", {"steps": 3}),
    "unknown clip": (404, "clip", {"clip": "0" * 32}),
    "unknown model": (404, "model", {"model": "nobody"}),
    "module 4": (404, "module", {"module": 4}),
    "no decoder": (422, "module", {"model": "plain", "module": 1}),
    "no base": (422, None, {"clip": None}),
}


@pytest.mark.parametrize("name", TRAVERSE_FAULTS)
def test_invalid_traversal_names_the_field(name, client, clip, check_problem) -> None:
    status, field, change = TRAVERSE_FAULTS[name]
    body = {"module": 3, "clip": clip, "dim": 1, "values": [0, 1], **change}
    check_problem(client.post("/traverse", json=body), status, field=field)


def test_largest_traversals_are_served(client: TestClient, clip) -> None:
    across = {"dim": 0, "values": [0.0, 1.0]}
    assert (
        len(post(client, "/traverse", module=3, clip=clip, dim=1, values=[0.5] * 32, across=across)["spectrograms"])
        == 64
    )
    most = {"seconds": 60, "base": "zero", "values": [0] * 5}
    assert len(post(client, "/traverse", module=3, dim=1, **most)["spectrograms"]) == 5


@pytest.mark.parametrize("top_k", [None, 1, 3, 8])
def test_each_interpolation_step_equals_decode(client: TestClient, clip, other, top_k) -> None:
    chosen = {} if top_k is None else {"top_k": top_k}
    answer = post(client, "/interpolate", module=3, **{"from": clip}, to=other, steps=5, **chosen)
    InterpolateResponse.model_validate(answer)
    assert len(answer["spectrograms"]) == 5
    for share, spectrogram in zip((0, 0.25, 0.5, 0.75, 1), answer["spectrograms"], strict=True):
        toward = {"clip": other, "share": share, **chosen}
        assert spectrogram == post(client, "/decode", module=3, clip=clip, toward=toward)["spectrogram"]
    assert answer["spectrograms"][0] == post(client, "/decode", module=3, clip=clip)["spectrogram"]
    assert len({spectrogram["values"]["data"] for spectrogram in answer["spectrograms"]}) == 5


def test_default_steps_and_zero_distance_of_a_clip_to_itself(client: TestClient, clip) -> None:
    answer = post(client, "/interpolate", module=1, **{"from": clip}, to=clip)
    assert len(answer["spectrograms"]) == 9
    assert answer["contribution"] == [0.0] * 8
    assert all(spectrogram == answer["spectrograms"][0] for spectrogram in answer["spectrograms"])


def posteriors(tiny, *sounds: np.ndarray) -> list[Any]:
    model = bundle.load(tiny)
    return [model.encode((np.round(sound * 32768) / 32768).astype(np.float32)) for sound in sounds]


def test_contributions_match_the_library(client: TestClient, clip, other, tiny, sound, make_vowel) -> None:
    first, second = posteriors(tiny, sound, make_vowel(0.7, f0=220.0))
    answer = post(client, "/interpolate", module=2, **{"from": clip}, to=other, steps=2)
    expected = distance_shares(first[1].mean, second[1].mean).numpy()
    np.testing.assert_allclose(answer["contribution"], expected, atol=1e-3)
    assert sum(answer["contribution"]) == pytest.approx(1.0, abs=1e-5)


def test_full_move_is_the_other_clip_at_the_first_length(client, clip, other, tiny, sound, make_vowel) -> None:
    first, second = posteriors(tiny, sound, make_vowel(0.7, f0=220.0))
    moved = post(client, "/decode", module=3, clip=clip, toward={"clip": other, "share": 1})
    latents = resample_frames(second[2].mean, first[2].mean.shape[1])
    assert moved["samples"] == len(sound)
    assert moved["prior_distance"]["rms"] == pytest.approx(float(latents.square().mean().sqrt()), rel=1e-3)


def test_edits_come_after_the_move_and_moves_do_not_mix(client: TestClient, clip, other) -> None:
    edit = {"dim": 0, "op": "set", "value": 1.0, "start": 0.4, "end": 0.45}
    requests = [
        {"module": 3, "clip": clip, "edits": [edit], **move}
        for move in ({}, *({"toward": {"clip": other, "share": share}} for share in (0.5, 1.0)))
    ]
    first = [client.post("/decode", json=body).content for body in requests]
    assert len(set(first)) == 3
    assert [client.post("/decode", json=body).content for body in requests] == first
    whole = [{**edit, "dim": dim, "start": None, "end": None} for dim in range(8)]
    sounds = [post(client, "/decode", **{**body, "edits": whole})["audio"] for body in requests]
    assert len(set(sounds)) == 1, "setting every dimension afterwards removes the move"


def test_sample_moves_toward_a_sample(client: TestClient, clip, other) -> None:
    body = {"module": 3, "clip": clip, "toward": {"clip": other, "share": 1}}
    sounds = [post(client, "/decode", **body, base="sample", seed=seed)["audio"] for seed in (1, 2, 1)]
    assert sounds[0] == sounds[2] != sounds[1]
    assert sounds[0] != post(client, "/decode", **body)["audio"]


INTERPOLATE_FAULTS: dict[str, tuple[int, str | None, dict[str, Any]]] = {
    "no from": (422, "from", {"from": None}),
    "unknown from": (404, "from", {"from": "0" * 32}),
    "unknown to": (404, "to", {"to": "0" * 32}),
    "no clip's name": (422, "to", {"to": "vowel.wav"}),
    "from by its name in Python": (422, "from_", {"from_": "0" * 32}),
    "1 step": (422, "steps", {"steps": 1}),
    "34 steps": (422, "steps", {"steps": 34}),
    "top 0": (422, "top_k", {"top_k": 0}),
    "top 9": (422, "top_k", {"top_k": 9}),
    "module 0": (422, "module", {"module": 0}),
    "module 4": (404, "module", {"module": 4}),
    "unknown model": (404, "model", {"model": "nobody"}),
    "no decoder": (422, "module", {"model": "plain", "module": 1}),
    "edits": (422, "edits", {"edits": []}),
    "window after the clip": (422, "window.end", {"window": {"start": 0.5, "end": 1.1}}),
}


@pytest.mark.parametrize("name", INTERPOLATE_FAULTS)
def test_invalid_interpolation_names_the_field(name, client, clip, other, check_problem) -> None:
    status, field, change = INTERPOLATE_FAULTS[name]
    body = {"module": 3, "from": clip, "to": other, **change}
    check_problem(client.post("/interpolate", json=body), status, field=field)


TOWARD_FAULTS: dict[str, tuple[int, str | None, dict[str, Any]]] = {
    "share 1.1": (422, "toward.share", {"share": 1.1}),
    "share -0.1": (422, "toward.share", {"share": -0.1}),
    "no share": (422, "toward.share", {"share": None}),
    "top 9": (422, "toward.top_k", {"top_k": 9}),
    "top 0": (422, "toward.top_k", {"top_k": 0}),
    "unknown clip": (404, "toward.clip", {"clip": "0" * 32}),
    "no clip's name": (422, "toward.clip", {"clip": "a"}),
    "unknown field": (422, "toward.steps", {"steps": 3}),
}


@pytest.mark.parametrize("name", TOWARD_FAULTS)
def test_invalid_move_names_the_field(name, client, clip, other, check_problem) -> None:
    status, field, change = TOWARD_FAULTS[name]
    body = {"module": 3, "clip": clip, "toward": {"clip": other, "share": 0.5, **change}}
    check_problem(client.post("/decode", json=body), status, field=field)


def test_move_needs_a_clip_as_source(client: TestClient, clip, other, check_problem) -> None:
    toward = {"clip": other, "share": 0.5}
    for base in ({"clip": clip, "base": "prior"}, {"clip": clip, "base": "zero"}, {"seconds": 1.0, "base": "prior"}):
        problem = check_problem(client.post("/decode", json={"module": 3, **base, "toward": toward}), 422)
        assert problem["detail"].startswith("toward")


def test_too_long_interpolation_suggests_a_window(client: TestClient, clip, make_vowel, to_file, check_problem) -> None:
    long = post_file(client, to_file(make_vowel(18.0)))
    body = {"module": 3, "from": long, "to": clip, "steps": 17}
    problem = check_problem(client.post("/interpolate", json=body), 422, field="steps")
    assert "window" in problem["detail"]
    window = {"start": 3.0, "end": 3.5}
    assert len(post(client, "/interpolate", **body, window=window)["spectrograms"]) == 17
    assert len(post(client, "/interpolate", **{**body, "from": clip, "to": long})["spectrograms"]) == 17


def test_clips_with_another_rate_must_be_encoded_again(client, clip, make_vowel, to_file, check_problem) -> None:
    slow = post_file(client, to_file(make_vowel(0.5)), model="tiny-8k")
    body = {"module": 3, "from": clip, "to": slow}
    check_problem(client.post("/interpolate", json=body), 404, field="to", kind="clip-unknown")
    body = {"module": 3, "model": "tiny-8k", "from": clip, "to": slow}
    check_problem(client.post("/interpolate", json=body), 404, field="from", kind="clip-unknown")


def test_decode_is_served_between_two_spectrograms_of_a_traversal(
    start: Callable[..., TestClient], monkeypatch
) -> None:
    client = start()
    order, started = [], threading.Event()

    def post_and_note(path: str, sent: dict[str, Any]) -> None:
        assert client.post(path, json=sent).status_code == 200
        order.append(path)

    worker = client.app.state.engine.worker
    submit = worker.submit

    def submit_and_signal(*args: Any) -> Any:
        started.set()
        return submit(*args)

    monkeypatch.setattr(worker, "submit", submit_and_signal)
    grid = {"module": 3, "seconds": 4, "base": "prior", "dim": 0, "values": [0] * 64}
    traversal = threading.Thread(target=post_and_note, args=("/traverse", grid))
    traversal.start()
    assert started.wait(60)
    post_and_note("/decode", {"module": 3, "seconds": 0.1, "base": "zero"})
    traversal.join(60)
    assert order == ["/decode", "/traverse"]


def test_interpolation_step_can_be_decoded(client: TestClient, clip, other) -> None:
    """The sound of a step is available from /decode."""
    body = {"module": 3, "clip": clip, "toward": {"clip": other, "share": 0.5}}
    alone = client.post("/decode", json=body, headers={"Accept": "audio/wav"})
    assert alone.content == base64.b64decode(post(client, "/decode", **body)["audio"])
