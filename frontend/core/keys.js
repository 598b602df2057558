/** Every key of the page, in one table: what works everywhere is bound from it, and the sheet of keys is made of it. */

/** @typedef {"everywhere" | "slider" | "timeline"} Place */
/**
 * @typedef {object} Actions what the keys of everywhere do
 * @property {() => void} toggleDecoded
 * @property {() => void} toggleOriginal
 * @property {() => void} swap
 * @property {() => void} toggleLoop
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {(which: number) => void} chooseModule counted from 1
 * @property {(panel: import('./choice.js').Panel) => void} choosePanel
 * @property {() => void} openFile
 * @property {() => void} share
 * @property {() => void} find
 * @property {() => void} help
 */
/** @typedef {{keys: readonly string[], does: string, where: Place, strokes?: readonly string[], act?: (actions: Actions, stroke: string) => void}} Key `strokes` as `strokeOf` says them */

const DIGITS = '123456789'.split('');

const PANEL_KEYS = /** @type {const} */ ({
  d: 'sliders',
  g: 'grid',
  c: 'compare',
  y: 'layers',
  p: 'map',
  n: 'prior',
  a: 'ensemble',
});

/** @type {readonly Key[]} */
export const KEYS = [
  {
    where: 'everywhere',
    keys: ['Space'],
    does: 'Play or stop the decoded sound',
    strokes: [' '],
    act: (to) => to.toggleDecoded(),
  },
  {
    where: 'everywhere',
    keys: ['O'],
    does: 'Play or stop the original',
    strokes: ['o'],
    act: (to) => to.toggleOriginal(),
  },
  {
    where: 'everywhere',
    keys: ['B'],
    does: 'Swap between the two, at the same moment',
    strokes: ['b'],
    act: (to) => to.swap(),
  },
  { where: 'everywhere', keys: ['R'], does: 'Loop', strokes: ['r'], act: (to) => to.toggleLoop() },
  {
    where: 'everywhere',
    keys: ['1', '…', '9'],
    does: 'Choose the module',
    strokes: DIGITS,
    act: (to, digit) => to.chooseModule(Number(digit)),
  },
  {
    where: 'everywhere',
    keys: ['D', 'G', 'C', 'Y', 'P', 'N', 'A'],
    does: 'Show the sliders, the grid, the comparison, the layers, the map, the prior, the ensemble',
    strokes: ['d', 'g', 'c', 'y', 'p', 'n', 'a'],
    act: (to, letter) => to.choosePanel(PANEL_KEYS[/** @type {keyof typeof PANEL_KEYS} */ (letter)]),
  },
  { where: 'everywhere', keys: ['/'], does: 'Find a dimension', strokes: ['/'], act: (to) => to.find() },
  { where: 'everywhere', keys: ['Ctrl Z'], does: 'Undo', strokes: ['ctrl+z'], act: (to) => to.undo() },
  {
    where: 'everywhere',
    keys: ['Ctrl Shift Z', 'Ctrl Y'],
    does: 'Redo',
    strokes: ['ctrl+shift+z', 'ctrl+y'],
    act: (to) => to.redo(),
  },
  { where: 'everywhere', keys: ['F'], does: 'Open a file', strokes: ['f'], act: (to) => to.openFile() },
  { where: 'everywhere', keys: ['Ctrl V'], does: 'Open a copied file' },
  { where: 'everywhere', keys: ['E'], does: 'Keep and share', strokes: ['e'], act: (to) => to.share() },
  {
    where: 'everywhere',
    keys: ['?'],
    does: 'These keys, and what the words mean',
    strokes: ['?'],
    act: (to) => to.help(),
  },
  { where: 'slider', keys: ['←', '→'], does: 'Move by 0.1; with Shift by 0.01' },
  { where: 'slider', keys: ['Page up', 'Page down'], does: 'Move by 0.5' },
  { where: 'slider', keys: ['Home', 'End'], does: 'To either end' },
  { where: 'slider', keys: ['Delete'], does: 'Reset' },
  { where: 'slider', keys: ['M', 'L', 'S'], does: 'Mute, lock, sweep' },
  { where: 'timeline', keys: ['←', '→', '↑', '↓'], does: 'Move the reading mark in time and frequency' },
  { where: 'timeline', keys: ['Enter'], does: 'Put the cursor there and play' },
  { where: 'timeline', keys: ['[', ']'], does: 'Mark a span from one place to another' },
  { where: 'timeline', keys: ['Esc'], does: 'Let the span go' },
  { where: 'timeline', keys: ['+', '−', '0'], does: 'Zoom in, zoom out, show everything' },
];

/** Letters and signs mean themselves where text is typed or an option is sought by its letter. */
const TYPING =
  'input:not([type=range], [type=radio], [type=checkbox], [type=file]), textarea, select, [contenteditable]';
/** Pressing space here means something already. */
const PRESSING = 'button, a, summary, input:not([type=range])';

/**
 * @param {KeyboardEvent} event
 * @returns {string} "z", "ctrl+shift+z"; Shift is said only with Ctrl, for it makes other signs otherwise
 */
export const strokeOf = ({ key, ctrlKey, metaKey, shiftKey }) =>
  ctrlKey || metaKey ? `ctrl+${shiftKey ? 'shift+' : ''}${key.toLowerCase()}` : key.toLowerCase();

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the key means something else where it is pressed
 */
function isTaken({ defaultPrevented, altKey, target, key }) {
  if (defaultPrevented || altKey || document.querySelector('dialog[open]')) return true;
  return (
    target instanceof Element && (target.closest(TYPING) !== null || (key === ' ' && target.closest(PRESSING) !== null))
  );
}

/** @param {Actions} actions */
export function bindKeys(actions) {
  const bound = new Map(KEYS.flatMap(({ strokes = [], act }) => strokes.map((stroke) => [stroke, act])));
  addEventListener('keydown', (event) => {
    const stroke = strokeOf(event);
    const act = bound.get(stroke);
    if (!act || isTaken(event)) return;
    event.preventDefault();
    if (!event.repeat || stroke.startsWith('ctrl')) act(actions, stroke);
  });
}
