// @ts-check
/** Where the sound is: the playhead goes along with it, and the view with the playhead. */
import { durationOf } from "../../state.js";
import { brought, isSeen, seen } from "../../zoom.js";

/**
 * @param {HTMLElement} lanes
 * @param {import("../../state.js").Store} store
 * @param {import("../../player.js").Player} player
 * @param {import("./marks.js").Marks} marks
 */
export function showPlayhead(lanes, store, player, marks) {
  let following = 0;
  /** @type {number | null} seconds */
  let last = null;

  function follow() {
    const at = player.position;
    const view = seen(store.state);
    // Who has scrolled away to look elsewhere is left there: only a playhead that leaves the view takes it along.
    if (at !== null && last !== null && isSeen(view, last) && !isSeen(view, at)) store.set({ view: brought(view, durationOf(store.state) ?? 0, at) });
    last = at;
    marks.set("--playhead", at);
    if (player.side !== null) following = requestAnimationFrame(follow);
  }

  player.addEventListener("change", () => {
    lanes.dataset.playing = String(player.side ?? "");
    marks.set("--cursor", player.cursor || null);
    cancelAnimationFrame(following);
    follow();
  });
  store.on(["recording"], () => marks.set("--playhead", null));
}
