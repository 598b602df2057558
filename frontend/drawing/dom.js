/** The few things every view does with the document. */

/**
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id of an element that index.html has
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
 * Sets those properties that differ: what is written again is styled and laid out again, be it the same.
 *
 * @template {HTMLElement} Kind
 * @param {Kind} element
 * @param {Partial<Omit<Kind, "style" | "dataset">>} properties
 */
export function update(element, properties) {
  for (const [name, value] of Object.entries(properties))
    if (Reflect.get(element, name) !== value) Reflect.set(element, name, value);
}

/**
 * @param {() => void} work that can wait: what it writes is laid out once the frame that is due is seen
 * @returns {() => void} has it done soon, once however often it is called until then
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
