/**
 * Slider row of one dimension: facts, slider with the ranges of the recording and the training data, number field,
 * reset.
 */
import { informativeLabels } from '../../core/dimensions.js';
import { clamp } from '../../core/edits.js';
import { fixed, signed } from '../../core/format.js';
import { make, update } from '../../drawing/dom.js';
import { createHistogram } from './histogram.js';
import { FINE, keyTarget } from './slider-keys.js';

/** @typedef {import('../../core/edits.js').Op} Op */
/**
 * @typedef {object} SliderState
 * @property {import('../../core/edits.js').Edit | null} edit null when unedited
 * @property {Op} op of the next edit
 * @property {number} low end of the slider
 * @property {number} high
 * @property {boolean} muted
 * @property {boolean} locked
 * @property {number | null} mean over the frames of the recording
 * @property {number | null} std
 * @property {boolean} open whether the dimension's card is shown
 * @property {number} elsewhere number of edits of this dimension over other spans
 * @property {import('../../core/edits.js').Edit | null} whole edit over the whole recording, while a span is selected
 */
/**
 * @typedef {object} SliderActions
 * @property {(value: number) => void} move called at every change
 * @property {() => void} reset
 * @property {() => void} release called when a change is complete
 * @property {() => void} mute
 * @property {() => void} lock
 * @property {() => void} sweep
 * @property {() => void} open
 */

/** A slider released this close to its neutral value snaps to it, as a share of its range. */
const SNAP = 0.01;
const OP_TEXT = { add: 'shifted by', set: 'set to', scale: 'scaled by' };
const OP_SYMBOLS = { add: '', set: '=', scale: '×' };

/** @param {number} value */
const rounded = (value) => Math.round(value * 100) / 100;

/**
 * @param {import('../../server/api.js').Dimension} facts
 * @param {{kl: number, sensitivity: number}} most the largest values of the layer, which set the lengths of the bars
 * @param {SliderActions} actions
 */
