// @ts-check
/** One time axis for waveform, original, decoded, difference and latents: what is seen of them, what is marked, and what lies under the pointer. */
import { prefer } from "../preferences.js";
import { pictured } from "../state.js";
import { part } from "./dom.js";
import { showEdited } from "./timeline/edited.js";
import { listenToKeys } from "./timeline/keyboard.js";
import { showLanes } from "./timeline/lanes.js";
import { showLatents } from "./timeline/latents.js";
import { createMarks } from "./timeline/marks.js";
import { areLatentsShown, createPictures } from "./timeline/pictures.js";
import { showPlayhead } from "./timeline/playhead.js";
import { listenToPointers } from "./timeline/pointer.js";
import { createReadout } from "./timeline/readout.js";
import { showSpan } from "./timeline/span.js";
import { showZooming } from "./timeline/zooming.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../player.js").Player} player
 * @param {object} host
 * @param {import("../latents.js").LatentsWatch} host.latents
 * @param {import("../originals.js").OriginalOf} host.originalOf
 * @param {(side: import("../state.js").Side, at: number) => void} host.playFrom
 */
export function showTimeline(store, player, { latents: watch, originalOf, playFrom }) {
  const lanes = part("lanes");
  const axis = () => part("times").getBoundingClientRect();
  const pictures = createPictures(store);
  const marks = createMarks(lanes, store);
  const readout = createReadout(store, pictures, marks);
  /** @returns {number | null} the moment somebody is concerned with, if any */
  function concern() {
    const { span } = store.state;
    return readout.reading?.seconds ?? player.position ?? (span ? (span.start + span.end) / 2 : player.cursor || null);
  }
  const zooming = showZooming(store, axis, concern);
  const span = showSpan(store, player);
  const latents = showLatents(store, watch, pictures);
  const { drawAll } = showLanes(store, pictures, originalOf);
  showEdited(store, pictures);
  showPlayhead(lanes, store, player, marks);

  const lower = () => pictured(store.state).side;
  /** @param {import("./timeline/readout.js").Reading} reading */
  function click({ lane, seconds, height }) {
    if (lane === "latents") latents.reveal(height ?? 0);
    else playFrom(lane === "decoded" || lane === "difference" ? lower() : "original", seconds);
  }
  listenToPointers(lanes, store, { axis, readout, span, zooming, click });
  listenToKeys(lanes, store, { pictures, readout, span, zooming, playFrom: (seconds) => playFrom(lower(), seconds) });

  /** Which of the further lanes are shown; what they show is made only then. */
  function choose() {
    const on = { difference: store.state.preferences.difference, latents: areLatentsShown(store.state) };
    for (const [lane, shown] of Object.entries(on)) part(`show-${lane}`).setAttribute("aria-pressed", String(shown));
    const shown = Object.keys(on).filter((lane) => Reflect.get(on, lane)).join(" ");
    if (lanes.dataset.shown === shown) return;
    lanes.dataset.shown = shown;
    drawAll();
  }
  store.on(["preferences", "recording"], choose);
  part("show-difference").addEventListener("click", () => prefer(store, { difference: !store.state.preferences.difference }));
  part("show-latents").addEventListener("click", () => prefer(store, { latents: !areLatentsShown(store.state) }));
}
