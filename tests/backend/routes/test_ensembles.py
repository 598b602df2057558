from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.schemas import EnsembleDetail, EnsembleList, Figure, NearestChannels
from tests.trainer.example_ensemble import SIMILAR, similar_ensemble
from trainer import bundle
from trainer.bundle import ENSEMBLE, write_ensemble
from trainer.config import preset
from trainer.figures.ensemble import ENSEMBLE_FIGURES


@pytest.fixture
def family(bundle_maker: Callable[..., Path], tmp_path: Path) -> Path:
    """An ensemble of three members: one with decoders, whose digest has changed, one without a decoder, one missing."""
    folder = tmp_path / "models" / "family"
    decodable = bundle_maker(folder / "members" / "first", preset("tiny"), seed=3)
    encoder_only = bundle_maker(folder / "members" / "second", preset("tiny"), decoders=(), seed=4)
    members = [("first", "0" * 64), ("second", bundle.digest(encoder_only)), ("third", "1" * 64)]
    write_ensemble(folder, similar_ensemble(members))
    assert decodable.is_dir()
    return folder


@pytest.fixture
def served(start: Callable[..., TestClient], family: Path) -> Iterator[TestClient]:
    return start(models=(family.parent,))


def test_ensemble_is_found_next_to_models(served: TestClient, family: Path) -> None:
    listed = EnsembleList.model_validate(served.get("/ensembles").json()).ensembles
    rows = [(one.ensemble, one.members, one.channels, one.hot_spots, one.data) for one in listed]
    assert rows == [("family", 3, 6, 2, "synthetic, all")]

    answer = served.get("/ensembles/family").json()
    detail, known = EnsembleDetail.model_validate(answer), bundle.read_ensemble(family)
    assert [one.model_dump() for one in detail.channels] == [one.model_dump() for one in known.channels]
    assert [one.model_dump(exclude={"nmi"}) for one in detail.hot_spots] == json.loads(
        json.dumps([one.model_dump() for one in known.hot_spots])
    )
    assert detail.hot_spots[1].nmi == [1.0, SIMILAR - 1 / 32, SIMILAR - 2 / 32]
    assert (detail.order, detail.moments, detail.recordings) == ([0, 2, 4, 1, 3, 5], 100, 10)
    assert [(one.label, one.classes, one.bits) for one in detail.labels] == [("voicing", 2, 1.0)]
    assert detail.figures == list(ENSEMBLE_FIGURES)


def test_members_with_decoders_are_models(served: TestClient) -> None:
    assert [one["model"] for one in served.get("/models").json()["models"]] == ["tiny", "family.first"]
    members = served.get("/ensembles/family").json()["members"]
    assert [(one["member"], one["model"]) for one in members] == [
        ("first", "family.first"),
        ("second", None),
        ("third", None),
    ]
    assert served.get("/models/family.first").json()["modules"]


def test_member_is_found_by_its_digest(start: Callable[..., TestClient], tiny: Path, tmp_path: Path) -> None:
    write_ensemble(tmp_path / "lone", similar_ensemble([("somewhere", bundle.digest(tiny)), ("gone", "0" * 64)]))
    client = start(models=(tmp_path / "lone",))
    assert [one["model"] for one in client.get("/ensembles/lone").json()["members"]] == ["tiny", None]


def test_nearest_channel_of_each_other_member(served: TestClient, check_problem: Callable[..., Any]) -> None:
    answer = served.get("/ensembles/family/nearest", params={"member": 2, "module": 1, "dim": 1})
    found = NearestChannels.model_validate(answer.json())
    assert found.channel == 5
    assert [(one.member, one.module, one.dim, one.channel, one.nmi) for one in found.nearest] == [
        (0, 1, 1, 1, SIMILAR - 2 / 32),
        (1, 1, 1, 3, SIMILAR - 3 / 32),
    ]
    for query, field in (
        ({"member": 3, "module": 1, "dim": 0}, "member"),
        ({"member": 0, "module": 2, "dim": 0}, "dim"),
        ({"member": 0, "module": 1, "dim": 7}, "dim"),
        ({"member": 0, "module": 0, "dim": 0}, "module"),
        ({"member": 0, "module": 1, "dim": 0, "more": 1}, "more"),
        ({"module": 1, "dim": 0}, "member"),
    ):
        check_problem(served.get("/ensembles/family/nearest", params=query), 422, field=field)


