"""The HTML report opens without a network, and draws every figure there is."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from trainer import bundle
from trainer.figures.report import figures
from trainer.publishing.html_report import write_html_report

from .explorer import TIMEOUT_MS


def test_html_report_needs_no_network(browser: Browser, tmp_path: Path) -> None:
    report = bundle.read_report(bundle.DEMO)
    assert report is not None
    report_path = write_html_report(bundle.DEMO, tmp_path / "report.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)  # the page contains the whole chart library
    urls: list[str] = []
    console: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.goto(report_path.as_uri())
    made = figures(report)
    assert page.locator("figure").evaluate_all("all => all.map((one) => one.id)") == list(made)
    for name, figure in made.items():
        drawn = page.locator(f"#{name}")
        assert drawn.locator(".main-svg").count() >= 1, name
        shown = page.evaluate("name => document.getElementById(name).data.map((trace) => trace.y)", name)
        assert shown == [trace["y"] for trace in figure["data"]], name
        traces = [trace for trace in figure["data"] if trace.get("visible", True)]
        assert drawn.locator(".trace").count() == len(traces), name
    assert urls == [report_path.as_uri()]
    assert console == []
    context.close()
