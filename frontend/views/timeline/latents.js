// @ts-check
/** The latents' lane: which statistic it shows, what the edits change in it, and the way from a row to its slider. */
import { gesture } from "../../state.js";
import { prefer } from "../../preferences.js";
import { seen, shareOf } from "../../zoom.js";
import { check, make, part } from "../dom.js";
import { areLatentsShown } from "./pictures.js";

/** @typedef {import("../../heatmap.js").Statistic} Statistic */

/**
 * @param {import("../../state.js").Store} store
 * @param {import("../../latents.js").LatentsWatch} latents
 * @param {import("./pictures.js").Pictures} pictures
 */
export function showLatents(store, latents, pictures) {
  store.on(["preferences", "recording"], () => latents.watch("timeline", areLatentsShown(store.state)));
  store.on(["preferences"], () => check("statistic", store.state.preferences.statistic));
  part("statistic").addEventListener("change", ({ target }) => {
    prefer(store, { statistic: /** @type {Statistic} */ (/** @type {HTMLInputElement} */ (target).value) });
  });
  check("statistic", store.state.preferences.statistic);

  /** Frames the row and span of every edit, and every muted row. */
  function frame() {
    const shown = pictures.latents();
    const { edits, muted } = gesture(store.state);
    const framed = [...edits, ...muted.map((dim) => ({ dim, span: null }))];
    part("edited").replaceChildren(...(shown ? framed.map(({ dim, span }) => box(shown.heat, dim, span)) : []));
  }
  store.on(["gestures", "module", "latents", "view"], frame);

  /**
   * @param {import("../../heatmap.js").HeatMap} heat
   * @param {number} dim
   * @param {import("../../edits.js").Span | null} span
   */
  function box({ dims, rows }, dim, span) {
    const element = make("i");
    const view = seen(store.state);
    const [start, end] = span ? [shareOf(view, span.start), shareOf(view, span.end)] : [0, 1];
    element.style.bottom = `${(dims.indexOf(dim) / rows) * 100}%`;
    element.style.height = `${100 / rows}%`;
    element.style.left = `${start * 100}%`;
    element.style.width = `${(end - start) * 100}%`;
    return element;
  }

  return {
    /** @param {number} height from 0 to 1 Brings the slider of the row there into sight. */
    reveal(height) {
      const heat = pictures.latents()?.heat;
      if (!heat) return;
      const dim = heat.dims[Math.min(heat.rows - 1, Math.floor(height * heat.rows))];
      const facts = store.state.card?.modules.find((one) => one.module === store.state.module)?.dimensions[dim];
      store.set({ panel: "sliders" });
      prefer(store, { search: "", quiet: store.state.preferences.quiet || facts?.active === false });
      const row = part("sliders").querySelector(`[data-dim="${dim}"]`);
      row?.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
      /** @type {HTMLElement | null | undefined} */ (row?.querySelector("input[type=range]"))?.focus({ preventScroll: true });
    },
  };
}
