"""The Grid panel: series of values of one or two dimensions, drawn, played and applied."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from .explorer import Explorer, Opener
from .test_accessibility import violations


def drawn(explorer: Explorer) -> Explorer:
    """Wait until the grid shows the latest request."""
    expect(explorer.page.locator("#panel-grid")).to_have_attribute("data-pending", "false")
    expect(cells(explorer.page).first).to_be_visible()
    expect(explorer.page.locator("#cells")).to_have_attribute("aria-busy", "false")
    return explorer


def opened(explorer: Explorer) -> Explorer:
    tab(explorer, "Grid")
    return drawn(explorer)


def tab(explorer: Explorer, name: str) -> None:
    explorer.page.get_by_role("tab", name=name).click()


def cells(page: Page) -> Locator:
    return page.locator("#cells button")


def names(page: Page) -> list[str]:
    return [cell.get_attribute("aria-label") or "" for cell in cells(page).all()]


def traversals(explorer: Explorer) -> list[dict[str, Any]]:
    return [request.post_data_json or {} for request in explorer.requests if request.url.endswith("/traverse")]


def digest_of(explorer: Explorer, request: dict[str, Any]) -> str:
    """SHA-256 of the sound in the server's answer."""
    answer = explorer.page.request.post(f"{explorer.address}/decode", data=request)
    assert answer.ok
    return hashlib.sha256(base64.b64decode(answer.json()["audio"])).hexdigest()


def play_cell(explorer: Explorer, cell: Locator) -> dict[str, Any]:
    """Click a cell and wait until it has been played; returns its decode request."""
    sent = len(explorer.record_sounds().decodes())
    cell.click()
    assert [note["side"] for note in explorer.sounds(2)] == ["cell", ""]
    (request,) = explorer.decodes()[sent:]
    return request


def test_grid_of_the_most_informative_dimension_is_fetched_on_demand(explorer: Explorer) -> None:
    assert traversals(explorer) == []
    first = explorer.row(0).get_attribute("data-dim")
    drawn(opened(explorer))
    (request,) = traversals(explorer)
    assert str(request["dim"]) == first
    assert request["values"] == [-3, -2.25, -1.5, -0.75, 0, 0.75, 1.5, 2.25, 3]
    shown = explorer.page.locator("#cells .cell-value").all_text_contents()
    assert shown == ["−3", "−2.25", "−1.5", "−0.75", "0", "+0.75", "+1.5", "+2.25", "+3"]
    assert names(explorer.page)[0] == f"Dimension {first} at −3"
    pictures = explorer.page.locator("#cells canvas").evaluate_all("all => all.map((one) => one.toDataURL())")
    assert len(set(pictures)) == 9
    tab(explorer, "Sliders")
    opened(explorer)
    assert traversals(explorer)[1:] == [request], "a hidden grid is not updated, and is fetched again"
    assert explorer.console == []


def test_cell_is_played_and_shown_in_the_decoded_lane(explorer: Explorer) -> None:
    decoded = drawn(opened(explorer)).picture
    dim = traversals(explorer)[0]["dim"]
    request = play_cell(explorer, cells(explorer.page).nth(7))
    assert request["edits"] == [{"dim": dim, "op": "set", "value": 2.25}]
    began, ended = explorer.sounds()
    assert began["caption"] == "Grid cell"
    assert began["picture"] != decoded
    assert (ended["caption"], ended["picture"]) == ("Decoded", decoded)
    expect(explorer.page.locator("#grid-chosen")).to_have_text(f"Dimension {dim} at +2.25")
    expect(cells(explorer.page).nth(7)).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize(
    "edits",
    [
        pytest.param("", id="unedited"),
        pytest.param("&edits3=5:1,9=2", id="edited"),
        pytest.param("&edits3=5:1,5=2@0.1-0.3&muted3=7", id="edited in a span"),
        pytest.param("&span=0.2-0.4&edits3=5:1,5=2@0.2-0.4", id="over a span"),
        pytest.param("&span=0.2-0.4&muted3=5,7", id="over a span of a muted one"),
    ],
)
def test_applying_a_cell_keeps_its_sound_and_is_one_undo_step(new_explorer: Opener, edits: str) -> None:
    explorer = drawn(new_explorer().open(f"#panel=grid&grid=3.5,9,-3,3{edits}"))
    before = explorer.digest
    request = play_cell(explorer, cells(explorer.page).nth(2))
    use = explorer.page.get_by_role("button", name="Apply", exact=True)
    use.click()
    explorer.address_with("5=-1.5")
    assert explorer.digest == digest_of(explorer, request) != before

    tab(explorer, "Sliders")
    explorer.page.get_by_role("button", name="Undo").click()
    assert explorer.digest == before
    expect(explorer.page.get_by_role("button", name="Undo")).to_be_disabled()


