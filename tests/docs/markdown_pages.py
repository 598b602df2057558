"""The Markdown pages of the project, and the code blocks in them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"
PAGES = [
    README,
    CONTRIBUTING,
    ROOT / "SECURITY.md",
    ROOT / "trainer" / "pretrained" / "README.md",
    *sorted(DOCS.rglob("*.md")),
]


def name(page: Path) -> str:
    """The path of a page in the repository: its id in parametrised tests."""
    return page.relative_to(ROOT).as_posix()


def code_blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE)


def shell_lines(page: Path) -> list[str]:
    """Each shell command of a page on one line; the bodies of here-documents are left out."""
    lines = []
    for block in code_blocks(page, "sh"):
        joined = re.sub(r" << END\n.*?^END$", "", block.replace("\\\n", " "), flags=re.DOTALL | re.MULTILINE)
        lines += [line for line in joined.splitlines() if line.strip()]
    return lines


def commands(page: Path, start: str) -> list[list[str]]:
    """The words of each shell command of a page that begins with `start`."""
    return [shlex.split(line) for line in shell_lines(page) if line.startswith(start)]
