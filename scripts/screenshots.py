"""Screenshots for the documentation, docs/page-1440.png and docs/page-390.png: an example with two edited dimensions.

python -m scripts.screenshots
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

from benchmarks.chromium import launch
from benchmarks.service import service

DOCS = Path(__file__).parents[1] / "docs"
ADDRESS = "example=sentence-man&edits3=3:1.5,0:-1"
SCREENS: tuple[tuple[int, int, Literal["light", "dark"]], ...] = ((1440, 900, "light"), (390, 844, "dark"))
SETTLED = "body:has(#explorer[data-phase=ready][data-decoding=false]):has(#play-decoded[data-audio-digest])"


def main() -> None:
    with service() as serving, sync_playwright() as playwright:
        browser = launch(playwright)
        for width, height, scheme in SCREENS:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(f"http://127.0.0.1:{serving.port}/#{ADDRESS}")
            page.wait_for_selector(SETTLED)
            page.get_by_role("button", name="Got it").click()
            page.wait_for_timeout(500)  # until the spectrograms are drawn
            page.screenshot(path=DOCS / f"page-{width}.png")
        browser.close()


if __name__ == "__main__":
    main()
