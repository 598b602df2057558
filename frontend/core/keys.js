/** Keyboard shortcuts of the page, in one table: it binds the global ones and fills the help dialog. */

/** @typedef {"everywhere" | "slider" | "timeline"} Place */
/**
 * @typedef {object} Actions actions of the global shortcuts
 * @property {() => void} toggleDecoded
 * @property {() => void} toggleOriginal
 * @property {() => void} swap
 * @property {() => void} toggleLoop
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {(layer: number) => void} chooseLayer counted from 1
 * @property {(panel: import('./choice.js').Panel) => void} choosePanel
 * @property {() => void} openFile
 * @property {() => void} share
 * @property {() => void} find
 * @property {() => void} help
 */
/**
 * @typedef {{keys: readonly string[], description: string, where: Place, strokes?: readonly string[], act?: (actions:
 * Actions, stroke: string) => void}} Shortcut `strokes` in the form of `strokeOf`
 */

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

/** @type {readonly Shortcut[]} */
export const SHORTCUTS = [
  {
    where: 'everywhere',
    keys: ['Space'],
    description: 'Play or stop the decoded sound',
    strokes: [' '],
    act: (to) => to.toggleDecoded(),
  },
  {
    where: 'everywhere',
    keys: ['O'],
    description: 'Play or stop the original',
    strokes: ['o'],
    act: (to) => to.toggleOriginal(),
  },
  {
    where: 'everywhere',
    keys: ['B'],
    description: 'Switch between the two at the same position',
    strokes: ['b'],
    act: (to) => to.swap(),
  },
  { where: 'everywhere', keys: ['R'], description: 'Loop', strokes: ['r'], act: (to) => to.toggleLoop() },
  {
    where: 'everywhere',
    keys: ['1', '…', '9'],
    description: 'Choose the layer',
    strokes: DIGITS,
    act: (to, digit) => to.chooseLayer(Number(digit)),
  },
  {
    where: 'everywhere',
    keys: ['D', 'G', 'C', 'Y', 'P', 'N', 'A'],
    description: 'Show the sliders, grid, comparison, layers, map, distribution or ensemble',
    strokes: ['d', 'g', 'c', 'y', 'p', 'n', 'a'],
    act: (to, letter) => to.choosePanel(PANEL_KEYS[/** @type {keyof typeof PANEL_KEYS} */ (letter)]),
  },
  { where: 'everywhere', keys: ['/'], description: 'Search dimensions', strokes: ['/'], act: (to) => to.find() },
  { where: 'everywhere', keys: ['Ctrl Z'], description: 'Undo', strokes: ['ctrl+z'], act: (to) => to.undo() },
  {
    where: 'everywhere',
    keys: ['Ctrl Shift Z', 'Ctrl Y'],
    description: 'Redo',
    strokes: ['ctrl+shift+z', 'ctrl+y'],
    act: (to) => to.redo(),
  },
  { where: 'everywhere', keys: ['F'], description: 'Open a file', strokes: ['f'], act: (to) => to.openFile() },
  { where: 'everywhere', keys: ['Ctrl V'], description: 'Open a file from the clipboard' },
  { where: 'everywhere', keys: ['E'], description: 'Export and share', strokes: ['e'], act: (to) => to.share() },
  {
    where: 'everywhere',
    keys: ['?'],
    description: 'Shortcuts and glossary',
    strokes: ['?'],
    act: (to) => to.help(),
  },
  { where: 'slider', keys: ['←', '→'], description: 'Move by 0.1; with Shift by 0.01' },
  { where: 'slider', keys: ['Page up', 'Page down'], description: 'Move by 0.5' },
  { where: 'slider', keys: ['Home', 'End'], description: 'Move to the lower or upper end' },
  { where: 'slider', keys: ['Delete'], description: 'Reset' },
  { where: 'slider', keys: ['M', 'L', 'S'], description: 'Mute, lock, sweep' },
  { where: 'timeline', keys: ['←', '→', '↑', '↓'], description: 'Move the cursor in time and frequency' },
  { where: 'timeline', keys: ['Enter'], description: 'Play from the cursor' },
  { where: 'timeline', keys: ['[', ']'], description: 'Start and end a selection' },
  { where: 'timeline', keys: ['Esc'], description: 'Clear selection' },
  { where: 'timeline', keys: ['+', '−', '0'], description: 'Zoom in, zoom out, show the whole recording' },
];

/** Elements that take typed characters. */
const TYPING =
  'input:not([type=range], [type=radio], [type=checkbox], [type=file]), textarea, select, [contenteditable]';
/** Elements that the space bar activates. */
const PRESSING = 'button, a, summary, input:not([type=range])';

/**
 * @param {KeyboardEvent} event
 * @returns {string} such as "z" or "ctrl+shift+z"; Shift is named only with Ctrl, because alone it changes the
 * character
 */
export const strokeOf = ({ key, ctrlKey, metaKey, shiftKey }) =>
  ctrlKey || metaKey ? `ctrl+${shiftKey ? 'shift+' : ''}${key.toLowerCase()}` : key.toLowerCase();

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the focused element or a dialog uses the key
 */
function isTaken({ defaultPrevented, altKey, target, key }) {
  if (defaultPrevented || altKey || document.querySelector('dialog[open]')) return true;
  return (
    target instanceof Element && (target.closest(TYPING) !== null || (key === ' ' && target.closest(PRESSING) !== null))
  );
}

/** @param {Actions} actions */
export function bindKeys(actions) {
  const bound = new Map(SHORTCUTS.flatMap(({ strokes = [], act }) => strokes.map((stroke) => [stroke, act])));
  addEventListener('keydown', (event) => {
    const stroke = strokeOf(event);
    const act = bound.get(stroke);
    if (!act || isTaken(event)) return;
    event.preventDefault();
    if (!event.repeat || stroke.startsWith('ctrl')) act(actions, stroke);
  });
}