export function createSlider(facts, most, actions) {
  const { dim, active } = facts;
  const labels = informativeLabels(facts);
  const [label] = labels;
  const name = [
    `Dimension ${dim}`,
    ...labels.slice(0, 2).map((one) => `${one.factor.replace('_', ' ')} ${fixed(one.bits, 1)} bits`),
  ].join(', ');
  const range = make('input', { type: 'range', step: String(FINE), ariaLabel: name });
  const number = make('input', {
    type: 'number',
    step: 'any',
    min: '-10',
    max: '10',
    ariaLabel: `Dimension ${dim}, exact value`,
  });
  const reset = make('button', {
    type: 'button',
    className: 'reset',
    ariaLabel: `Dimension ${dim}, reset`,
    title: 'Reset',
  });
  const own = make('i', { className: 'band own' });
  const moved = make('i', { className: 'band moved' });
  const zero = make('i', { className: 'zero' });
  const ghost = make('i', { className: 'ghost', hidden: true });
  const over = make('small', { hidden: true });
  const corpus = facts.histogram ? createHistogram(facts.histogram) : null;
  const glyph = make('i', { className: 'glyph', ariaHidden: 'true' });
  const tag = label
    ? make(
        'em',
        { title: `${label.bits.toFixed(2)} bits about ${label.factor}` },
        `${label.factor.replace('_', ' ')} ${fixed(label.bits, 1)}`,
      )
    : '';
  const disclose = make(
    'button',
    { type: 'button', className: 'name', ariaLabel: `Dimension ${dim}, more` },
    make('b', {}, String(dim)),
    tag,
    over,
  );
  const element = make(
    'li',
    { className: active === false ? 'slider inactive' : 'slider' },
    disclose,
    fact('KL, bits per frame', facts.kl === null ? null : facts.kl / Math.LN2, 2, most.kl / Math.LN2),
    fact('dB per unit', facts.sensitivity, 1, most.sensitivity, 'db'),
    make(
      'span',
      { className: 'track' },
      make('span', { className: 'scale' }, corpus?.element ?? '', zero, own, moved, ghost),
      range,
    ),
    make('span', { className: 'exact' }, glyph, number),
    reset,
  );
  element.dataset.dim = String(dim);

  /** @type {SliderState | null} */
  let shown = null;

  /** Value of the thumb while the dimension is unedited. */
  function rest() {
    if (shown?.op === 'add') return 0;
    return shown?.op === 'scale' ? 1 : rounded(shown?.mean ?? 0);
  }
  /** Value a key starts from: the edit's, if the next edit has the same operation. */
  const now = () => (shown?.edit && shown.edit.op === shown.op ? shown.edit.value : rest());

  /** @param {number | null} value null resets */
  function change(value) {
    if (value === null) actions.reset();
    else actions.move(value);
    actions.release();
  }

  range.addEventListener('input', () => {
    const value = Number(range.value);
    const { op, low, high } = shown ?? { op: 'set', low: 0, high: 0 };
    if (op !== 'set' && Math.abs(value - rest()) <= SNAP * (high - low)) range.value = String(rest());
    actions.move(Number(range.value));
  });
  range.addEventListener('change', () => actions.release());
  range.addEventListener('dblclick', () => !shown?.locked && change(null));
  range.addEventListener('keydown', (event) => {
    if (act(event)) return event.preventDefault();
    const to = keyTarget(event, now(), shown ?? { low: -1, high: 1 });
    if (to === undefined) return;
    event.preventDefault();
    if (shown?.locked) return;
    if (to === null) actions.reset();
    else actions.move(rounded(clamp(to)));
  });
  range.addEventListener('keyup', (event) => {
    if (keyTarget(event, 0, { low: 0, high: 0 }) !== undefined) actions.release();
  });
  number.addEventListener('input', () => {
    const typed = number.valueAsNumber;
    if (Number.isFinite(typed) && clamp(typed) === typed) actions.move(typed);
  });
  number.addEventListener('change', () => {
    change(Number.isFinite(number.valueAsNumber) ? clamp(number.valueAsNumber) : null);
    number.value = exact();
  });
  reset.addEventListener('click', () => change(null));
  disclose.addEventListener('click', () => actions.open());

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key triggered an action other than moving the slider
   */
  function act({ key, ctrlKey, altKey, metaKey }) {
    if (ctrlKey || altKey || metaKey) return false;
    const action = { m: actions.mute, l: actions.lock, s: actions.sweep }[key.toLowerCase()];
    action?.();
    return Boolean(action);
  }

  /** Text of the number field. */
  const exact = () => (shown?.edit ? String(shown.edit.value) : shown?.op === 'set' ? '' : String(rest()));

  /** @param {SliderState} state */
  function render(state) {
    const { edit, op, low, high, muted, locked, mean, std, open, elsewhere, whole } = state;
    const value = edit?.value ?? null;
    for (const [kind, on] of Object.entries({ touched: Boolean(edit), elsewhere: elsewhere > 0, muted, locked, open }))
      element.classList.toggle(kind, on);
    update(disclose, { ariaExpanded: String(open) });
    // A locked slider stays focusable, so that the same key unlocks it; the style sheet blocks the mouse.
    update(range, { ariaDisabled: String(locked), min: String(low), max: String(high) });
    range.value = String(value ?? rest()); // after min and max, which clamp it
    const editText = edit ? `${OP_TEXT[edit.op]} ${signed(edit.value)}` : 'unedited';
    const wholeText = whole && `${OP_TEXT[whole.op]} ${signed(whole.value)} over the whole recording`;
    range.ariaValueText = [
      editText,
      wholeText,
      muted && 'muted',
      locked && 'locked',
      elsewhere && !whole && 'also edited in other sections',
    ]
      .filter(Boolean)
      .join(', ');
    update(over, {
      hidden: !whole,
      textContent: whole ? `whole recording ${OP_SYMBOLS[whole.op]}${signed(whole.value)}` : '',
    });
    update(glyph, { textContent: edit ? OP_SYMBOLS[edit.op] : '' });
    // Keep text being typed while its value is unchanged: "1." is not replaced by "1".
    if (document.activeElement !== number || number.valueAsNumber !== (value ?? rest())) number.value = exact();
    update(number, { readOnly: locked, placeholder: op === 'set' && mean !== null ? fixed(mean, 2) : '' });
    update(reset, { disabled: !edit || locked });
    const place = (/** @type {number} */ at) => Math.min(100, Math.max(0, ((at - low) / (high - low)) * 100));
    zero.style.left = `${place(0)}%`;
    update(ghost, { hidden: !whole });
    ghost.style.left = `${place(whole?.value ?? 0)}%`;
    placeBand(own, mean, std, place);
    placeBand(moved, ...editedRange(state), place);
    corpus?.show(low, high);
  }

  return {
    element,
    facts,
    /** @param {SliderState} state */
    show(state) {
      const before = shown;
      shown = state;
      if (!before || Object.entries(state).some(([key, value]) => Reflect.get(before, key) !== value)) render(state);
    },
  };
}

/** @typedef {ReturnType<typeof createSlider>} Slider */

/**
 * @param {SliderState} state
 * @returns {[number | null, number | null]} mean and standard deviation after the edit, where known
 */
function editedRange({ edit, muted, mean, std }) {
  if (muted) return [0, 0];
  if (!edit || edit.span || mean === null || std === null) return [null, null];
  return {
    add: /** @type {[number, number]} */ ([mean + edit.value, std]),
    set: /** @type {[number, number]} */ ([edit.value, 0]),
    scale: /** @type {[number, number]} */ ([mean * edit.value, std * Math.abs(edit.value)]),
  }[edit.op];
}

/**
 * @param {string} title
 * @param {number | null} value
 * @param {number} digits
 * @param {number} most
 * @param {string} [kind]
 */
function fact(title, value, digits, most, kind = 'kl') {
  const bar = make('i', { className: 'bar', hidden: value === null });
  bar.style.setProperty('--share', String(value && most ? value / most : 0));
  return make('span', { className: `fact ${kind}`, title }, value === null ? '–' : fixed(value, digits), bar);
}

/**
 * Places a band over mean ± one standard deviation.
 * @param {HTMLElement} band
 * @param {number | null} mean
 * @param {number | null} std
 * @param {(at: number) => number} place position along the slider, in percent
 */
function placeBand(band, mean, std, place) {
  update(band, { hidden: mean === null || std === null });
  if (mean === null || std === null) return;
  const [from, to] = [place(mean - std), place(mean + std)];
  const width = to - from;
  band.style.backgroundSize = `max(2px, ${width}%)`;
  band.style.backgroundPosition = `${width < 100 ? (from / (100 - width)) * 100 : 0}%`;
}
