// @ts-check
/** What the page is doing, and what went wrong: the progress line, the curtain over an empty time line, and the notice. */
import { fixed } from "../format.js";
import { pictured } from "../state.js";
import { make, part } from "./dom.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {{title: string, detail: string, action?: "retry" | "file"}} Curtain */

const NOTE_SECONDS = 12;

/**
 * @param {State} state
 * @returns {Curtain | null} what stands where the pictures would be
 */
function curtainOf({ phase, recording, file, notice, examples }) {
  switch (phase) {
    case "starting":
      return recording ? null : { title: "Starting", detail: "Waiting for the model." };
    case "opening":
      return recording ? null : { title: "Opening", detail: "The encoder is listening." };
    case "failed":
      return { title: notice?.title ?? "Something went wrong", detail: notice?.detail ?? "", action: "retry" };
    case "asking":
      return {
        title: `Please open ${file ?? "the recording"} again`,
        detail: "This address was made with a file the server no longer holds. Open that file and everything else is as it was.",
        action: "file",
      };
    case "empty":
      return { title: "No recording yet", detail: examples.length ? "Choose an example, or open a file." : "Open a file, or drop one here.", action: "file" };
    default:
      return null;
  }
}

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 */
export function showStatus(store, session) {
  const main = part("explorer");
  const notice = part("notice");
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let fading;

  store.on(["phase", "recording", "notice"], showCurtain);
  function showCurtain() {
    const { phase } = store.state;
    main.dataset.phase = phase;
    part("timeline").ariaBusy = String(phase === "starting" || phase === "opening");
    const curtain = curtainOf(store.state);
    part("curtain").hidden = !curtain;
    part("curtain-title").textContent = curtain?.title ?? "";
    part("curtain-detail").textContent = curtain?.detail ?? "";
    part("curtain-retry").hidden = curtain?.action !== "retry";
    part("curtain-file").hidden = curtain?.action !== "file";
  }
  part("curtain-retry").addEventListener("click", () => session.start());
  part("curtain-file").addEventListener("click", () => part("file").click());

  store.on(["decoding"], () => (main.dataset.decoding = String(store.state.decoding)));

  store.on(["notice", "phase"], () => {
    const { notice: now, phase } = store.state;
    clearTimeout(fading);
    notice.hidden = !now || phase === "failed"; // then the curtain says it
    notice.dataset.kind = now?.kind ?? "";
    part("notice-title").textContent = now?.title ?? "";
    part("notice-detail").textContent = now?.detail ?? "";
    if (now?.kind === "note") fading = setTimeout(() => store.set({ notice: null }), NOTE_SECONDS * 1000);
  });
  part("notice-close").addEventListener("click", () => store.set({ notice: null }));

  store.on(["decoded", "heard"], () => part("prior").replaceChildren(...priorNote(pictured(store.state).sound)));
}

/**
 * How usual the decoded latents are.
 * @param {import("../api.js").Decoded | null} decoded
 * @returns {Node[]}
 */
function priorNote(decoded) {
  const { rms, beyond } = decoded?.prior ?? {};
  const said = [];
  if (typeof rms === "number") said.push(make("span", { title: "Root mean square of the latents; the prior expects 1" }, `rms ${fixed(rms, 2)}`));
  if (typeof beyond === "number") said.push(make("span", { title: "Share of the training speech that lies nearer to zero" }, `beyond ${Math.round((1 - beyond) * 100)} % of speech`));
  if (decoded?.limited) said.push(make("span", {}, "turned down to fit"));
  return said;
}
