"""The Ensemble panel: the shipped ensemble's numbers where the page shows them, its members heard, and one dimension
found in another model, which then moves both.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import expect

from trainer import bundle
from trainer.bundle import HotSpot, Measured

from .explorer import Explorer, Opener

FOLDER = bundle.DEMO.parent / "ensembles" / "narrow"
ENSEMBLE = bundle.read_ensemble(FOLDER)
HEARD = sorted(path.name for path in (FOLDER / "members").iterdir())
STRIP = [-2.68, -1.34, 0, 1.34, 2.68]


def models_in(spot: HotSpot) -> list[str]:
    """The names of the models in `spot`."""
    return [ENSEMBLE.members[number].member for number in {ENSEMBLE.channels[one].member for one in spot.channels}]


SPOT = max(range(len(ENSEMBLE.hot_spots)), key=lambda n: len(set(HEARD) & set(models_in(ENSEMBLE.hot_spots[n]))))
"""The hot spot that most of the models are in that can be heard."""


def drawn(explorer: Explorer) -> Explorer:
    explorer.page.locator("#ensemble-chart[data-drawn] .main-svg").first.wait_for()
    return explorer


def data(explorer: Explorer) -> list[dict[str, Any]]:
    """What the chart draws, without its looks."""
    found: list[dict[str, Any]] = explorer.page.evaluate(
        "document.getElementById('ensemble-chart').data.map(({x, y, z, meta}) => ({x, y, z, meta}))"
    )
    return found


def ends(one: Measured) -> str:
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"


def test_the_matrix_is_the_ensembles_in_the_order_of_optics(fresh: Opener) -> None:
    explorer = drawn(fresh().open("#panel=ensemble"))
    page = explorer.page
    matrix, above, labels = data(explorer)
    order = list(ENSEMBLE.order)
    nmi = ENSEMBLE.nmi.unpacked().astype(float)[order][:, order].round(3)
    assert matrix["z"] == nmi.tolist()
    first = [ENSEMBLE.channels[number] for number in order]
    assert matrix["x"] == [f"{ENSEMBLE.members[one.member].member} {one.module}.{one.dim}" for one in first]
    reach = [ENSEMBLE.reachability[number] for number in order]
    assert above["y"] == [None if one is None else round(one, 3) for one in reach]
    told = np.array([one.nmi for one in ENSEMBLE.labels])[:, order]
    assert np.abs(np.array(labels["z"]) - told).max() < 6e-4
    assert page.locator("#ensemble-chart .heatmaplayer image").count() == 2
    assert page.locator("#ensemble-chart .shapelayer path").count() == len(ENSEMBLE.hot_spots)
    about = page.locator("#ensemble-about").inner_text()
    assert f"{len(ENSEMBLE.members)} models, {len(ENSEMBLE.channels)} channels" in about
    assert "demo is not one of them" in about
    assert f"{ENSEMBLE.moments} moments of {ENSEMBLE.recordings} recordings" in about
    assert explorer.console == [], "the page's policy lets the library do all it tries"


def test_a_hot_spot_is_chosen_in_the_matrix_and_told(fresh: Opener) -> None:
    explorer = drawn(fresh().open("#panel=ensemble"))
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
    explorer.choice(f"spot={SPOT}")
    about = page.locator("#spot-about")
    expect(about).to_contain_text(f"{len(spot.channels)} channels of {spot.models} of {len(ENSEMBLE.members)} models")
    expect(about).to_contain_text(f"{spot.bits:.2f} bits")
    expect(about).to_contain_text(f"{ends(spot.stability)} among resampled recordings")
    expect(about).to_contain_text(f"{ends(spot.stability_of_models)} among three quarters")
    rows = page.locator("#spot-labels li").all_inner_texts()
    assert len(rows) == len(spot.labels)
    for row, label in zip(rows, spot.labels, strict=True):
        assert all(said in row for said in (label.label.replace("_", " "), ends(label.nmi), ends(label.shared_bits)))
    page.get_by_text("Its channels").click()
    cells = [row.split("\t") for row in page.locator("#spot-channels tr").all_inner_texts()]
    centre = ENSEMBLE.nmi.unpacked()[spot.centre]
    for told, number in zip(cells, spot.channels, strict=True):
        one = ENSEMBLE.channels[number]
        name = ENSEMBLE.members[one.member].member + (", the centre" if number == spot.centre else "")
        expected = [name, str(one.module), str(one.dim), f"{one.bits:.2f}", ends(one.monte_carlo)]
        assert told[:5] == expected
        assert abs(float(told[5]) - centre[number]) < 0.006


def test_the_same_walk_is_seen_and_heard_in_each_model(fresh: Opener) -> None:
    explorer = fresh().open(f"#panel=ensemble&spot={SPOT}")
    page = explorer.page
    here = [name for name in HEARD if name in models_in(ENSEMBLE.hot_spots[SPOT])]
    assert here, "the shipped ensemble has a hot spot that can be heard"
    expect(page.locator("#hot-spot-traversals .member-traversal")).to_have_count(len(here))
    walks = [request.post_data_json or {} for request in explorer.requests if request.url.endswith("/traverse")]
    assert sorted(one["model"] for one in walks) == [f"narrow.{name}" for name in here]
    channels = [ENSEMBLE.channels[number] for number in ENSEMBLE.hot_spots[SPOT].channels]
    inside = {(one.member, one.module, one.dim) for one in channels}
    numbers = {f"narrow.{member.member}": number for number, member in enumerate(ENSEMBLE.members)}
    for one in walks:
        assert (numbers[one["model"]], one["module"], one["dim"]) in inside
        assert one["values"] in (STRIP, [-value for value in STRIP])
        assert one["edits"] == []
    assert page.locator("#hot-spot-traversals canvas").count() == 5 * len(here)

    explorer.listen()
    page.locator("#hot-spot-traversals .member-traversal").first.locator(".cell").nth(4).click()
    assert explorer.sounds(1)[0]["side"] == "ensembleMember"
    asked = explorer.decodes()[-1]
    assert asked["model"] in numbers
    assert asked["edits"] == [{"dim": asked["edits"][0]["dim"], "op": "set", "value": 2.68}]
    expect(page.locator("#hot-spot-traversals .cell.playing")).to_have_count(1)


def test_one_dimension_is_found_in_the_other_model_and_moves_both(fresh: Opener, vowel: Path) -> None:
    name, other = HEARD[:2]
    numbers = {member.member: number for number, member in enumerate(ENSEMBLE.members)}
    own = next(i for i, one in enumerate(ENSEMBLE.channels) if one.member == numbers[name] and one.module == 3)
    nmi = ENSEMBLE.nmi.unpacked()[own]
    theirs = [i for i, one in enumerate(ENSEMBLE.channels) if one.member == numbers[other]]
    nearest = max(theirs, key=lambda index: float(nmi[index]))
    dim, there = ENSEMBLE.channels[own].dim, ENSEMBLE.channels[nearest]

    explorer = fresh()
    page = explorer.page
    page.goto(f"{explorer.address}/#model=narrow.{name}&module=3")
    page.get_by_role("button", name="Draw from the prior").wait_for()
    explorer.upload(vowel)
    page.get_by_role("button", name=f"Dimension {dim}, more").click()
    row = page.locator(f"[data-dim='{dim}'] .elsewhere li").filter(has_text=f"narrow.{other}")
    expect(row).to_contain_text(f"module {there.module}, dimension {there.dim}")
    expect(row).to_contain_text(f"NMI {nmi[nearest]:.2f}")
    row.get_by_role("button", name="move both").click()
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#second-model-note")).to_contain_text(f"dimension {there.dim} of module {there.module}")

    both = page.get_by_role("slider", name=f"Dimension {dim}, in both models")
    both.focus()
    both.press("End")
    explorer.settle()
    page.wait_for_function("() => !document.getElementById('panel-compare').dataset.pending.includes('true')")
    asked = {one["model"]: one for one in explorer.decodes()}
    assert asked[f"narrow.{name}"]["edits"] == [{"dim": dim, "op": "add", "value": 3}]
    (moved,) = asked[f"narrow.{other}"]["edits"]
    assert (moved["dim"], moved["op"], abs(moved["value"])) == (there.dim, "add", 3)
    assert asked[f"narrow.{other}"]["module"] == there.module
    sign = "~" if moved["value"] > 0 else "!"
    explorer.choice(f"match=3.{dim}{sign}{there.module}.{there.dim}".replace("!", "%21") if sign == "!" else "match=3.")
    page.get_by_role("button", name="Let go").click()
    expect(page.locator("#linked-row")).to_be_hidden()
