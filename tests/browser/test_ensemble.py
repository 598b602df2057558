"""The Ensemble panel: figures and hot spots of the shipped ensemble, traversals in its members, linked dimensions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import expect

from trainer import bundle
from trainer.bundle import Estimate, HotSpot

from .explorer import Explorer, Opener

FOLDER = bundle.DEMO.parent / "ensembles" / "narrow"
ENSEMBLE = bundle.read_ensemble(FOLDER)
AVAILABLE = sorted(path.name for path in (FOLDER / "members").iterdir())
STRIP = [-2.68, -1.34, 0, 1.34, 2.68]


def models_in(spot: HotSpot) -> list[str]:
    """The names of the models in `spot`."""
    return [ENSEMBLE.members[number].member for number in {ENSEMBLE.channels[one].member for one in spot.channels}]


SPOT = max(range(len(ENSEMBLE.hot_spots)), key=lambda n: len(set(AVAILABLE) & set(models_in(ENSEMBLE.hot_spots[n]))))
"""The hot spot with the most models that can be played."""


def drawn(explorer: Explorer) -> Explorer:
    explorer.page.locator("#ensemble-chart[data-drawn] .main-svg").first.wait_for()
    return explorer


def data(explorer: Explorer) -> list[dict[str, Any]]:
    """Data of the chart's traces."""
    found: list[dict[str, Any]] = explorer.page.evaluate(
        "document.getElementById('ensemble-chart').data.map(({x, y, z, meta}) => ({x, y, z, meta}))"
    )
    return found


def ends(one: Estimate) -> str:
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"


