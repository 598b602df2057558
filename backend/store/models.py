"""The bundles there are, by name: the shipped one first, then those in the user's folders and in ensembles there, found
as they appear.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

from backend.errors import MODEL_UNKNOWN, NOT_READY, Problem
from backend.store.ensembles import MEMBERS, folders
from backend.store.smoke_test import try_out
from trainer import bundle
from trainer.bundle import BundleError, Example, Report
from trainer.geometry import ModuleGeometry
from trainer.model import Model

log = logging.getLogger(__name__)

CONFIG_FILE = "config.json"
"""What makes a folder a bundle."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SECONDS_BETWEEN_LOOKS = 1.0

Signature = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Found:
    """A folder that looks like a bundle, and the state its files were in."""

    path: Path
    signature: Signature


@dataclass(frozen=True)
class Entry:
    """What is known of a bundle without its weights in memory. `dims` holds one count for each module."""

    name: str
    found: Found
    digest: str
    sample_rate: int
    geometry: tuple[ModuleGeometry, ...]
    dims: tuple[int, ...]
    report: Report | None
    examples: tuple[Example, ...]

    @property
    def path(self) -> Path:
        return self.found.path

    @property
    def modules_count(self) -> int:
        return len(self.geometry)


class Catalogue:
    """Bundles by name, which is the name of their folder, with its ensemble's and a dot before it where it is a member
    of one; the default is the first. Safe to use from many threads.

    A bundle is opened, and thereby checked, when it is first asked for or listed, and again when its files change. One
    that does not hold is logged once and passed over. At most `loaded` models are in memory.
    """

    def __init__(self, roots: Iterable[Path], loaded: int) -> None:
        self._roots, self._loaded = tuple(roots), loaded
        self._lock = threading.RLock()  # held while one bundle is opened, never for a whole listing
        self._found: dict[str, Found] = {}
        self._looked = float("-inf")
        self._entries: dict[str, Entry] = {}
        self._faulty: dict[Path, Signature] = {}
        self._models: OrderedDict[str, Model] = OrderedDict()  # by digest, longest unused first
        self._told: set[Path] = set()
        self.loads = 0
        """How often a model was read."""

    def entries(self) -> list[Entry]:
        """Every bundle that holds, looked up afresh, the default first."""
        return [entry for name in self._names(fresh=True) if (entry := self._entry(name)) is not None]

    def get(self, name: str | None) -> Entry:
        """The bundle called `name`, or the default. Raises Problem where there is none."""
        if name is None:
            for candidate in self._names():
                if (entry := self._entry(candidate)) is not None:
                    return entry
            raise Problem(NOT_READY, "There is no model here yet; put a trained bundle into a folder named in MODELS.")
        if name in self._names() or name in self._names(fresh=True):
            entry = self._entry(name)
            if entry is not None:
                return entry
        raise _unknown_model("No model of that name is here; GET /models lists those there are.")

    def model(self, entry: Entry) -> Model:
        """The weights of `entry`, from memory or read again. Raises Problem where they are not there any more."""
        with self._lock:
            model = self._models.get(entry.digest)
            if model is None:
                try:
                    model = self._load(entry.found)
                except BundleError as error:
                    log.warning("bundle %s cannot be read any more: %s", entry.path, error)
                    raise _unknown_model("This model has changed or cannot be read any more; ask again.") from None
            self._remember(entry.digest, model)
            return model

    def _names(self, *, fresh: bool = False) -> list[str]:
        """The names of the folders that may be bundles, in order, as of now or of a second ago."""
        with self._lock:
            now = time.monotonic()
            if fresh or now - self._looked > _SECONDS_BETWEEN_LOOKS:
                self._found, self._looked = self._look(), now
            return list(self._found)

    def _look(self) -> dict[str, Found]:
        found: dict[str, Found] = {}
        for root in self._roots:
            try:
                bundles = list(_bundles(root))
            except (OSError, RuntimeError, ValueError) as error:  # a link that leads to itself is a RuntimeError
                reason = error.strerror if isinstance(error, OSError) else "it cannot be followed"
                self._tell(root, f"the folder cannot be read: {reason}")
                continue
            for name, path in bundles:
                if not _NAME.fullmatch(name):
                    self._tell(path, "its folder's name may hold only letters, digits, '.', '_' and '-', at most 64")
                elif name in found:
                    if found[name].path != path:
                        self._tell(path, f"{found[name].path} has the same name; rename one of the two folders")
                else:
                    found[name] = Found(path, _signature(path))
        return found

    def _entry(self, name: str) -> Entry | None:
        """The bundle called `name`, opened if it is new or has changed; None where it does not hold."""
        with self._lock:
            found = self._found.get(name)
            if found is None or self._faulty.get(found.path) == found.signature:
                return None
            known = self._entries.get(name)
            if known is not None and known.found == found:
                return known
            try:
                entry = self._open(name, found)
            except BundleError as error:
                log.warning("bundle %s is passed over: %s", found.path, error)
            except Exception:  # whatever is wrong with one bundle must not hide the others
                log.exception("bundle %s is passed over", found.path)
            else:
                self._entries[name] = entry
                return entry
            self._entries.pop(name, None)
            self._faulty[found.path] = found.signature
            return None

    def _open(self, name: str, found: Found) -> Entry:
        model = self._load(found)
        try_out(model)
        entry = Entry(
            name=name,
            found=found,
            digest=bundle.digest(found.path),
            sample_rate=model.config.sample_rate,
            geometry=model.geometry,
            dims=tuple(model.dims(module) for module in range(1, model.modules_count + 1)),
            report=bundle.read_report(found.path),
            examples=tuple(bundle.read_examples(found.path)),
        )
        _check_unchanged(found)
        self._remember(entry.digest, model)
        return entry

    def _load(self, found: Found) -> Model:
        model = bundle.load(found.path).fuse()
        self.loads += 1
        _check_unchanged(found)
        return model

    def _remember(self, digest: str, model: Model) -> None:
        self._models[digest] = model
        self._models.move_to_end(digest)
        while len(self._models) > self._loaded:
            self._models.popitem(last=False)

    def _tell(self, path: Path, fault: str) -> None:
        """Log a fault the first time it is met."""
        if path not in self._told:
            self._told.add(path)
            log.warning("bundle %s is passed over: %s", path, fault)


