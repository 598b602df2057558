/** What was chosen, as the page's address says it, and back. */
import { COMPARISONS, FIGURES, MEASURES, DEFAULT_CHOICE, PANELS, UNITS } from './choice.js';
import { parseMatch, formatMatch } from './dimension-match.js';
import { clamp, OPS, NO_EDITS, withEdit } from './edits.js';

/** @typedef {import('./choice.js').Choice} Choice */
/** @typedef {import('./choice.js').Compare} Compare */
/** @typedef {import('./choice.js').Grid} Grid */
/** @typedef {import('./edits.js').Edit} Edit */
/** @typedef {import('./edits.js').LayerEdits} LayerEdits */
/** @typedef {import('./edits.js').Span} Span */

/** The keys that are said as they are. */
const PLAIN = /** @type {const} */ (['model', 'module', 'example', 'clip', 'file', 'op', 'base', 'seed', 'panel']);
/** What of the choice a panel is about, whose parts are said under their own names. */
const PARTS = /** @type {const} */ ({ layers: 'probeChoice', map: 'map', prior: 'normality', ensemble: 'ensembleChoice' });
const SIGNS = { add: ':', set: '=', scale: '*' };
const BASES = /** @type {const} */ (['mean', 'sample', 'prior', 'zero']);

const NUMBER = String.raw`\d*\.?\d+(?:e-?\d+)?`;
const SPAN = String.raw`(${NUMBER})-(${NUMBER})`;
const EDIT = new RegExp(String.raw`(?:^|,)(\d{1,5})([:=*])(-?${NUMBER})(?:@${SPAN})?(?=,|$)`, 'g');

/**
 * @param {Choice} choice
 * @returns {string} without the leading #
 */
export function toAddress(choice) {
  const address = new URLSearchParams();
  for (const key of PLAIN) if (choice[key] !== DEFAULT_CHOICE[key]) address.set(key, String(choice[key]));
  if (choice.span) address.set('span', saidSpan(choice.span));
  if (choice.panel === 'grid') address.set('grid', saidGrid(choice.grid));
  if (choice.panel === 'compare') for (const [key, said] of saidCompare(choice.compare)) address.set(key, said);
  const part = PARTS[/** @type {keyof typeof PARTS} */ (choice.panel)];
  if (part) for (const [key, said] of saidOf(choice[part], DEFAULT_CHOICE[part])) address.set(key, said);
  for (const [module, { edits, muted }] of Object.entries(choice.editsByLayer)) {
    if (edits.length) address.set(`edits${module}`, edits.map(saidEdit).join(','));
    if (muted.length) address.set(`muted${module}`, muted.join(','));
  }
  // Kept readable: nothing of these has a meaning after the #.
  return address.toString().replace(/%(3A|2C|3D|40)/g, (escaped) => decodeURIComponent(escaped));
}

/**
 * @param {{[key: string]: string | number | null}} choice
 * @param {{[key: string]: string | number | null}} usual
 * @returns {[string, string][]} what is chosen otherwise than usual
 */
const saidOf = (choice, usual) =>
  Object.entries(choice).flatMap(([key, said]) => (said === null || said === usual[key] ? [] : [[key, String(said)]]));

/** @param {Span} span */
const saidSpan = ({ start, end }) => `${start}-${end}`;

/** @param {Edit} edit */
const saidEdit = ({ dim, op, value, span }) => `${dim}${SIGNS[op]}${value}${span ? `@${saidSpan(span)}` : ''}`;

/**
 * Whatever in the address cannot be understood is left out.
 * @param {string} text with or without the leading #
 * @returns {Choice}
 */