def test_double_click_applies_both_dimensions_of_a_cell(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=grid&grid=3.5x9,5,-2,2"))
    (request,) = traversals(explorer)
    assert request["values"] == [2, 1, 0, -1, -2], "upward, as on any plot"
    assert request["across"] == {"dim": 5, "values": [-2, -1, 0, 1, 2]}
    assert names(explorer.page)[0] == "Dimension 5 at −2, dimension 9 at +2"
    assert len(names(explorer.page)) == 25
    assert violations(explorer.page) == []
    cells(explorer.page).nth(3).dblclick()
    explorer.address_with("edits3=5=1,9=2")
    explorer.settle()
    assert {(edit["dim"], edit["value"]) for edit in explorer.decodes()[-1]["edits"]} == {(5, 1), (9, 2)}


def test_cells_by_keyboard(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=grid&grid=3.5x9,5,-2,2"))
    page = explorer.page
    cells(page).first.focus()
    steps = {
        "ArrowRight": (-1, 2),
        "ArrowDown": (-1, 1),
        "ArrowUp": (-1, 2),
        "ArrowLeft": (-2, 2),
        "End": (2, 2),
        "Control+End": (2, -2),
        "Home": (-2, -2),
        "Control+Home": (-2, 2),
    }
    for key, (across, upward) in steps.items():
        page.keyboard.press(key)
        sign = {number: f"{'+' if number > 0 else '−'}{abs(number)}" for number in (across, upward)}
        assert (
            page.evaluate("document.activeElement.ariaLabel")
            == f"Dimension 5 at {sign[across]}, dimension 9 at {sign[upward]}"
        ), key
    assert page.locator("#cells [tabindex='0']").count() == 1
    sent = len(explorer.record_sounds().decodes())
    page.keyboard.press("Enter")
    explorer.sounds(1)
    assert [edit["value"] for edit in explorer.decodes()[sent]["edits"]] == [-2, 2]


def test_grid_shows_the_dimension_edited_last(explorer: Explorer) -> None:
    dims = [int(explorer.row(place).get_attribute("data-dim") or "") for place in (3, 1)]
    explorer.drag(3, to=0.8)
    explorer.drag(1, to=0.3)
    opened(explorer)
    request = traversals(explorer)[-1]
    assert request["dim"] == dims[1]
    assert [edit["dim"] for edit in request["edits"]] == [dims[0]], "the other edits are applied before"
    tab(explorer, "Sliders")
    explorer.drag(3, to=0.6)
    opened(explorer)
    assert traversals(explorer)[-1]["dim"] == dims[0]


def test_grid_settings_are_restored_from_the_address(explorer: Explorer, new_explorer: Opener) -> None:
    page = drawn(opened(explorer)).page
    page.get_by_label("Horizontal").select_option("5")
    page.get_by_label("Vertical").select_option("9")
    page.get_by_label("Steps", exact=True).fill("6")
    page.get_by_label("From", exact=True).fill("-1")
    other = drawn(new_explorer().open(explorer.address_with("grid=3.5x9,6,-1,3")))
    assert names(other.page) == names(drawn(explorer).page)
    assert len(names(page)) == 36

    explorer.choose_layer(2)
    drawn(explorer)
    assert traversals(explorer)[-1]["module"] == 2
    assert "across" not in traversals(explorer)[-1], "layers do not share dimensions"
    page.locator("#examples button").nth(1).click()
    explorer.settle()
    drawn(explorer)
    assert traversals(explorer)[-1]["clip"] == explorer.decodes()[-1]["clip"]
    page.get_by_label("Steps", exact=True).fill("70")
    assert page.get_by_label("Steps", exact=True).evaluate("field => field.validity.valid") is False
    drawn(explorer).settle_and_idle()  # a changed request would be pending from the moment of the input
    assert len(traversals(explorer)[-1]["values"]) == 6


def test_cells_edit_and_show_the_selection(new_explorer: Opener) -> None:
    explorer = drawn(new_explorer().open("#panel=grid&span=0.2-0.4&module=1"))
    (request,) = traversals(explorer)
    assert (request["start"], request["end"]) == (0.2, 0.4)
    reach = (request["window"]["end"] - request["window"]["start"] - 0.2) / 2
    assert 0 < reach < 0.1, "the receptive field of layer 1"
    expect(explorer.page.locator("#grid-note")).to_contain_text("0.20 s to 0.40 s")


def test_leaving_the_panel_aborts_and_only_the_latest_request_is_shown(new_explorer: Opener) -> None:
    explorer = new_explorer().open("#example=sentence-man")
    page = explorer.page
    tab(explorer, "Grid")

    def with_steps(steps: int) -> Callable[[Request], bool]:
        return lambda request: (
            request.url.endswith("/traverse") and len((request.post_data_json or {})["values"]) == steps
        )

    with page.expect_event("requestfailed", with_steps(64)):
        with page.expect_request(with_steps(64)):
            page.get_by_label("Steps", exact=True).fill("64")
        tab(explorer, "Sliders")
    expect(page.locator("#notice")).to_be_hidden()
    assert cells(page).count() == 0

    tab(explorer, "Grid")
    for steps in (60, 61, 3):
        with page.expect_request(with_steps(steps)):
            page.get_by_label("Steps", exact=True).fill(str(steps))
    expect(cells(page)).to_have_count(3)
    drawn(explorer)
    assert len(traversals(explorer)[-1]["values"]) == 3
    expect(page.locator("#notice")).to_be_hidden()
    assert explorer.console == []


def test_applying_skips_a_locked_dimension(explorer: Explorer) -> None:
    explorer.slider(0).press("l")
    opened(explorer)
    play_cell(explorer, cells(explorer.page).nth(0))
    expect(explorer.page.get_by_role("button", name="Apply", exact=True)).to_be_disabled()
    cells(explorer.page).nth(0).dblclick()
    explorer.sounds(4)
    assert "edits3" not in explorer.page.url
    tab(explorer, "Sliders")
    explorer.slider(0).press("l")
    opened(explorer)
    play_cell(explorer, cells(explorer.page).nth(0))
    expect(explorer.page.get_by_role("button", name="Apply", exact=True)).to_be_enabled()


def test_grid_is_saved_as_png(explorer: Explorer, tmp_path: Path) -> None:
    page = drawn(opened(explorer)).page
    dim = traversals(explorer)[0]["dim"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save PNG").click()
    assert download.value.suggested_filename == f"badigu-man-layer-3-dimension-{dim}.png"
    data = Path(download.value.path()).read_bytes()
    assert data.startswith(b"\x89PNG")
    size = struct.unpack(">II", data[16:24])
    assert size == (2 * (40 + 3 * 226 - 6), 2 * (40 + 30 + 3 * (110 + 18 + 6) - 6))
    colours = page.evaluate(
        """async (data) => {
            const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
            const image = await createImageBitmap(new Blob([bytes]));
            const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
            context.drawImage(image, 0, 0);
            const at = (x, y) => context.getImageData(2 * x, 2 * y, 1, 1).data.join();
            return [at(3, 3), at(100, 140), at(330, 140), at(560, 140)];
        }""",
        base64.b64encode(data).decode(),
    )
    assert colours[0] not in colours[1:]


def test_evicted_clip_is_encoded_again(explorer: Explorer, vowel: Path) -> None:
    explorer.upload(vowel).evict_clip()
    opened(explorer)
    assert len(traversals(explorer)) == 2
    explorer.evict_clip()
    cells(explorer.record_sounds().page).nth(1).click()
    assert explorer.sounds(1)[0]["side"] == "cell"
    expect(explorer.page.locator("#notice")).to_be_hidden()


def test_offline_grid_retries(explorer: Explorer) -> None:
    explorer.page.context.set_offline(True)
    tab(explorer, "Grid")
    expect(explorer.page.get_by_role("alert")).to_contain_text("No connection")
    explorer.page.context.set_offline(False)
    drawn(explorer)
    expect(explorer.page.get_by_role("alert")).to_be_hidden()
    assert len(names(explorer.page)) == 9
