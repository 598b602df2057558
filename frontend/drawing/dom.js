/** Helpers for elements of the document. */

/**
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id of an element in index.html
 * @returns {Kind}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return /** @type {Kind} */ (element);
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<Omit<HTMLElementTagNameMap[Tag], "style" | "dataset">>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Sets the properties that differ: assigning an equal value still costs style and layout.
 * @template {HTMLElement} Kind
 * @param {Kind} element
 * @param {Partial<Omit<Kind, "style" | "dataset">>} properties
 */
export function update(element, properties) {
  for (const [name, value] of Object.entries(properties))
    if (Reflect.get(element, name) !== value) Reflect.set(element, name, value);
}

/**
 * Defers work until after the next frame, so that its layout does not delay that frame.
 * @param {() => void} work
 * @returns {() => void} schedules it; further calls until then have no effect
 */
export function afterFrame(work) {
  let due = false;
  const done = () => {
    due = false;
    work();
  };
  return () => {
    if (!due) requestAnimationFrame(() => setTimeout(done));
    due = true;
  };
}

/**
 * @param {string} name of a group of radio buttons
 * @param {string} value
 */
export function checkRadio(name, value) {
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (document.getElementsByName(name)))
    radio.checked = radio.value === value;
}