export function fromAddress(text) {
  const address = new URLSearchParams(text.replace(/^#/, ''));
  const count = (/** @type {string} */ key) =>
    /^\d{1,9}$/.test(address.get(key) ?? '') ? Number(address.get(key)) : null;
  const [, ...span] = new RegExp(`^${SPAN}$`).exec(address.get('span') ?? '') ?? [];
  return {
    model: address.get('model'),
    module: count('module'),
    example: address.get('example'),
    clip: address.get('example') ? null : address.get('clip'),
    file: address.get('example') ? null : address.get('file'),
    op: OPS.find((op) => op === address.get('op')) ?? 'add',
    base: BASES.find((base) => base === address.get('base')) ?? 'mean',
    seed: count('seed') ?? 0,
    span: heardSpan(span),
    editsByLayer: heardGestures(address),
    panel: PANELS.find((panel) => panel === address.get('panel')) ?? 'sliders',
    grid: heardGrid(address.get('grid') ?? ''),
    compare: heardCompare(address),
    probeChoice: { label: address.get('label'), measure: MEASURES.find((one) => one === address.get('measure')) ?? 'bits' },
    map: {
      unit: UNITS.find((one) => one === address.get('unit')) ?? null,
      by: address.get('by'),
      projection: address.get('projection'),
    },
    normality: { dim: count('dim') },
    ensembleChoice: {
      ensemble: address.get('ensemble'),
      spot: count('spot'),
      figure: FIGURES.find((one) => one === address.get('figure')) ?? 'channels',
    },
  };
}

/** What is compared, by the name it has in the address. */
const COMPARED = /** @type {const} */ ({
  compare: 'by',
  second: 'example',
  'second-clip': 'clip',
  'second-file': 'file',
  share: 'share',
  top: 'top',
  twin: 'secondModel',
});

/**
 * @param {Compare} compare
 * @returns {[string, string][]}
 */
function saidCompare(compare) {
  const chosen = Object.entries(COMPARED).filter(([, key]) => compare[key] !== DEFAULT_CHOICE.compare[key]);
  const match = compare.match ? [['match', formatMatch(compare.match)]] : [];
  return [...chosen.map(([name, key]) => [name, String(compare[key])]), ...match].map(([name, said]) => [name, said]);
}

/**
 * @param {URLSearchParams} address
 * @returns {Compare}
 */
function heardCompare(address) {
  const { share: half } = DEFAULT_CHOICE.compare;
  const [share, top] = [address.get('share') ?? '', address.get('top') ?? ''];
  const example = address.get('second');
  return {
    by: COMPARISONS.find((by) => by === address.get('compare')) ?? 'snapshot',
    example,
    clip: example ? null : address.get('second-clip'),
    file: example ? null : address.get('second-file'),
    share: new RegExp(`^${NUMBER}$`).test(share) ? Math.min(1, Number(share)) : half,
    top: /^[1-9]\d{0,4}$/.test(top) ? Number(top) : null,
    secondModel: address.get('twin'),
    match: parseMatch(address.get('match') ?? ''),
  };
}

/** @param {Grid} grid As in "3.12x5,8,-3,3": module 3, dimension 12 across and 5 upward, 8 steps from -3 to 3; what is left to the page is left out. */
const saidGrid = ({ module, dim, against, steps, low, high }) =>
  [dim === null ? '' : `${module}.${dim}${against === null ? '' : `x${against}`}`, steps ?? '', low, high].join();

const GRID = new RegExp(String.raw`^(?:(\d{1,3})\.(\d{1,5})(?:x(\d{1,5}))?)?,(\d{0,2}),(-?${NUMBER}),(-?${NUMBER})$`);

/**
 * @param {string} said
 * @returns {Grid}
 */
function heardGrid(said) {
  const heard = GRID.exec(said);
  if (!heard) return DEFAULT_CHOICE.grid;
  const [module, dim, against, steps] = heard.slice(1, 5).map((count) => (count ? Number(count) : null));
  const [low, high] = heard.slice(5).map((value) => clamp(Number(value)));
  return low < high ? { module, dim, against, steps, low, high } : DEFAULT_CHOICE.grid;
}

/**
 * @param {(string | undefined)[]} ends
 * @returns {Span | null}
 */
function heardSpan([start, end]) {
  const span = { start: Number(start), end: Number(end) };
  return span.start < span.end ? span : null;
}

/**
 * @param {URLSearchParams} address
 * @returns {import('./edits.js').EditsByLayer}
 */
function heardGestures(address) {
  /** @type {import('./edits.js').EditsByLayer} */
  const editsByLayer = {};
  for (const [key, said] of address) {
    const [, kind, module] = /^(edits|muted)(\d{1,3})$/.exec(key) ?? [];
    if (!kind) continue;
    const gesture = editsByLayer[Number(module)] ?? NO_EDITS;
    editsByLayer[Number(module)] =
      kind === 'edits' ? [...said.matchAll(EDIT)].reduce(heardEdit, gesture) : { ...gesture, muted: heardDims(said) };
  }
  return editsByLayer;
}

/**
 * @param {LayerEdits} gesture
 * @param {RegExpMatchArray} said
 * @returns {LayerEdits}
 */
function heardEdit(gesture, [, dim, sign, value, ...ends]) {
  const op = OPS.find((one) => SIGNS[one] === sign) ?? 'add';
  const span = heardSpan(ends);
  if (ends[0] !== undefined && !span) return gesture;
  return withEdit(gesture, { dim: Number(dim), op, value: clamp(Number(value)), span });
}

/** @param {string} said */
const heardDims = (said) => [
  ...new Set(
    said
      .split(',')
      .filter((dim) => /^\d{1,5}$/.test(dim))
      .map(Number),
  ),
];