def test_matrix_is_in_optics_order(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=ensemble"))
    page = explorer.page
    matrix, above, labels = data(explorer)
    order = list(ENSEMBLE.order)
    nmi = ENSEMBLE.nmi.unpacked().astype(float)[order][:, order].round(3)
    assert matrix["z"] == nmi.tolist()
    first = [ENSEMBLE.channels[number] for number in order]
    assert matrix["x"] == [f"{ENSEMBLE.members[one.member].member} {one.module}.{one.dim}" for one in first]
    reach = [ENSEMBLE.reachability[number] for number in order]
    assert above["y"] == [None if one is None else round(one, 3) for one in reach]
    values = np.array([one.nmi for one in ENSEMBLE.labels])[:, order]
    assert np.abs(np.array(labels["z"]) - values).max() < 6e-4
    assert page.locator("#ensemble-chart .heatmaplayer image").count() == 2
    assert page.locator("#ensemble-chart .shapelayer path").count() == len(ENSEMBLE.hot_spots)
    about = page.locator("#ensemble-about").inner_text()
    assert f"{len(ENSEMBLE.members)} models, {len(ENSEMBLE.channels)} dimensions" in about
    assert "demo is not in this ensemble" in about
    assert f"{ENSEMBLE.frames} frames of {ENSEMBLE.recordings} recordings" in about
    assert explorer.console == [], "no violation of the content security policy"


def test_hot_spot_is_chosen_in_the_matrix(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=ensemble"))
    page, spot = explorer.page, ENSEMBLE.hot_spots[SPOT]
    expect(page.locator("#spot")).to_be_hidden()
    page.locator("#ensemble-chart .shapelayer path").nth(SPOT).scroll_into_view_if_needed()
    box = page.locator("#ensemble-chart .shapelayer path").nth(SPOT).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2 - 3, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#spot-title")).to_have_text(f"Hot spot {SPOT}")
    explorer.address_with(f"spot={SPOT}")
    about = page.locator("#spot-about")
    expect(about).to_contain_text(f"{len(spot.channels)} dimensions of {spot.models} of {len(ENSEMBLE.members)} models")
    expect(about).to_contain_text(f"{spot.bits:.2f} bits")
    expect(about).to_contain_text(f"{ends(spot.stability)} over resampled recordings")
    expect(about).to_contain_text(f"{ends(spot.stability_of_models)} over three quarters")
    rows = page.locator("#spot-labels li").all_inner_texts()
    assert len(rows) == len(spot.labels)
    for row, label in zip(rows, spot.labels, strict=True):
        assert all(text in row for text in (label.label.replace("_", " "), ends(label.nmi), ends(label.shared_bits)))
    page.locator("#spot summary").click()
    cells = [row.split("\t") for row in page.locator("#spot-channels tr").all_inner_texts()]
    centre = ENSEMBLE.nmi.unpacked()[spot.centre]
    for values, number in zip(cells, spot.channels, strict=True):
        one = ENSEMBLE.channels[number]
        name = ENSEMBLE.members[one.member].member + (", the centre" if number == spot.centre else "")
        expected = [name, str(one.module), str(one.dim), f"{one.bits:.2f}", ends(one.monte_carlo)]
        assert values[:5] == expected
        assert abs(float(values[5]) - centre[number]) < 0.006


def test_traversal_in_each_model(new_explorer: Opener) -> None:
    explorer = new_explorer().open(f"#panel=ensemble&spot={SPOT}")
    page = explorer.page
    here = [name for name in AVAILABLE if name in models_in(ENSEMBLE.hot_spots[SPOT])]
    assert here, "the shipped ensemble has a hot spot that can be played"
    expect(page.locator("#hot-spot-traversals .member-traversal")).to_have_count(len(here))
    traversals = [request.post_data_json or {} for request in explorer.requests if request.url.endswith("/traverse")]
    assert sorted(one["model"] for one in traversals) == [f"narrow.{name}" for name in here]
    channels = [ENSEMBLE.channels[number] for number in ENSEMBLE.hot_spots[SPOT].channels]
    inside = {(one.member, one.module, one.dim) for one in channels}
    numbers = {f"narrow.{member.member}": number for number, member in enumerate(ENSEMBLE.members)}
    for one in traversals:
        assert (numbers[one["model"]], one["module"], one["dim"]) in inside
        assert one["values"] in (STRIP, [-value for value in STRIP])
        assert one["edits"] == []
    assert page.locator("#hot-spot-traversals canvas").count() == 5 * len(here)

    explorer.record_sounds()
    page.locator("#hot-spot-traversals .member-traversal").first.locator(".cell").nth(4).click()
    assert explorer.sounds(1)[0]["side"] == "ensembleMember"
    request = explorer.decodes()[-1]
    assert request["model"] in numbers
    assert request["edits"] == [{"dim": request["edits"][0]["dim"], "op": "set", "value": 2.68}]
    expect(page.locator("#hot-spot-traversals .cell.playing")).to_have_count(1)


def test_matching_dimension_of_another_model_is_linked(new_explorer: Opener, vowel: Path) -> None:
    name, other = AVAILABLE[:2]
    numbers = {member.member: number for number, member in enumerate(ENSEMBLE.members)}
    own = next(i for i, one in enumerate(ENSEMBLE.channels) if one.member == numbers[name] and one.module == 3)
    nmi = ENSEMBLE.nmi.unpacked()[own]
    theirs = [i for i, one in enumerate(ENSEMBLE.channels) if one.member == numbers[other]]
    nearest = max(theirs, key=lambda index: float(nmi[index]))
    dim, there = ENSEMBLE.channels[own].dim, ENSEMBLE.channels[nearest]

    explorer = new_explorer()
    page = explorer.page
    page.goto(f"{explorer.address}/#model=narrow.{name}&module=3")
    page.get_by_role("button", name="Random sample from the prior").wait_for()
    explorer.upload(vowel)
    page.get_by_role("button", name=f"Dimension {dim}, more").click()
    row = page.locator(f"[data-dim='{dim}'] .ensemble-matches li").filter(has_text=f"narrow.{other}")
    expect(row).to_contain_text(f"layer {there.module}, dimension {there.dim}")
    expect(row).to_contain_text(f"NMI {nmi[nearest]:.2f}")
    row.get_by_role("button", name="link with the match").click()
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#second-model-note")).to_contain_text(f"dimension {there.dim} of layer {there.module}")

    both = page.get_by_role("slider", name=f"Dimension {dim}, in both models")
    both.focus()
    both.press("End")
    explorer.settle()
    page.wait_for_function("() => !document.getElementById('panel-compare').dataset.pending.includes('true')")
    requests = {one["model"]: one for one in explorer.decodes()}
    assert requests[f"narrow.{name}"]["edits"] == [{"dim": dim, "op": "add", "value": 3}]
    (moved,) = requests[f"narrow.{other}"]["edits"]
    assert (moved["dim"], moved["op"], abs(moved["value"])) == (there.dim, "add", 3)
    assert requests[f"narrow.{other}"]["module"] == there.module
    sign = "~" if moved["value"] > 0 else "!"
    explorer.address_with(
        f"match=3.{dim}{sign}{there.module}.{there.dim}".replace("!", "%21") if sign == "!" else "match=3."
    )
    page.get_by_role("button", name="Unlink").click()
    expect(page.locator("#linked-row")).to_be_hidden()
