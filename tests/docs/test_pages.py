"""Pages of the documentation: length of README, links, navigation, and a strict build without external resources."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.markdown_pages import DOCS, PAGES, README, ROOT, name

MOST_LINES = 150
_CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*?)(?: +\{ *#([\w-]+) *\})?$", re.MULTILINE)


def _links(page: Path) -> list[str]:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    return [link for link in _LINK.findall(text) if "://" not in link]


def _anchors(page: Path) -> set[str]:
    """Anchors as Python-Markdown makes them of headings."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    plain = [anchor or re.sub(r"[^\w\s-]", "", heading) for heading, anchor in _HEADING.findall(text)]
    return {re.sub(r"[-\s]+", "-", heading.strip().lower()) for heading in plain}


def test_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_readme_links_licence_and_documentation() -> None:
    assert {"LICENSE", "CONTRIBUTING.md", "CITATION.cff", "SECURITY.md"} <= set(_links(README))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.is_file() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"[\w/-]+\.md", text))
    assert listed == {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}


def test_every_picture_is_used() -> None:
    used = {(page.parent / link).resolve() for page in PAGES for link in _links(page)}
    assert {path for suffix in ("png", "svg") for path in DOCS.rglob(f"*.{suffix}")} <= used


def test_site_builds_strictly_and_loads_nothing_from_other_servers(tmp_path: Path) -> None:
    if importlib.util.find_spec("mkdocs") is None:
        pytest.skip("needs the extra docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) >= len(list(DOCS.rglob("*.md")))
    loaded = re.compile(
        r'<(?:script|img|iframe)[^>]* src="(https?:)?//|<link[^>]*rel="stylesheet"[^>]*href="(https?:)?//'
    )
    assert [page.name for page in pages if loaded.search(page.read_text(encoding="utf-8"))] == []
