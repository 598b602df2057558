"""Model store: the shipped bundle, then bundles in the user's folders and in ensembles there, by name."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR

from backend.errors import AUDIO_CONTENT, MODEL_UNKNOWN, MODULE_UNKNOWN, NOT_READY, Problem
from backend.store.ensembles import MEMBERS, NAME_PATTERN, NAME_RULE, ensemble_folders
from backend.store.smoke_test import run_smoke_test
from trainer import bundle
from trainer.bundle import BundleError, Example, Report, TypicalityReference
from trainer.geometry import ModuleGeometry
from trainer.model import Model

log = logging.getLogger(__name__)

CONFIG_FILE = "config.json"
"""A folder with this file is a bundle."""
_RESCAN_SECONDS = 1.0

Signature = tuple[tuple[str, int, int], ...]
"""Name, size and modification time of each file of a bundle."""


@dataclass(frozen=True)
class BundlePath:
    """A folder that looks like a bundle, and the state of its files."""

    path: Path
    signature: Signature


@dataclass(frozen=True)
class ModelRecord:
    """Description of a bundle without its weights. `dims`: number of dimensions per module. `typicality`: reference
    frames by module, if the bundle has them.
    """

    name: str
    bundle: BundlePath
    digest: str
    sample_rate: int
    geometry: tuple[ModuleGeometry, ...]
    dims: tuple[int, ...]
    report: Report | None
    examples: tuple[Example, ...]
    typicality: Mapping[int, TypicalityReference] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.bundle.path

    @property
    def modules_count(self) -> int:
        return len(self.geometry)

    def check_module(self, module: int) -> None:
        """Raises Problem (module-unknown) unless the model has `module`, counted from 1."""
        if not 1 <= module <= self.modules_count:
            detail = f"module: model {self.name} has modules 1 to {self.modules_count}; choose one of them."
            raise Problem(MODULE_UNKNOWN, detail, field="module")

    def check_length(self, samples: int, field: str) -> None:
        """Raises Problem (audio-content) if `samples` are too few for one frame of the deepest module."""
        needed = max(geometry.minimum_samples for geometry in self.geometry)
        if samples < needed:
            duration, least = samples / self.sample_rate, needed / self.sample_rate
            detail = f"{field}: must last at least {least:.4f} s for the deepest module, not {duration:.4f} s."
            raise Problem(AUDIO_CONTENT, detail, field=field)


class ModelStore:
    """Bundles by name; the first is the default. Thread-safe.

    The name is that of the folder; for a member of an ensemble, `<ensemble>.<folder>`. A bundle is opened and
    validated on first use and again when its files change. Invalid ones are logged once and skipped. At most
    `max_loaded` models are in memory.
    """

    def __init__(self, roots: Iterable[Path], max_loaded: int) -> None:
        self._roots, self._max_loaded = tuple(roots), max_loaded
        self._lock = threading.RLock()  # held while one bundle is opened, never for a whole listing
        self._paths: dict[str, BundlePath] = {}
        self._scanned_at = float("-inf")
        self._records: dict[str, ModelRecord] = {}
        self._invalid: dict[Path, Signature] = {}
        self._models: OrderedDict[str, Model] = OrderedDict()  # by digest, least recently used first
        self._logged: set[Path] = set()
        self.loads = 0
        """Number of times that weights were read."""

    def records(self) -> list[ModelRecord]:
        """All valid bundles, from a new search, the default first."""
        return [record for name in self._names(rescan=True) if (record := self._record(name)) is not None]

    def get(self, name: str | None) -> ModelRecord:
        """Bundle called `name`, or the default. Raises Problem (model-unknown, not-ready)."""
        if name is None:
            for candidate in self._names():
                if (record := self._record(candidate)) is not None:
                    return record
            raise Problem(NOT_READY, "There is no model yet; put a trained bundle into a folder listed in MODELS.")
        if name in self._names() or name in self._names(rescan=True):
            record = self._record(name)
            if record is not None:
                return record
        raise _unknown_model("no model has this name; GET /models lists the names")

    def model(self, record: ModelRecord) -> Model:
        """Model of `record`, from memory or reloaded. Raises Problem (model-unknown)."""
        with self._lock:
            model = self._models.get(record.digest)
            if model is None:
                try:
                    model = self._load(record.bundle)
                except BundleError as error:
                    log.warning("bundle %s can no longer be read: %s", record.path, error)
                    raise _unknown_model("the model's files have changed or cannot be read; try again") from None
            self._cache(record.digest, model)
            return model

    def _names(self, *, rescan: bool = False) -> list[str]:
        """Names of folders that may be bundles, in order, at most a second old."""
        with self._lock:
            now = time.monotonic()
            if rescan or now - self._scanned_at > _RESCAN_SECONDS:
                self._paths, self._scanned_at = self._scan(), now
            return list(self._paths)

    def _scan(self) -> dict[str, BundlePath]:
        found: dict[str, BundlePath] = {}
        for root in self._roots:
            try:
                bundles = list(_bundle_folders(root))
            except (OSError, RuntimeError, ValueError) as error:  # a symbolic link to itself raises RuntimeError
                reason = error.strerror if isinstance(error, OSError) else "symbolic link loop"
                self._log_once(root, f"the folder cannot be read: {reason}")
                continue
            for name, path in bundles:
                if not NAME_PATTERN.fullmatch(name):
                    self._log_once(path, NAME_RULE)
                elif name in found:
                    if found[name].path != path:
                        self._log_once(path, f"{found[name].path} has the same name; rename one of the two")
                else:
                    found[name] = BundlePath(path, _signature(path))
        return found

    def _record(self, name: str) -> ModelRecord | None:
        """Record of the bundle called `name`, opened if it is new or has changed; None if it is invalid."""
        with self._lock:
            location = self._paths.get(name)
            if location is None or self._invalid.get(location.path) == location.signature:
                return None
            known = self._records.get(name)
            if known is not None and known.bundle == location:
                return known
            try:
                record = self._open(name, location)
            except BundleError as error:
                log.warning("bundle %s is skipped: %s", location.path, error)
            except Exception:  # a fault in one bundle must not hide the others
                log.exception("bundle %s is skipped", location.path)
            else:
                self._records[name] = record
                return record
            self._records.pop(name, None)
            self._invalid[location.path] = location.signature
            return None

    def _open(self, name: str, location: BundlePath) -> ModelRecord:
        model = self._load(location)
        run_smoke_test(model)
        dims = tuple(model.dims(module) for module in range(1, model.modules_count + 1))
        record = ModelRecord(
            name=name,
            bundle=location,
            digest=bundle.digest(location.path),
            sample_rate=model.config.sample_rate,
            geometry=model.geometry,
            dims=dims,
            report=bundle.read_report(location.path),
            examples=tuple(bundle.read_examples(location.path)),
            typicality=bundle.read_typicality(location.path, dims),
        )
        _check_unchanged(location)
        self._cache(record.digest, model)
        return record

    def _load(self, location: BundlePath) -> Model:
        model = bundle.load(location.path).optimise_for_inference()
        self.loads += 1
        _check_unchanged(location)
        return model

    def _cache(self, digest: str, model: Model) -> None:
        self._models[digest] = model
        self._models.move_to_end(digest)
        while len(self._models) > self._max_loaded:
            self._models.popitem(last=False)

    def _log_once(self, path: Path, fault: str) -> None:
        if path not in self._logged:
            self._logged.add(path)
            log.warning("bundle %s is skipped: %s", path, fault)


def _check_unchanged(location: BundlePath) -> None:
    """Raises BundleError if files changed while they were read: they may belong to different models."""
    if _signature(location.path) != location.signature:
        raise BundleError("the bundle is being replaced")


def _unknown_model(reason: str) -> Problem:
    return Problem(MODEL_UNKNOWN, f"model: {reason}.", field="model")


def _bundle_folders(root: Path) -> Iterator[tuple[str, Path]]:
    """Names and paths: `root` itself if it is a bundle, else the bundles directly in it, by name; then the members of
    ensembles. Empty if `root` does not exist (yet).
    """
    root = root.resolve()
    if (root / CONFIG_FILE).is_file():
        yield root.name, root
    elif root.is_dir():
        yield from ((path.name, path) for path in sorted(root.iterdir()) if (path / CONFIG_FILE).is_file())
    for ensemble in ensemble_folders(root):
        yield from ((f"{ensemble.name}.{path.name}", path) for path in _decodable_members(ensemble))


def _decodable_members(ensemble: Path) -> Iterator[Path]:
    """Members with a decoder. An ensemble may have hundreds of members, most of them without one."""
    for path in sorted((ensemble / MEMBERS).glob("*")):
        inside = path.resolve().is_relative_to(ensemble.resolve())
        if inside and (path / CONFIG_FILE).is_file() and any(path.glob("decoder-*.safetensors")):
            yield path


def _signature(path: Path) -> Signature:
    """State of the bundle's files. Excludes the run folder, which training keeps writing to."""
    signature = []
    for file in sorted([*path.glob("*"), *path.glob("examples/*")]):
        try:
            stat = file.stat()
        except (OSError, RuntimeError):  # removed in the meantime, or a broken symbolic link
            continue
        if S_ISDIR(stat.st_mode):
            continue
        signature.append((str(file.relative_to(path)), stat.st_size, stat.st_mtime_ns))
    return tuple(signature)
