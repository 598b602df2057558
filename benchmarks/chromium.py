"""The browser that measures and tests the page: Debian's, since Playwright's own would have to be fetched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Playwright

EXECUTABLE = Path("/usr/bin/chromium")

# A window's suggestions under the address are a page of their own, which takes as long to open as ours does.
_SUGGESTIONS = "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup"


def launch(playwright: Playwright, *arguments: str, **options: Any) -> Browser:
    """Chromium, without a sandbox as containers have it, and with these command line arguments beside."""
    quiet = ["--no-sandbox", f"--disable-features={_SUGGESTIONS}"]
    return playwright.chromium.launch(executable_path=str(EXECUTABLE), args=[*quiet, *arguments], **options)
