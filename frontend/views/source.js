// @ts-check
/** Where a recording comes from: the model's examples, a chosen file, or one dropped anywhere on the page. And the choice of the model itself. */
import { seconds } from "../format.js";
import { make, part } from "./dom.js";

/**
 * @param {import("../state.js").Store} store
 * @param {import("../session.js").Session} session
 */
export function showSource(store, session) {
  const list = part("examples");
  const file = /** @type {HTMLInputElement} */ (part("file"));
  const fileName = part("file-name");
  const models = /** @type {HTMLSelectElement} */ (part("model"));

  store.on(["examples"], () => {
    list.replaceChildren(
      ...store.state.examples.map(({ id, label, duration, speaker }) => {
        const button = make("button", { type: "button", className: "example" }, make("b", {}, label), make("span", {}, speaker ?? seconds(duration)));
        button.title = seconds(duration);
        button.dataset.example = id;
        button.addEventListener("click", () => session.openExample(id));
        return button;
      }),
    );
    markChosen();
  });

  function markChosen() {
    const { example, file: name } = store.state;
    for (const button of list.querySelectorAll("button")) {
      const chosen = button.dataset.example === example;
      button.setAttribute("aria-pressed", String(chosen));
      if (chosen) bringIntoSight(button);
    }
    fileName.textContent = example ? "" : (name ?? "");
    fileName.hidden = !fileName.textContent;
  }
  store.on(["example", "file"], markChosen);

  /** @param {HTMLElement} button scrolled to inside the list alone: the page stays where it is */
  function bringIntoSight({ offsetLeft: left, offsetWidth: width }) {
    const hidden = left < list.scrollLeft || left + width > list.scrollLeft + list.clientWidth;
    if (hidden) list.scrollLeft = left - width / 2;
  }

  file.addEventListener("change", () => {
    if (file.files?.[0]) session.openFile(file.files[0]);
    file.value = ""; // so that choosing the same file again is a change too
  });
  acceptDrops(session.openFile);

  store.on(["models", "model"], () => {
    const { models: known, model } = store.state;
    models.replaceChildren(...known.map((one) => make("option", { value: one.model, selected: one.model === model }, one.model)));
  });
  models.addEventListener("change", () => session.chooseModel(models.value));
}

/** @param {(file: File) => void} open */
function acceptDrops(open) {
  const carriesFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  const veil = part("drop");
  let depth = 0; // dragenter and dragleave come once for every element crossed

  const hovering = (/** @type {boolean} */ over) => veil.classList.toggle("over", over);
  addEventListener("dragenter", (event) => carriesFile(event) && hovering(++depth > 0));
  addEventListener("dragleave", (event) => carriesFile(event) && hovering(--depth > 0));
  addEventListener("dragover", (event) => carriesFile(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    hovering((depth = 0) > 0);
    const dropped = event.dataTransfer?.files[0];
    if (dropped) open(dropped);
  });
}
