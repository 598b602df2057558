from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from backend.inference.arrays import unpack
from backend.schemas import DimensionDetail, Figure, FigureList, Points
from tests.trainer.bound_rows import bound_row
from trainer import bundle
from trainer.bundle import AcousticEffect, TopActivation
from trainer.figures.map_points import MAP_KEY, ModulePoints, PointMap, pack_latents
from trainer.figures.report import FIGURES, figures


def test_figures_match_the_report(client: TestClient, tiny: Path) -> None:
    report = bundle.read_report(tiny)
    assert report is not None
    expected = figures(report)
    listed = FigureList.model_validate(client.get("/models/tiny/figures").json())
    assert listed.figures == list(expected) == ["usage", "factors", "prior"]
    for name in listed.figures:
        answer = client.get(f"/models/tiny/figures/{name}")
        assert Figure.model_validate(answer.json()).model_dump() == json.loads(json.dumps(expected[name])), name
    assert client.get("/models/plain/figures").json() == {"figures": []}


def test_missing_figure_names_the_command_that_makes_it(client: TestClient, check_problem) -> None:
    for model in ("tiny", "plain"):
        problem = check_problem(client.get(f"/models/{model}/figures/layers"), 404, field="name", kind="figure-unknown")
        assert "layers" in problem["detail"]
        assert "python -m trainer analyse all --parts bounds" in problem["detail"]
    problem = check_problem(client.get("/models/tiny/figures/face"), 404, field="name", kind="figure-unknown")
    assert all(name in problem["detail"] for name in FIGURES)
    check_problem(client.get("/models/nobody/figures"), 404, field="model", kind="model-unknown")
    check_problem(client.get("/models/nobody/figures/usage"), 404, field="model", kind="model-unknown")


def test_invalid_data_affects_only_its_figure(start, tiny: Path, tmp_path: Path, check_problem) -> None:
    path = shutil.copytree(tiny, tmp_path / "odd")
    report = bundle.read_report(path)
    assert report is not None
    rows = {"bounds": [bound_row("module 1", 1.0) | {"margins": "far"}], "concentration": 7, "factors": ["?", {}]}
    bundle.write_report(path, report.model_copy(update=rows))
    client = start(models=(path,))
    assert client.get("/models/odd/figures").json()["figures"] == ["usage", "factors", "prior"]
    check_problem(client.get("/models/odd/figures/layers"), 404, field="name", kind="figure-unknown")
    assert client.get("/models/odd/modules/1/dimensions/0").json()["factors"] == []


def test_dimension_detail(start, tiny: Path, tmp_path: Path, check_problem) -> None:
    path = shutil.copytree(tiny, tmp_path / "known")
    report = bundle.read_report(path)
    assert report is not None
    effect = AcousticEffect(measure="f0", unit="semitones", change=1.5, low=1.0, high=2.0, spread=0.4, n=6)
    evidence = TopActivation(clip="vowel-1", example=True, way="up", value=2.5, at=0.2, start=0.1, end=0.4, phone="a")
    first = report.modules[0].dimensions[0].model_copy(update={"effects": (effect,), "evidence": (evidence,)})
    part = report.modules[0].model_copy(update={"dimensions": (first, *report.modules[0].dimensions[1:])})
    measured = [{"module": 1, "factor": name} for name in ("phone", "voicing")] + [{"module": 2, "factor": "f0"}]
    whole = report.model_copy(update={"modules": (part, *report.modules[1:]), "factors": measured})
    bundle.write_report(path, whole)
    client = start(models=(path,))

    body = DimensionDetail.model_validate(client.get("/models/known/modules/1/dimensions/0").json())
    assert (body.model, body.module, body.dim, body.factors) == ("known", 1, 0, ["phone", "voicing"])
    assert [one.model_dump() for one in body.effects] == [effect.model_dump()]
    assert [one.model_dump() for one in body.evidence] == [evidence.model_dump()]
    short = client.get("/models/known").json()["modules"][0]["dimensions"][0]
    assert short.items() <= body.model_dump().items(), "includes the summary in the model"

    last = DimensionDetail.model_validate(client.get("/models/known/modules/3/dimensions/7").json())
    assert (last.kl, last.labels, last.effects, last.evidence, last.factors) == (None, [], [], [], [])
    for address, field, kind in (
        ("known/modules/4/dimensions/0", "module", "module-unknown"),
        ("known/modules/1/dimensions/8", "dim", "dimension-unknown"),
        ("nobody/modules/1/dimensions/0", "model", "model-unknown"),
        ("known/modules/1/dimensions/x", "dim", None),
    ):
        answer = client.get(f"/models/{address}")
        check_problem(answer, 422 if kind is None else 404, field=field, kind=kind)


def test_points_of_the_map(start, tiny: Path, tmp_path: Path, check_problem) -> None:
    path = shutil.copytree(tiny, tmp_path / "mapped")
    report = bundle.read_report(path)
    assert report is not None
    latents = np.arange(24, dtype="f4").reshape(3, 8) / 4
    part = ModulePoints(
        module=2,
        centre=(0.0,) * 8,
        axes=((1.0, *[0.0] * 7), (0.0, 1.0, *[0.0] * 6)),
        shares=(0.5, 0.25),
        places=((0.0, 0.25), (2.0, 2.25), (4.0, 4.25)),
        latents=pack_latents(latents),
    )
    spans = {"clips": ("vowel-1",) * 3, "start": (0.0, 0.1, 0.2), "end": (0.3,) * 3}
    points = PointMap(unit="frame", examples=True, labels={"phone": ("a", None, "a")}, modules=(part,), **spans)
    bundle.write_report(path, report.model_copy(update={MAP_KEY: [points.model_dump(mode="json")]}))
    shutil.copytree(path, tmp_path / "broken")
    bundle.write_report(tmp_path / "broken", report.model_copy(update={MAP_KEY: [{"unit": "frame"}]}))
    client = start(models=(tmp_path,))

    (trace,) = client.get("/models/mapped/figures/map").json()["data"]
    assert (trace["x"], trace["y"]) == ([0.0, 2.0, 4.0], [0.25, 2.25, 4.25])
    body = Points.model_validate_json(client.get("/models/mapped/modules/2/points/frame").content)
    assert (body.model, body.module, body.unit) == ("mapped", 2, "frame")
    assert unpack(body.latents, "latents").tolist() == latents.tolist()

    for address, field, kind in (
        ("mapped/modules/1/points/frame", "unit", "figure-unknown"),
        ("mapped/modules/2/points/phone", "unit", "figure-unknown"),
        ("broken/modules/2/points/frame", "unit", "figure-unknown"),
        ("tiny/modules/2/points/frame", "unit", "figure-unknown"),
        ("mapped/modules/4/points/frame", "module", "module-unknown"),
        ("mapped/modules/2/points/word", "unit", None),
    ):
        problem = check_problem(client.get(f"/models/{address}"), 422 if kind is None else 404, field=field, kind=kind)
        if kind == "figure-unknown":
            assert "python -m trainer analyse all --parts map" in problem["detail"]


def test_chart_library_is_served_and_nothing_else_of_its_package(client: TestClient, check_problem) -> None:
    answer = client.get("/plotly.min.js")
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0].endswith("javascript")
    assert b"plotly.js" in answer.content[:200]
    again = client.get("/plotly.min.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in ("/widgetbundle.js", "/datasets/iris.csv.gz", "/templates/plotly.json"):
        check_problem(client.get(path), 404)
