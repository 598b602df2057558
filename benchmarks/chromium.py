"""Debian's Chromium for page benchmarks and browser tests, so that Playwright downloads no browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Playwright

EXECUTABLE = Path("/usr/bin/chromium")

# The address bar's suggestions are a page of their own, which takes as long to load as ours.
_SUGGESTIONS = "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup"


def launch(playwright: Playwright, *arguments: str, **options: Any) -> Browser:
    """Chromium without a sandbox, as containers require, and with further command line `arguments`."""
    quiet = ["--no-sandbox", f"--disable-features={_SUGGESTIONS}"]
    return playwright.chromium.launch(executable_path=str(EXECUTABLE), args=[*quiet, *arguments], **options)
