/** The choice as the fragment of the page's address, and back. */
import { COMPARISONS, DEFAULT_CHOICE, FIGURES, MEASURES, PANELS, UNITS } from './choice.js';
import { formatMatch, parseMatch } from './dimension-match.js';
import { clamp, NO_EDITS, OPS, withEdit } from './edits.js';

/** @typedef {import('./choice.js').Choice} Choice */
/** @typedef {import('./choice.js').Compare} Compare */
/** @typedef {import('./choice.js').Grid} Grid */
/** @typedef {import('./edits.js').Edit} Edit */
/** @typedef {import('./edits.js').LayerEdits} LayerEdits */
/** @typedef {import('./edits.js').Span} Span */

/** Keys of the choice that are written as they are. */
const PLAIN = /** @type {const} */ (['model', 'module', 'example', 'clip', 'file', 'op', 'base', 'seed', 'panel']);
/** Key of the choice that belongs to a panel; its fields are written under their own names. */
const PANEL_KEYS = /** @type {const} */ ({
  layers: 'probeChoice',
  map: 'map',
  prior: 'normality',
  ensemble: 'ensembleChoice',
});
const OP_SIGNS = { add: ':', set: '=', scale: '*' };
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
  if (choice.span) address.set('span', formatSpan(choice.span));
  if (choice.panel === 'grid') address.set('grid', formatGrid(choice.grid));
  if (choice.panel === 'compare') for (const [key, text] of formatCompare(choice.compare)) address.set(key, text);
  const ofPanel = PANEL_KEYS[/** @type {keyof typeof PANEL_KEYS} */ (choice.panel)];
  if (ofPanel) {
    for (const [key, text] of changedEntries(choice[ofPanel], DEFAULT_CHOICE[ofPanel])) address.set(key, text);
  }
  for (const [module, { edits, muted }] of Object.entries(choice.editsByLayer)) {
    if (edits.length) address.set(`edits${module}`, edits.map(formatEdit).join(','));
    if (muted.length) address.set(`muted${module}`, muted.join(','));
  }
  // Unescaped for readability: these characters have no meaning in a fragment.
  return address.toString().replace(/%(3A|2C|3D|40)/g, (escaped) => decodeURIComponent(escaped));
}

/**
 * @param {{[key: string]: string | number | null}} choice
 * @param {{[key: string]: string | number | null}} defaults
 * @returns {[string, string][]} entries that differ from the defaults
 */
const changedEntries = (choice, defaults) =>
  Object.entries(choice).flatMap(([key, value]) =>
    value === null || value === defaults[key] ? [] : [[key, String(value)]],
  );

/** @param {Span} span */
const formatSpan = ({ start, end }) => `${start}-${end}`;

/** @param {Edit} edit */
const formatEdit = ({ dim, op, value, span }) => `${dim}${OP_SIGNS[op]}${value}${span ? `@${formatSpan(span)}` : ''}`;

/**
 * Parses an address. Invalid parts take their defaults.
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
    span: parseSpan(span),
    editsByLayer: parseEdits(address),
    panel: PANELS.find((panel) => panel === address.get('panel')) ?? 'sliders',
    grid: parseGrid(address.get('grid') ?? ''),
    compare: parseCompare(address),
    probeChoice: {
      label: address.get('label'),
      measure: MEASURES.find((one) => one === address.get('measure')) ?? 'bits',
    },
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

/** Fields of the comparison, by their names in the address. */
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
function formatCompare(compare) {
  const chosen = Object.entries(COMPARED).filter(([, key]) => compare[key] !== DEFAULT_CHOICE.compare[key]);
  const match = compare.match ? [['match', formatMatch(compare.match)]] : [];
  return [...chosen.map(([name, key]) => [name, String(compare[key])]), ...match].map(([name, text]) => [name, text]);
}

/**
 * @param {URLSearchParams} address
 * @returns {Compare}
 */
function parseCompare(address) {
  const [share, top] = [address.get('share') ?? '', address.get('top') ?? ''];
  const example = address.get('second');
  return {
    by: COMPARISONS.find((by) => by === address.get('compare')) ?? 'snapshot',
    example,
    clip: example ? null : address.get('second-clip'),
    file: example ? null : address.get('second-file'),
    share: new RegExp(`^${NUMBER}$`).test(share) ? Math.min(1, Number(share)) : DEFAULT_CHOICE.compare.share,
    top: /^[1-9]\d{0,4}$/.test(top) ? Number(top) : null,
    secondModel: address.get('twin'),
    match: parseMatch(address.get('match') ?? ''),
  };
}

/**
 * @param {Grid} grid "3.12x5,8,-3,3" is module 3, dimension 12 horizontally and 5 vertically, 8 steps from -3 to 3;
 * defaults are left empty
 */
const formatGrid = ({ module, dim, against, steps, low, high }) =>
  [dim === null ? '' : `${module}.${dim}${against === null ? '' : `x${against}`}`, steps ?? '', low, high].join();

const GRID = new RegExp(String.raw`^(?:(\d{1,3})\.(\d{1,5})(?:x(\d{1,5}))?)?,(\d{0,2}),(-?${NUMBER}),(-?${NUMBER})$`);

/**
 * @param {string} text
 * @returns {Grid}
 */
function parseGrid(text) {
  const parts = GRID.exec(text);
  if (!parts) return DEFAULT_CHOICE.grid;
  const [module, dim, against, steps] = parts.slice(1, 5).map((count) => (count ? Number(count) : null));
  const [low, high] = parts.slice(5).map((value) => clamp(Number(value)));
  return low < high ? { module, dim, against, steps, low, high } : DEFAULT_CHOICE.grid;
}

/**
 * @param {(string | undefined)[]} ends
 * @returns {Span | null}
 */
function parseSpan([start, end]) {
  const span = { start: Number(start), end: Number(end) };
  return span.start < span.end ? span : null;
}

/**
 * @param {URLSearchParams} address
 * @returns {import('./edits.js').EditsByLayer}
 */
function parseEdits(address) {
  /** @type {import('./edits.js').EditsByLayer} */
  const editsByLayer = {};
  for (const [key, text] of address) {
    const [, kind, module] = /^(edits|muted)(\d{1,3})$/.exec(key) ?? [];
    if (!kind) continue;
    const layerEdits = editsByLayer[Number(module)] ?? NO_EDITS;
    editsByLayer[Number(module)] =
      kind === 'edits'
        ? [...text.matchAll(EDIT)].reduce(addEdit, layerEdits)
        : { ...layerEdits, muted: parseDims(text) };
  }
  return editsByLayer;
}

/**
 * @param {LayerEdits} layerEdits
 * @param {RegExpMatchArray} match of EDIT
 * @returns {LayerEdits}
 */
function addEdit(layerEdits, [, dim, sign, value, ...ends]) {
  const op = OPS.find((one) => OP_SIGNS[one] === sign) ?? 'add';
  const span = parseSpan(ends);
  if (ends[0] !== undefined && !span) return layerEdits;
  return withEdit(layerEdits, { dim: Number(dim), op, value: clamp(Number(value)), span });
}

/** @param {string} text */
const parseDims = (text) => [
  ...new Set(
    text
      .split(',')
      .filter((dim) => /^\d{1,5}$/.test(dim))
      .map(Number),
  ),
];
