"""Export and share: the link, the exported files and the Python code reproduce the page."""

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
    expect(explorer.page.get_by_role("dialog", name="Export and share")).to_be_visible()
    return explorer


def save(explorer: Explorer, name: str, folder: Path) -> Path:
    """Save one of the offered files."""
    with explorer.page.expect_download() as download:
        explorer.page.locator("#share-files").get_by_role("button", name=re.compile(f"^{name}")).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


INTERFACES = {"Via the HTTP API": "urllib", "With the Python library": "from trainer import"}


def code(explorer: Explorer, interface: str) -> str:
    """The Python code that reproduces the sound."""
    explorer.page.get_by_text(interface).click()
    shown = explorer.page.locator("#share-code")
    expect(shown).to_contain_text(INTERFACES[interface])
    return shown.inner_text()


def run(code: str, folder: Path) -> str:
    """Output of a program run in `folder`."""
    (folder / "reproduce.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "reproduce.py"],
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
def test_python_code_reproduces_the_sound(new_explorer: Opener, vowel: Path, choice: str, source: bool) -> None:
    explorer = new_explorer().open(choice)
    if source is FILE:
        explorer.upload(vowel)
    digest = explorer.digest
    share(explorer)
    for interface in INTERFACES:
        output = run(code(explorer, interface), vowel.parent)
        (saved,) = vowel.parent.glob("*-layer-?.wav")
        assert hashlib.sha256(saved.read_bytes()).hexdigest() == digest, interface
        assert output == "identical"
        saved.unlink()


def test_python_code_reproduces_a_random_sample_without_a_recording(new_explorer: Opener, tmp_path: Path) -> None:
    explorer = new_explorer()
    explorer.page.route("**/models/*/examples", lambda route: route.fulfill(json={"examples": []}))
    digest = explorer.open("#base=prior&seed=3&edits3=1:1").digest
    share(explorer)
    for interface in INTERFACES:
        assert run(code(explorer, interface), tmp_path) == "identical"
        assert hashlib.sha256((tmp_path / "random-3-layer-3.wav").read_bytes()).hexdigest() == digest
    latents = explorer.page.locator("#share-files").get_by_role("button", name="Latents")
    expect(latents).to_be_disabled()


@pytest.mark.parametrize("module", [1, 3])
@pytest.mark.parametrize("base", ["mean", "zero"])
def test_exported_latents_are_those_that_were_decoded(
    new_explorer: Opener, tmp_path: Path, module: int, base: str
) -> None:
    choice = EDITED.replace("edits3=", f"edits{module}=").replace("muted3=", f"muted{module}=")
    explorer = new_explorer().open(choice.replace("module=3", f"module={module}") + f"&base={base}")
    request = explorer.decodes()[-1]
    assert len(request["edits"]) == 5
    exported = np.load(save(share(explorer), "Latents", tmp_path))
    query = f"model=demo&module={module}"
    answer = explorer.page.request.get(f"{explorer.address}/clips/{request['clip']}/latents?{query}").body()
    (tmp_path / "posterior.npy").write_bytes(answer)
    mean = torch.from_numpy(np.load(tmp_path / "posterior.npy")[0].astype(np.float32))
    config = bundle.read_config(bundle.DEMO).config
    geometry = encoder_geometry(config.encoder, config.sample_rate)[module - 1]
    base_latents = mean if base == "mean" else torch.zeros_like(mean)
    expected = apply_edits(base_latents, [Edit(**edit) for edit in request["edits"]], geometry).numpy()
    assert exported.dtype == np.float32
    assert np.array_equal(exported, expected)
    assert not np.array_equal(exported, base_latents.numpy())


def test_latents_of_a_sample_are_described_by_the_recipe(explorer: Explorer) -> None:
    explorer.page.locator("#base").get_by_text("Sample").click()
    latents = share(explorer.settle()).page.locator("#share-files").get_by_role("button", name="Latents")
    expect(latents).to_be_disabled()
    expect(latents).to_contain_text("recipe")


def test_export_of_recipe_sound_picture_and_recording(new_explorer: Opener, vowel: Path, tmp_path: Path) -> None:
    explorer = new_explorer().open(EDITED).upload(vowel)
    digest = explorer.digest
    share(explorer)
    folder = tmp_path / "exports"
    folder.mkdir()
    recipe = json.loads(save(explorer, "Recipe", folder).read_text())
    assert recipe["model"] == {"name": "demo", "digest": bundle.digest(bundle.DEMO), "sample_rate": 16_000}
    assert recipe["recording"] == {"file": vowel.name}
    assert recipe["wav_sha256"] == digest
    again = explorer.page.request.post(
        f"{explorer.address}/decode", data=recipe["decode"], headers={"Accept": "audio/wav"}
    ).body()
    sound = save(explorer, "Sound", folder)
    assert sound.name == "my vowel-layer-3.wav"
    assert sound.read_bytes() == again
    assert save(explorer, "Recording", folder).read_bytes() == vowel.read_bytes()
    picture = save(explorer, "Picture", folder).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 50_000, "the picture is almost blank"
    assert explorer.console == []


def test_copied_link_restores_the_sound(new_explorer: Opener) -> None:
    explorer = new_explorer().open(EDITED)
    explorer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer.drag(0, to=0.7)
    digest = explorer.digest
    share(explorer)
    explorer.page.get_by_role("button", name="Copy", exact=True).click()
    expect(explorer.page.locator("#share-copy-address")).to_have_text("Copied")
    address: str = explorer.page.evaluate("navigator.clipboard.readText()")
    other = new_explorer()
    assert other.open(address.removeprefix(f"{explorer.address}/")).digest == digest


def test_without_a_clipboard_the_link_is_selected(explorer: Explorer) -> None:
    explorer.page.evaluate("void Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    share(explorer).page.get_by_role("button", name="Copy", exact=True).click()
    expect(explorer.page.locator("#share-copy-address")).to_have_text("Press Ctrl C")
    assert explorer.page.evaluate("getSelection().toString()").startswith(explorer.address)
