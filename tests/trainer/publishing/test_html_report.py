"""Figures of a report, and the HTML report."""

import json
import re
from pathlib import Path

import pytest
import torch

from tests.trainer.bound_rows import bound_row
from tests.trainer.example_samples import blank_report, synthetic_samples
from trainer import bundle
from trainer.bundle import AcousticEffect, PriorReport, Report
from trainer.cli.main import main
from trainer.config import preset
from trainer.evaluation.dimension_facts import with_facts
from trainer.evaluation.dimensions.factors import add_factors
from trainer.figures.report import figures
from trainer.model import Model


@pytest.fixture(scope="module")
def report() -> Report:
    """Results of one module; a label name contains HTML that must be escaped."""
    blank = blank_report(5)
    part = blank.modules[0].model_copy(update={"prior": PriorReport(frame_rms_quantiles=(0.5, 1.0, 2.0))})
    report, _ = add_factors(blank.model_copy(update={"modules": (part,)}), "here", synthetic_samples())
    effect = AcousticEffect(measure="f0", unit="semitones", change=1.5, low=1.0, high=2.0, spread=0.4, n=6)
    report = with_facts(report, 1, {dim: {"kl": dim + 0.5} for dim in range(5)})
    report = with_facts(report, 1, {0: {"effects": (effect,)}})
    rows = [bound_row(name, bits) for name, bits in (("log-mel", 1.0), ("module 1", 1.5))]
    return report.model_copy(update={"bounds": [row | {"label": "</script><b>"} for row in rows]})


def test_figures_are_made_of_the_available_results(report: Report) -> None:
    made = figures(report)
    assert set(made) == {"usage", "factors", "layers", "prior"}, "concentration is not in the report"
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["usage"]["data"][0]["y"] == [4.5, 3.5, 2.5, 1.5, 0.5]
    assert made["usage"]["data"][0]["text"][0] == "dimension 4"
    bars = made["factors"]["data"][0]
    best = report.modules[0].dimensions[0].labels[0]
    at = bars["x"].index("f0")
    assert (bars["y"][at], bars["text"][at]) == (best.bits, "dimension 0")
    assert bars["error_y"]["arrayminus"][at] == pytest.approx(best.bits - best.low)
    assert made["prior"]["data"][0]["y"] == [0.0, 0.5, 1.0]
    assert figures(Report()) == {}


def test_html_report_is_one_file_without_external_links(report: Report, tmp_path: Path, capsys) -> None:
    torch.manual_seed(0)
    bundle.save(tmp_path / "model", Model(preset("tiny")).eval())
    assert main(["report", "--bundle", str(tmp_path / "model")]) == 1
    assert "analyse all" in capsys.readouterr().err
    bundle.write_report(tmp_path / "model", report)
    assert main(["report", "--bundle", str(tmp_path / "model")]) == 0
    assert capsys.readouterr().out == "Wrote report.html\n"
    page = (tmp_path / "model" / "report.html").read_text(encoding="utf-8")
    own = re.sub(r"<script>.*?</script></head>", "", page, count=1, flags=re.S)  # Plotly itself
    assert not re.search(r"(src|href)=", own)
    assert own.count("Plotly.newPlot") == 4
    assert own.count("</script>") == 4, "names of a corpus cannot end a script"
    assert "<td>f0 1" in own
    assert "f0 +1.5 semitones" in own
    assert "not measured" in own, "dimensions without effects"
    assert "Choi, Jung and Watanabe" in own
