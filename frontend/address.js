// @ts-check
/** What was chosen, as the page's address says it, and back. */
import { CHOICE, NOTHING_CHOSEN, clamp } from "./state.js";

/** @typedef {import("./state.js").Choice} Choice */

/**
 * @param {Choice} choice
 * @returns {string} without the leading #
 */
export function toAddress(choice) {
  const address = new URLSearchParams();
  for (const key of CHOICE) {
    if (key === "edits") continue;
    if (choice[key] !== NOTHING_CHOSEN[key]) address.set(key, String(choice[key]));
  }
  for (const [module, values] of Object.entries(choice.edits)) {
    const said = Object.entries(values).map(([dim, value]) => `${dim}:${value}`);
    if (said.length) address.set(`edits${module}`, said.join(","));
  }
  return address.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
}

/**
 * Whatever in the address cannot be understood is left out.
 * @param {string} text with or without the leading #
 * @returns {Choice}
 */
export function fromAddress(text) {
  const address = new URLSearchParams(text.replace(/^#/, ""));
  /** @type {Choice["edits"]} */
  const edits = {};
  for (const [key, said] of address) {
    const module = /^edits(\d{1,3})$/.exec(key)?.[1];
    if (!module) continue;
    for (const [, dim, value] of said.matchAll(/(\d{1,5}):(-?\d*\.?\d+(?:e-?\d+)?)(?:,|$)/g)) {
      (edits[Number(module)] ??= {})[Number(dim)] = clamp(Number(value));
    }
  }
  const count = (/** @type {string} */ key) => (/^\d{1,9}$/.test(address.get(key) ?? "") ? Number(address.get(key)) : null);
  return {
    model: address.get("model"),
    module: count("module"),
    example: address.get("example"),
    clip: address.get("example") ? null : address.get("clip"),
    file: address.get("example") ? null : address.get("file"),
    op: address.get("op") === "set" ? "set" : "add",
    base: address.get("base") === "sample" ? "sample" : "mean",
    seed: count("seed") ?? 0,
    edits,
  };
}
