"""The installed distribution: its name, its version, and the command that installs an optional dependency."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path

NAME = "sim-speech-explorer"

_CHECKOUT = Path(__file__).parents[2]


def version() -> str | None:
    """The installed version; None if the package is not installed."""
    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return None


def install_command(extra: str) -> str:
    """The command that installs the optional dependencies `extra`, in a checkout or for an installed package."""
    in_checkout = (_CHECKOUT / "pyproject.toml").is_file()
    return f"pip install -e '.[{extra}]'" if in_checkout else f"pip install '{NAME}[{extra}]'"


def code_version() -> str:
    """The installed version, followed by the git commit if the code runs from a checkout."""
    release = version() or "unknown"
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return release
    return f"{release}+{commit.stdout.strip()}"
