"""Updates of single fields of dimensions in a report."""

import pytest

from tests.trainer.example_samples import blank_report, synthetic_samples
from trainer.bundle import Report
from trainer.evaluation.dimension_facts import with_facts, with_usage
from trainer.evaluation.dimensions.factors import add_factors


def test_new_usage_keeps_labels_and_other_results() -> None:
    report, _ = add_factors(blank_report(5), "here", synthetic_samples())
    usage = blank_report(5)
    usage = with_facts(usage, 1, {0: {"sensitivity": 2.0}})
    merged = with_usage(report, usage)
    assert merged.modules[0].dimensions[0].sensitivity == 2.0
    assert merged.modules[0].dimensions[0].labels == report.modules[0].dimensions[0].labels
    assert merged.model_extra == report.model_extra
    with pytest.raises(ValueError, match="analyse usage"):
        with_facts(Report(), 1, {})
