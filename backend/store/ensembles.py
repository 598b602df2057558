"""The ensembles there are, by the name of their folder: the shipped one first, then those in the user's folders."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.errors import ENSEMBLE_UNKNOWN, Problem
from trainer import bundle
from trainer.bundle import ENSEMBLE, BundleError, Ensemble
from trainer.bundle.documents import file_in

log = logging.getLogger(__name__)

MEMBERS = "members"
"""The folder of an ensemble's models within its own."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

State = tuple[int, int]


@dataclass(frozen=True)
class Held:
    """An ensemble that holds, and the state its file was in. `nmi` [channels, channels]."""

    name: str
    path: Path
    state: State
    ensemble: Ensemble
    nmi: NDArray[np.float32] = field(repr=False)


class Ensembles:
    """Ensembles by name. Safe to use from many threads.

    One is read, and thereby checked, when it is first asked for or listed, and again when its file changes. One that
    does not hold is logged once and passed over.
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        self._roots = tuple(roots)
        self._lock = threading.Lock()
        self._held: dict[Path, Held] = {}
        self._told: set[tuple[Path, State]] = set()

    def entries(self) -> list[Held]:
        """Every ensemble that holds, looked up afresh. Of two with one name the first counts."""
        found: dict[str, Held] = {}
        with self._lock:
            for path in (path for root in self._roots for path in folders(root)):
                held = self._open(path)
                if held is None:
                    continue
                if found.setdefault(held.name, held).path != path:
                    self._tell(path, held.state, f"{found[held.name].path} has the same name; rename one of the two")
        return list(found.values())

    def get(self, name: str) -> Held:
        """The ensemble called `name`. Raises Problem where there is none."""
        for held in self.entries():
            if held.name == name:
                return held
        detail = "No ensemble of that name is here; GET /ensembles lists those there are."
        raise Problem(ENSEMBLE_UNKNOWN, detail, field="ensemble")

    def _open(self, path: Path) -> Held | None:
        try:
            stat = file_in(path, ENSEMBLE).stat()
        except (BundleError, OSError) as error:
            self._tell(path, (0, 0), str(error) if isinstance(error, BundleError) else "it cannot be read")
            return None
        state = (stat.st_size, stat.st_mtime_ns)
        known = self._held.get(path)
        if known is not None and known.state == state:
            return known
        if (path, state) in self._told:
            return None
        try:
            if not _NAME.fullmatch(path.name):
                raise BundleError("its folder's name may hold only letters, digits, '.', '_' and '-', at most 64")
            ensemble = bundle.read_ensemble(path)
            held = Held(path.name, path, state, ensemble, _matrix(ensemble))
        except BundleError as error:
            self._tell(path, state, str(error))
        except Exception:  # whatever is wrong with one ensemble must not hide the others
            log.exception("ensemble %s is passed over", path)
            self._told.add((path, state))
        else:
            self._held[path] = held
            return held
        self._held.pop(path, None)
        return None

    def _tell(self, path: Path, state: State, fault: str) -> None:
        """Log a fault the first time it is met."""
        if (path, state) not in self._told:
            self._told.add((path, state))
            log.warning("ensemble %s is passed over: %s", path, fault)


def folders(root: Path) -> Iterator[Path]:
    """`root` itself if it is an ensemble, else the ensembles directly in it, by name; none where it cannot be read."""
    try:
        root = root.resolve()
        if _is_ensemble(root):
            yield root
        elif root.is_dir():
            yield from sorted(path for path in root.iterdir() if _is_ensemble(path))
    except (OSError, RuntimeError, ValueError):  # a link that leads to itself is a RuntimeError
        log.debug("%s cannot be searched for ensembles", root)  # the catalogue of models tells of it


def _is_ensemble(path: Path) -> bool:
    return (path / ENSEMBLE).is_file()


def _matrix(ensemble: Ensemble) -> NDArray[np.float32]:
    nmi = ensemble.nmi.unpacked()
    if not np.isfinite(nmi).all():
        raise BundleError(f"{ENSEMBLE}: nmi: holds values that are not finite numbers")
    return nmi
