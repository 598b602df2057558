// @ts-check
/** Hearing it: the original and the decoded sound, swapped in mid-play to compare them, and the decoded one as a file. */
import { part } from "./dom.js";

/** @typedef {import("../player.js").Side} Side */

/** Pressing space here means something already. */
const SPACE_IS_TAKEN = "button, select, a, summary, input:not([type=range]), textarea";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../player.js").Player} player
 * @returns {{playFrom: (side: Side, at: number) => void, playDecoded: () => void}}
 */
export function showTransport(store, player) {
  const buttons = {
    original: /** @type {HTMLButtonElement} */ (part("play-original")),
    decoded: /** @type {HTMLButtonElement} */ (part("play-decoded")),
  };
  const save = /** @type {HTMLButtonElement} */ (part("save"));
  const onRelease = /** @type {HTMLInputElement} */ (part("play-on-release"));

  /** @param {Side} side */
  const soundOf = (side) => (side === "original" ? store.state.recording?.file : store.state.decoded?.audio) ?? null;

  /**
   * @param {Side} side
   * @param {number} at seconds
   */
  function playFrom(side, at) {
    const sound = soundOf(side);
    if (!sound) return;
    player.play(side, sound, at).catch((error) => store.set({ notice: { kind: "error", title: "Cannot play", detail: error.message } }));
  }

  /** @param {Side} side Stops it if it plays; swaps to it from the same moment if the other does. */
  function toggle(side) {
    if (player.side === side) player.stop();
    else playFrom(side, player.position ?? 0);
  }

  for (const side of /** @type {const} */ (["original", "decoded"])) buttons[side].addEventListener("click", () => toggle(side));
  addEventListener("keydown", (event) => {
    if (event.key !== " " || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.closest(SPACE_IS_TAKEN)) return;
    event.preventDefault();
    if (!event.repeat) toggle("decoded");
  });

  store.on(["recording"], () => player.stop());
  player.addEventListener("change", () => {
    for (const side of /** @type {const} */ (["original", "decoded"])) buttons[side].setAttribute("aria-pressed", String(player.side === side));
  });
  store.on(["recording", "decoded"], () => {
    buttons.original.disabled = !soundOf("original");
    buttons.decoded.disabled = save.disabled = !soundOf("decoded");
  });

  // The digest names exactly these bytes: two explorers that show the same one play the same sound.
  store.on(["decoded", "decoding"], async () => {
    const { decoded, decoding } = store.state;
    if (!decoded || decoding || !crypto.subtle) return delete buttons.decoded.dataset.audioDigest;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", decoded.audio));
    if (store.state.decoded !== decoded || store.state.decoding) return;
    buttons.decoded.dataset.audioDigest = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  });

  save.addEventListener("click", () => {
    const { decoded, recording, module } = store.state;
    if (!decoded || !recording) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([decoded.audio], { type: "audio/wav" }));
    link.download = `${recording.name.replace(/\.\w+$/, "")}-module-${module}.wav`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });

  return { playFrom, playDecoded: () => onRelease.checked && playFrom("decoded", 0) };
}
