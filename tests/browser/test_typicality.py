"""Typicality: the least typical frame of the decoded latents, or the percentile of their RMS."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import soundfile
from playwright.sync_api import expect

from trainer import bundle
from trainer.metrics.prior.typicality import typicality_reference

from .conftest import serve
from .explorer import Opener


def with_reference_frames(path: Path) -> Path:
    """The shipped model with frames of its examples."""
    shutil.copytree(bundle.DEMO, path)
    model = bundle.load(path)
    files = [path / "examples" / example.file for example in bundle.read_examples(path)]
    encoded = [model.encode(soundfile.read(file, dtype="float32")[0]) for file in files]
    means = {module: [clip[module - 1].mean for clip in encoded] for module in (1, 2, 3)}
    references = {module: typicality_reference(clips) for module, clips in means.items()}
    bundle.save_typicality(path, {module: one for module, one in references.items() if one is not None})
    return path


def test_prior_sample_is_outside_the_training_data(new_explorer: Opener, tmp_path: Path) -> None:
    with_reference_frames(tmp_path / "compared")
    with serve(MODELS=str(tmp_path)) as address:
        explorer = new_explorer()
        explorer.address = address
        light = explorer.page.locator("#typicality .light")
        explorer.page.goto(f"{address}/#model=compared&module=2&base=prior")
        expect(light).to_have_text("Outside the training data")
        expect(light).to_have_attribute("data-state", "outside")
        far = r"The least typical of \d+ frames, at \d\.\d\d s, is farther from the training frames than usual: none"
        expect(light).to_have_attribute("title", re.compile(far))
        explorer.page.goto(f"{address}/#model=compared&module=2")
        expect(light).to_have_text("Typical of training data")


def test_without_reference_frames_the_percentile_is_shown(new_explorer: Opener) -> None:
    explorer = new_explorer()
    explorer.page.goto(f"{explorer.address}/#model=narrow.seed-0&module=3&base=prior")
    expect(explorer.page.locator("#typicality .light")).to_have_text(re.compile(r"training data \(.*percentile\)"))
