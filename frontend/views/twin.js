// @ts-check
/** Two models side by side: the same clip, the same gesture, one cursor. */
import { gesture } from "../state.js";
import { twinOf, twinRequest } from "../twin.js";
import { make, part } from "./dom.js";
import { createPair } from "./pair.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("./transport.js").Transport} transport
 */
export function showTwin(store, transport) {
  const select = /** @type {HTMLSelectElement} */ (part("twin"));
  const pair = createPair(part("pair-twin"), store, transport, { first: "decoded", second: "twin" });

  store.on(["models", "model", "compare"], () => {
    const { models, model } = store.state;
    const others = models.map((one) => one.model).filter((name) => name !== model);
    select.replaceChildren(...others.map((value) => make("option", { value }, value)));
    select.value = twinOf(store.state) ?? "";
    part("twin-shown").hidden = !others.length;
    part("twin-none").hidden = others.length > 0;
  });
  select.addEventListener("change", () => store.set({ compare: { ...store.state.compare, twin: select.value } }));

  store.on(["decoded", "asides", "twinCard", "compare", "panel", "gestures", "module"], show);
  function show() {
    const { decoded, asides, compare, panel, model, module, recording } = store.state;
    if (panel !== "compare" || compare.by !== "models") return;
    const request = twinRequest(store.state);
    const { edits, muted } = gesture(store.state);
    const lost = request ? edits.length + muted.length - request.edits.length : 0;
    part("twin-note").textContent = lost
      ? `The same clip in both; ${lost} of ${edits.length + muted.length} edits are of dimensions the other does not have.`
      : "The same clip and the same edits in both.";
    pair.show(
      { name: String(model), about: `module ${module}`, sound: decoded, clip: recording?.clip },
      { name: request?.model ?? twinOf(store.state) ?? "", about: request ? `module ${request.module}` : "", sound: asides.twin ?? null, clip: recording?.clip },
    );
  }
}