def test_figures_match_the_ensemble(served: TestClient, family: Path, check_problem: Callable[..., Any]) -> None:
    known = bundle.read_ensemble(family)
    for name, maker in ENSEMBLE_FIGURES.items():
        answer = Figure.model_validate(served.get(f"/ensembles/family/figures/{name}").json())
        assert answer.model_dump() == json.loads(json.dumps(maker.make(known))), name
    problem = check_problem(served.get("/ensembles/family/figures/face"), 404, field="name", kind="figure-unknown")
    assert "hotspots" in problem["detail"]
    write_ensemble(family, known.model_copy(update={"fusion": ()}))
    problem = check_problem(served.get("/ensembles/family/figures/fusion"), 404, field="name", kind="figure-unknown")
    assert "python -m trainer analyse fuse-channels" in problem["detail"]
    assert served.get("/ensembles/family").json()["figures"] == ["channels", "hotspots"]


def test_unknown_ensemble(client: TestClient, check_problem: Callable[..., Any]) -> None:
    assert client.get("/ensembles").json() == {"ensembles": []}
    for address in ("nobody", "nobody/figures/channels", "nobody/nearest?member=0&module=1&dim=0", "..%2Ftiny"):
        answer = client.get(f"/ensembles/{address}")
        assert answer.status_code == 404, address
    check_problem(client.get("/ensembles/nobody"), 404, field="ensemble", kind="ensemble-unknown")


def _spoilt(family: Path, change: Callable[[dict[str, Any]], Any]) -> bytes:
    raw = json.loads((family / ENSEMBLE).read_text())
    change(raw)
    return json.dumps(raw).encode()


SPOILS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another version": lambda raw: raw.update(format_version=9),
    "an order that leaves out a channel": lambda raw: raw["order"].pop(),
    "a channel of nobody": lambda raw: raw["channels"][0].update(member=7),
    "a hot spot of channels that are not there": lambda raw: raw["hot_spots"][0].update(centre=99),
    "a matrix of another size": lambda raw: raw["nmi"].update(shape=[5, 5]),
    "values that are not finite": lambda raw: raw["nmi"].update(data="/n7+fv5+" * 9),
    "more fields": lambda raw: raw.update(code="import os"),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_invalid_ensemble_is_skipped_and_logged_once(
    served: TestClient, family: Path, spoil: str, caplog: pytest.LogCaptureFixture
) -> None:
    good = family.parent / "zealous"
    write_ensemble(good, similar_ensemble([("first", "0" * 64), ("second", "1" * 64)]))
    (family / ENSEMBLE).write_bytes(_spoilt(family, SPOILS[spoil]))
    for _ in range(2):
        assert [one["ensemble"] for one in served.get("/ensembles").json()["ensembles"]] == ["zealous"]
    assert served.get("/ensembles/family").status_code == 404
    messages = [record.getMessage() for record in caplog.records if "family" in record.getMessage()]
    assert len(messages) == 1, "once, not on every request"
    assert ENSEMBLE in messages[0]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{" * 500, b'{"format_version": 1}', b"\xff\xfe", b'"\\ud800"']
)
def test_file_that_is_no_ensemble(served: TestClient, family: Path, content: bytes) -> None:
    (family / ENSEMBLE).write_bytes(content)
    assert served.get("/ensembles").json() == {"ensembles": []}
    assert served.get("/models").status_code == 200


def test_links_out_of_the_folder_are_not_followed(served: TestClient, family: Path, tiny: Path, tmp_path: Path) -> None:
    shutil.move(family / ENSEMBLE, tmp_path / "elsewhere.json")
    (family / ENSEMBLE).symlink_to(tmp_path / "elsewhere.json")
    (family / "members" / "outside").symlink_to(tiny)
    assert served.get("/ensembles").json() == {"ensembles": []}
    assert "family.outside" not in [one["model"] for one in served.get("/models").json()["models"]]


def test_repaired_ensemble_is_served_again(served: TestClient, family: Path, tmp_path: Path) -> None:
    whole = (family / ENSEMBLE).read_bytes()
    (family / ENSEMBLE).write_bytes(whole[:100])
    assert served.get("/ensembles/family").status_code == 404
    (family / ENSEMBLE).write_bytes(whole)
    assert served.get("/ensembles/family").status_code == 200


def test_shipped_ensemble_is_served(start: Callable[..., TestClient]) -> None:
    client = start(shipped=bundle.DEMO)
    names = [one["model"] for one in client.get("/models").json()["models"]]
    assert names[0] == "demo", "the default model"
    (shipped,) = client.get("/ensembles").json()["ensembles"]
    assert (shipped["members"], shipped["hot_spots"] > 0) == (8, True)
    detail = EnsembleDetail.model_validate(client.get(f"/ensembles/{shipped['ensemble']}").json())
    assert [one.model for one in detail.members if one.model is not None] == names[1:]
    assert len(names) >= 3, "at least two members with decoders"
    assert detail.members[0].digest == client.get(f"/models/{names[1]}").json()["digest"], (
        "the ensemble was measured on the shipped members"
    )
