"""No view violates a rule of axe-core: panels, dialogs and overlays, in light and dark, wide and narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from .explorer import Explorer, Opener, wait_until_idle

LOOKS = [("light", 1440), ("dark", 390)]
OTHER: dict[str, Literal["light", "dark"]] = {"light": "dark", "dark": "light"}


def violations_in_both(page: Page, scheme: str) -> list[tuple[str, list[Any]]]:
    """Violations in the page's colour scheme and in the other one; switching is cheaper than opening the page twice."""
    found = violations(page)
    page.emulate_media(color_scheme=OTHER[scheme])
    wait_until_idle(page)
    found += violations(page)
    page.emulate_media(color_scheme=OTHER[OTHER[scheme]])
    wait_until_idle(page)
    return found


def violations(page: Page) -> list[tuple[str, list[Any]]]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], [(node["target"], node["failureSummary"]) for node in one["nodes"]]) for one in found]


def opened(new_explorer: Opener, scheme: str, width: int, fragment: str = "") -> Explorer:
    return new_explorer(viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce").open(
        fragment
    )


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_panels_and_dialogs(new_explorer: Opener, vowel: Path, scheme: str, width: int) -> None:
    explorer = opened(new_explorer, scheme, width, "#edits3=16:1.5,4=0.25@0.1-0.3&muted3=7")
    page = explorer.page
    assert violations_in_both(page, scheme) == []

    explorer.upload(vowel)
    explorer.row(0).locator(".name").click()
    expect(explorer.row(0).locator(".strip canvas")).to_have_count(5)
    explorer.slider(1).press("l")
    for lane in ("Difference", "Latents"):
        toggle = page.get_by_role("button", name=lane, exact=True)
        if toggle.get_attribute("aria-pressed") == "false":
            toggle.click()
    page.evaluate("location.hash += '&span=0.1-0.4'")
    explorer.settle()
    assert violations_in_both(page, scheme) == []

    for name in ("Grid", "Compare"):
        page.get_by_role("tab", name=name).click()
        expect(page.locator(f"#panel-{name.lower()}")).to_have_attribute("data-pending", "false")
        wait_until_idle(page)
        assert violations_in_both(page, scheme) == [], name
    for name, chart in (("Layers", "#probe-chart"), ("Map", "#map-chart")):
        page.get_by_role("tab", name=name).click()
        expect(page.locator(f"{chart}[data-drawn] .main-svg").first).to_be_visible()
        expect(page.locator(f"#panel-{name.lower()}")).to_have_attribute("data-pending", "false")
        wait_until_idle(page)
        assert violations_in_both(page, scheme) == [], name

    for key in ("e", "?"):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations_in_both(page, scheme) == [], key
        page.keyboard.press("Escape")


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_recording_and_notices(new_explorer: Opener, scheme: str, width: int) -> None:
    explorer = opened(new_explorer, scheme, width)
    page = explorer.page
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations_in_both(page, scheme) == []
    page.context.grant_permissions(["microphone"])
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    assert violations_in_both(page, scheme) == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_empty_page(new_explorer: Opener, scheme: str, width: int) -> None:
    explorer = new_explorer(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = explorer.page

    def no_examples(route: Route) -> None:
        route.fulfill(json={"examples": []})

    page.route("**/models/*/examples", no_examples)
    page.goto(explorer.address)
    expect(page.get_by_role("button", name="Random sample from the prior")).to_be_visible()
    assert violations_in_both(page, scheme) == []
    page.route("**/models", lambda route: route.fulfill(json={"models": []}))
    page.reload()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert violations_in_both(page, scheme) == []


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_distribution_and_ensemble(new_explorer: Opener, scheme: str, width: int) -> None:
    explorer = opened(new_explorer, scheme, width, "#panel=ensemble&spot=0")
    page = explorer.page
    expect(page.locator("#ensemble-chart[data-drawn] .main-svg").first).to_be_visible()
    expect(page.locator("#hot-spot-traversals canvas").first).to_be_visible()
    page.locator("#spot summary").click()
    assert violations_in_both(page, scheme) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("about:blank")
    page.goto(f"{explorer.address}/#model=narrow.seed-0&panel=prior&base=prior")
    for chart in ("quantiles", "spectrum", "certificate", "distance"):
        expect(page.locator(f"#normal-{chart}[data-drawn] .main-svg").first).to_be_visible()
    for table in ("Table of values", "Distances from N(0, I)"):
        page.locator("#panel-prior").get_by_text(table).click()
    assert violations_in_both(page, scheme) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
