"""Ensemble store: the shipped ensemble and those in the user's folders, by folder name."""

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
from trainer.bundle.files import checked_path

log = logging.getLogger(__name__)

MEMBERS = "members"
"""Folder with the models of an ensemble, inside its own folder."""
NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME_RULE = "the folder name may contain only letters, digits, '.', '_' and '-', at most 64"

FileState = tuple[int, int]
"""Size and modification time of a file."""


@dataclass(frozen=True)
class EnsembleRecord:
    """A valid ensemble and the state of its file when it was read. `nmi` [channels, channels]."""

    name: str
    path: Path
    state: FileState
    ensemble: Ensemble
    nmi: NDArray[np.float32] = field(repr=False)


class EnsembleStore:
    """Ensembles by name. Thread-safe.

    An ensemble is read and validated on first use and again when its file changes. Invalid ones are logged once and
    skipped.
    """

    def __init__(self, roots: Iterable[Path]) -> None:
        self._roots = tuple(roots)
        self._lock = threading.Lock()
        self._records: dict[Path, EnsembleRecord] = {}
        self._logged: set[tuple[Path, FileState]] = set()

    def records(self) -> list[EnsembleRecord]:
        """All valid ensembles, from a new search. Of two with the same name, the first is used."""
        found: dict[str, EnsembleRecord] = {}
        with self._lock:
            for path in (path for root in self._roots for path in ensemble_folders(root)):
                record = self._read(path)
                if record is None:
                    continue
                if found.setdefault(record.name, record).path != path:
                    other = found[record.name].path
                    self._log_once(path, record.state, f"{other} has the same name; rename one of the two")
        return list(found.values())

    def get(self, name: str) -> EnsembleRecord:
        """Ensemble called `name`. Raises Problem (ensemble-unknown)."""
        for record in self.records():
            if record.name == name:
                return record
        detail = "ensemble: no ensemble has this name; GET /ensembles lists the names."
        raise Problem(ENSEMBLE_UNKNOWN, detail, field="ensemble")

    def _read(self, path: Path) -> EnsembleRecord | None:
        try:
            stat = checked_path(path, ENSEMBLE).stat()
        except (BundleError, OSError) as error:
            self._log_once(path, (0, 0), str(error) if isinstance(error, BundleError) else "cannot be read")
            return None
        state = (stat.st_size, stat.st_mtime_ns)
        known = self._records.get(path)
        if known is not None and known.state == state:
            return known
        if (path, state) in self._logged:
            return None
        try:
            if not NAME_PATTERN.fullmatch(path.name):
                raise BundleError(NAME_RULE)
            ensemble = bundle.read_ensemble(path)
            record = EnsembleRecord(path.name, path, state, ensemble, _nmi_matrix(ensemble))
        except BundleError as error:
            self._log_once(path, state, str(error))
        except Exception:  # a fault in one ensemble must not hide the others
            log.exception("ensemble %s is skipped", path)
            self._logged.add((path, state))
        else:
            self._records[path] = record
            return record
        self._records.pop(path, None)
        return None

    def _log_once(self, path: Path, state: FileState, fault: str) -> None:
        if (path, state) not in self._logged:
            self._logged.add((path, state))
            log.warning("ensemble %s is skipped: %s", path, fault)


def ensemble_folders(root: Path) -> Iterator[Path]:
    """`root` itself if it is an ensemble, else the ensembles directly in it, by name. Empty if it cannot be read."""
    try:
        root = root.resolve()
        if _is_ensemble(root):
            yield root
        elif root.is_dir():
            yield from sorted(path for path in root.iterdir() if _is_ensemble(path))
    except (OSError, RuntimeError, ValueError):  # a symbolic link to itself raises RuntimeError
        log.debug("%s cannot be searched for ensembles", root)  # the model store logs the same fault as a warning


def _is_ensemble(path: Path) -> bool:
    return (path / ENSEMBLE).is_file()


def _nmi_matrix(ensemble: Ensemble) -> NDArray[np.float32]:
    nmi = ensemble.nmi.unpacked()
    if not np.isfinite(nmi).all():
        raise BundleError(f"{ENSEMBLE}: nmi: contains values that are not finite")
    return nmi
