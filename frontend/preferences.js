// @ts-check
/** How a person likes the bench of sliders; the sound does not depend on it. */

/** @typedef {"kl" | "sensitivity" | "span" | "number"} Order */
/** @typedef {"sigma" | "tail" | "corpus" | "free"} Reach */
/** @typedef {{order: Order, search: string, quiet: boolean, reach: Reach}} Preferences `quiet`: whether hardly used dimensions are shown too */

/** @type {Preferences} */
export const PREFERRED = { order: "kl", search: "", quiet: false, reach: "tail" };
