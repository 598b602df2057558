"""What is kept of the page says the same as the page: the address, the files, and Python that repeats it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

from trainer import bundle
from trainer.edits import Edit, apply_edits
from trainer.geometry import encoder_geometry

from .conftest import REPOSITORY
from .explorer import Explorer, Opener

EDITED = "#module=3&edits3=16:1.5,4=0.25@0.1-0.3,2*0.5@0.6-9,5=1@0.2-0.2001&muted3=7"
EXAMPLE, FILE = False, True


def share(explorer: Explorer) -> Explorer:
    explorer.page.get_by_role("button", name="Share").click()
    expect(explorer.page.get_by_role("dialog", name="Keep and share")).to_be_visible()
    return explorer


def keep(explorer: Explorer, name: str, folder: Path) -> Path:
    """Save one of the files that are offered."""
    with explorer.page.expect_download() as download:
        explorer.page.locator("#share-files").get_by_role("button", name=re.compile(f"^{name}")).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


WAYS = {"Through this service": "urllib", "Without it": "from trainer import"}


def code(explorer: Explorer, way: str) -> str:
    """The Python that repeats the sound."""
    explorer.page.get_by_text(way).click()
    shown = explorer.page.locator("#share-code")
    expect(shown).to_contain_text(WAYS[way])
    return shown.inner_text()


def run(code: str, folder: Path) -> str:
    """What a program says that is run in `folder`."""
    (folder / "again.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "again.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_WAIT_POLICY": "passive"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("choice", "source"),
    [
        (EDITED, EXAMPLE),
        (EDITED + "&base=sample&seed=11", FILE),
        ("#module=1&base=zero", FILE),
        ("#module=2&base=prior&seed=5&edits2=3:2", EXAMPLE),
    ],
)
def test_python_repeats_the_sound_through_the_service_and_without_it(
    fresh: Opener, vowel: Path, choice: str, source: bool
) -> None:
    explorer = fresh().open(choice)
    if source is FILE:
        explorer.upload(vowel)
    digest = explorer.digest
    share(explorer)
    for way in WAYS:
        said = run(code(explorer, way), vowel.parent)
        (saved,) = vowel.parent.glob("*-module-?.wav")
        assert hashlib.sha256(saved.read_bytes()).hexdigest() == digest, way
        assert said == "the same"
        saved.unlink()


def test_python_repeats_a_sound_that_was_drawn_from_nothing(fresh: Opener, tmp_path: Path) -> None:
    explorer = fresh()
    explorer.page.route("**/models/*/examples", lambda route: route.fulfill(json={"examples": []}))
    digest = explorer.open("#base=prior&seed=3&edits3=1:1").digest
    share(explorer)
    for way in WAYS:
        assert run(code(explorer, way), tmp_path) == "the same"
        assert hashlib.sha256((tmp_path / "prior-3-module-3.wav").read_bytes()).hexdigest() == digest
    latents = explorer.page.locator("#share-files").get_by_role("button", name="Latents")
    expect(latents).to_be_disabled()


@pytest.mark.parametrize("module", [1, 3])
@pytest.mark.parametrize("base", ["mean", "zero"])
def test_latents_are_those_the_decoder_was_given(fresh: Opener, tmp_path: Path, module: int, base: str) -> None:
    choice = EDITED.replace("edits3=", f"edits{module}=").replace("muted3=", f"muted{module}=")
    explorer = fresh().open(choice.replace("module=3", f"module={module}") + f"&base={base}")
    request = explorer.decodes()[-1]
    assert len(request["edits"]) == 5
    kept = np.load(keep(share(explorer), "Latents", tmp_path))
    query = f"model=demo&module={module}"
    answer = explorer.page.request.get(f"{explorer.address}/clips/{request['clip']}/latents?{query}").body()
    (tmp_path / "posterior.npy").write_bytes(answer)
    mean = torch.from_numpy(np.load(tmp_path / "posterior.npy")[0].astype(np.float32))
    config = bundle.read_config(bundle.DEMO).config
    geometry = encoder_geometry(config.encoder, config.sample_rate)[module - 1]
    given = mean if base == "mean" else torch.zeros_like(mean)
    expected = apply_edits(given, [Edit(**edit) for edit in request["edits"]], geometry).numpy()
    assert kept.dtype == np.float32
    assert np.array_equal(kept, expected)
    assert not np.array_equal(kept, given.numpy())


def test_latents_of_a_draw_are_told_by_the_recipe(explorer: Explorer) -> None:
    explorer.page.locator("#base").get_by_text("Sample").click()
    latents = share(explorer.settle()).page.locator("#share-files").get_by_role("button", name="Latents")
    expect(latents).to_be_disabled()
    expect(latents).to_contain_text("recipe")


def test_recipe_sound_picture_and_recording_are_saved(fresh: Opener, vowel: Path, tmp_path: Path) -> None:
    explorer = fresh().open(EDITED).upload(vowel)
    digest = explorer.digest
    share(explorer)
    folder = tmp_path / "kept"
    folder.mkdir()
    recipe = json.loads(keep(explorer, "Recipe", folder).read_text())
    assert recipe["model"] == {"name": "demo", "digest": bundle.digest(bundle.DEMO), "sample_rate": 16_000}
    assert recipe["recording"] == {"file": vowel.name}
    assert recipe["wav_sha256"] == digest
    again = explorer.page.request.post(
        f"{explorer.address}/decode", data=recipe["decode"], headers={"Accept": "audio/wav"}
    ).body()
    sound = keep(explorer, "Sound", folder)
    assert sound.name == "my vowel-module-3.wav"
    assert sound.read_bytes() == again
    assert keep(explorer, "Recording", folder).read_bytes() == vowel.read_bytes()
    picture = keep(explorer, "Picture", folder).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 50_000, "as good as blank"
    assert explorer.console == []


def test_the_copied_address_sounds_the_same_elsewhere(fresh: Opener) -> None:
    explorer = fresh().open(EDITED)
    explorer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer.drag(0, to=0.7)
    digest = explorer.digest
    share(explorer)
    explorer.page.get_by_role("button", name="Copy", exact=True).click()
    expect(explorer.page.locator("#share-copy-address")).to_have_text("Copied")
    address: str = explorer.page.evaluate("navigator.clipboard.readText()")
    other = fresh()
    assert other.open(address.removeprefix(f"{explorer.address}/")).digest == digest


def test_without_a_clipboard_the_address_is_marked_to_be_copied(explorer: Explorer) -> None:
    explorer.page.evaluate("void Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    share(explorer).page.get_by_role("button", name="Copy", exact=True).click()
    expect(explorer.page.locator("#share-copy-address")).to_have_text("Press Ctrl C")
    assert explorer.page.evaluate("getSelection().toString()").startswith(explorer.address)