def _check_unchanged(found: Found) -> None:
    """Raise BundleError where files changed while they were read: some may be of one model, some of another."""
    if _signature(found.path) != found.signature:
        raise BundleError("it is being replaced")


def _unknown_model(detail: str) -> Problem:
    return Problem(MODEL_UNKNOWN, detail, field="model")


def _bundles(root: Path) -> Iterator[tuple[str, Path]]:
    """Names and paths: `root` itself if it is a bundle, else the bundles directly in it, by name, then the members of
    ensembles; none where it does not exist (yet).
    """
    root = root.resolve()
    if (root / CONFIG_FILE).is_file():
        yield root.name, root
    elif root.is_dir():
        yield from ((path.name, path) for path in sorted(root.iterdir()) if (path / CONFIG_FILE).is_file())
    for ensemble in folders(root):
        yield from ((f"{ensemble.name}.{path.name}", path) for path in _members(ensemble))


def _members(ensemble: Path) -> Iterator[Path]:
    """The bundles among its members that can be listened to: most have no decoder, and there may be hundreds."""
    for path in sorted((ensemble / MEMBERS).glob("*")):
        inside = path.resolve().is_relative_to(ensemble.resolve())
        if inside and (path / CONFIG_FILE).is_file() and any(path.glob("decoder-*.safetensors")):
            yield path


def _signature(path: Path) -> Signature:
    """Names, sizes and times of a bundle's files: differs when the bundle does. Its run folder, in which training
    goes on writing, is not part of it.
    """
    signature = []
    for file in sorted([*path.glob("*"), *path.glob("examples/*")]):
        try:
            stat = file.stat()
        except (OSError, RuntimeError):  # removed while we looked, or a link to nowhere
            continue
        if S_ISDIR(stat.st_mode):
            continue
        signature.append((str(file.relative_to(path)), stat.st_size, stat.st_mtime_ns))
    return tuple(signature)
