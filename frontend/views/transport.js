// @ts-check
/** Hearing it: the original and the decoded sound, swapped in mid-play to compare them, and the decoded one as a file. */
import { part } from "./dom.js";

/** @typedef {import("../state.js").Side} Side */
/** @typedef {import("../player.js").SoundFile} SoundFile */

/** Pressing space here means something already. */
const SPACE_IS_TAKEN = "button, select, a, summary, input:not([type=range]), textarea";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../player.js").Player} player
 * @param {import("../layers.js").Layers} layers
 */
export function showTransport(store, player, layers) {
  const buttons = {
    original: /** @type {HTMLButtonElement} */ (part("play-original")),
    decoded: /** @type {HTMLButtonElement} */ (part("play-decoded")),
  };
  const save = /** @type {HTMLButtonElement} */ (part("save"));
  const onRelease = /** @type {HTMLInputElement} */ (part("play-on-release"));

  /**
   * @param {Side} side
   * @returns {SoundFile | null | Promise<SoundFile | null>} null where there is none
   */
  function soundOf(side) {
    if (side === "original") return store.state.recording?.file ?? null;
    if (side === "decoded") return store.state.decoded?.audio ?? null;
    if (typeof side === "string") return store.state.asides[side]?.audio ?? null;
    return layers.fetch(side).then((layer) => layer?.audio ?? null);
  }

  /**
   * As the player plays it. A file this browser cannot play is told, and counts as no sound.
   * @param {Side} side
   * @param {number | null} [at]
   * @param {number} [breath]
   * @returns {Promise<boolean>}
   */
  async function play(side, at, breath) {
    try {
      return await player.play(side, soundOf(side), at, breath);
    } catch (error) {
      store.set({ notice: { kind: "error", title: "Cannot play", detail: /** @type {Error} */ (error).message } });
      return true;
    }
  }

  /**
   * Puts the cursor there and plays.
   * @param {Side} side
   * @param {number} at seconds
   */
  function playFrom(side, at) {
    player.cursor = at;
    play(side, at);
  }

  /** @param {Side} side Stops it if it plays; swaps to it at the same moment if another does. */
  function toggle(side) {
    if (player.side === side) player.stop();
    else play(side);
  }

  for (const side of /** @type {const} */ (["original", "decoded"])) buttons[side].addEventListener("click", () => toggle(side));
  addEventListener("keydown", (event) => {
    if (event.key !== " " || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target instanceof Element && event.target.closest(SPACE_IS_TAKEN)) return;
    event.preventDefault();
    if (!event.repeat) toggle("decoded");
  });

  store.on(["recording", "model"], () => {
    player.stop();
    player.cursor = 0;
  });
  player.addEventListener("change", () => store.set({ heard: player.side }));
  store.on(["heard"], () => {
    for (const side of /** @type {const} */ (["original", "decoded"])) buttons[side].setAttribute("aria-pressed", String(store.state.heard === side));
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

  /** @param {Side} side from the cursor, where what is let go is to be played */
  const playReleased = (side) => onRelease.checked && play(side, player.cursor);

  return { soundOf, play, playFrom, toggle, playReleased, playDecoded: () => playReleased("decoded") };
}

/** @typedef {ReturnType<typeof showTransport>} Transport */
