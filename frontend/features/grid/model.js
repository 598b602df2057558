/** The grid: one dimension set to a series of values, or two against each other, in addition to the current edits. */
import { dimensionsOf, sortDimensions } from '../../core/dimensions.js';
import { toWireEdits, withValue } from '../../core/edits.js';
import { currentEdits, decodeRequest, durationOf, SOUND_KEYS, withLayerEdits } from '../../core/state.js';
import { thumbnailWindow } from '../../core/time-window.js';
import * as api from '../../server/api.js';
import { createLiveQuery } from '../../server/live-query.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {import('../../core/edits.js').Span} Span */
/** @typedef {import('../../server/api.js').TraverseRequest} TraverseRequest */
/** @typedef {{dim: number, against: number | null, values: number[]}} Axes `against` is the vertical axis */
/** @typedef {{dim: number, value: number}} Setting */

/** Largest number of pictures along an axis. */
export const MOST_STEPS = { alone: 64, against: 8 };
const STEPS = { alone: 9, against: 5 };

/**
 * @param {State} state
 * @returns {Axes | null} the chosen dimensions if the layer has them; otherwise the most informative one
 */
export function axesOf(state) {
  const { grid, module } = state;
  const dimensions = dimensionsOf(state);
  if (!dimensions.length) return null;
  const known = (/** @type {number | null} */ dim) =>
    grid.module === module && dim !== null && dim < dimensions.length ? dim : null;
  const dim = known(grid.dim) ?? sortDimensions(dimensions, 'meaning', null)[0].dim;
  const against = known(grid.against) === dim ? null : known(grid.against);
  const kind = against === null ? 'alone' : 'against';
  const steps = Math.min(MOST_STEPS[kind], Math.max(2, grid.steps ?? STEPS[kind]));
  return { dim, against, values: spread(grid.low, grid.high, steps) };
}

/**
 * @param {number} low
 * @param {number} high
 * @param {number} steps
 */
const spread = (low, high, steps) =>
  Array.from({ length: steps }, (_, step) => Math.round((low + ((high - low) * step) / (steps - 1)) * 1000) / 1000);

/**
 * @param {State} state
 * @returns {TraverseRequest | null} null while there is nothing to decode
 */
export function traverseRequest(state) {
  const base = decodeRequest(state);
  const axes = axesOf(state);
  if (!base || !axes) return null;
  const { dim, against, values } = axes;
  const { span } = state;
  const duration = durationOf(state);
  const [place] = toWireEdits({ edits: [{ dim, op: 'set', value: 0, span }], muted: [] }, duration);
  if (!place) return null;
  const spanFields = place.end === undefined ? {} : { start: place.start, end: place.end };
  // A value for the whole recording replaces all earlier edits of the dimension.
  const edits = span ? base.edits : base.edits.filter((edit) => edit.dim !== dim && edit.dim !== against);
  const upward = against === null ? null : { dim: against, values: [...values].reverse() };
  const along = upward ? { ...upward, across: { dim, values } } : { dim, values };
  return { ...base, edits, ...along, ...spanFields, ...thumbnailWindow(state, place) };
}

/**
 * @param {TraverseRequest} request
 * @param {{row: number, column: number}} cell
 * @returns {Setting[]} values set by this cell: the horizontal dimension first
 */
export function settingsOf({ dim, values, across }, { row, column }) {
  const along = { dim, value: values[row] };
  return across ? [{ dim: across.dim, value: across.values[column] }, along] : [along];
}

/**
 * @param {State} state
 * @returns {import('../../server/api.js').DecodeRequest | null} for the sound of the chosen cell
 */
function cellRequest({ traversal, cell }) {
  if (!traversal || !cell) return null;
  const { dim, values, across, start, end, window, ...base } = traversal.request;
  const spanFields = end === undefined ? {} : { start, end };
  const cellEdits = settingsOf(traversal.request, cell).map((setting) => ({
    ...setting,
    op: /** @type {const} */ ('set'),
    ...spanFields,
  }));
  return { ...base, edits: [...base.edits, ...cellEdits] };
}

/**
 * @param {import('../../core/state.js').Store} store
 * @returns {{hear: (cell: State["cell"]) => Promise<boolean>, use: () => void}} `hear` loads the sound of a cell and
 * returns whether it is available;
 * `use` applies the values of the chosen cell
 */
export function createGrid(store) {
  createLiveQuery(store, {
    name: 'grid',
    keys: [...SOUND_KEYS, 'model', 'modelInfo', 'span', 'view', 'decoded', 'grid', 'panel'],
    request: (state) => (state.panel === 'grid' ? traverseRequest(state) : null),
    ask: api.traverse,
    show: (answer, request) => store.set({ traversal: answer && request && { ...answer, request }, cell: null }),
  });
  const cells = createLiveQuery(store, {
    name: 'cell',
    keys: ['traversal', 'cell'],
    request: cellRequest,
    ask: api.decode,
    show: (sound) => store.set({ otherSounds: { ...store.state.otherSounds, cell: sound ?? undefined } }),
    live: true,
  });
  followSliders(store);

  return {
    async hear(cell) {
      store.set({ cell });
      await cells.settled();
      return store.state.cell === cell && Boolean(store.state.otherSounds.cell);
    },
    use() {
      const { traversal, cell, span } = store.state;
      if (!traversal || !cell) return;
      const settings = settingsOf(traversal.request, cell);
      store.set({
        editsByLayer: withLayerEdits(store.state, (now) =>
          settings.reduce((edited, { dim, value }) => withValue(edited, dim, value, span), now),
        ),
      });
    },
  };
}

/**
 * The dimension edited last is the one the grid shows next.
 * @param {import('../../core/state.js').Store} store
 */
function followSliders(store) {
  let [module, before] = [store.state.module, currentEdits(store.state)];
  store.on(['editsByLayer', 'module'], () => {
    const { panel, grid } = store.state;
    const now = currentEdits(store.state);
    const moved = module === store.state.module && now.edits.find((edit) => !before.edits.includes(edit));
    [module, before] = [store.state.module, now];
    if (!moved || panel !== 'sliders' || (grid.module === module && grid.dim === moved.dim)) return;
    store.set({
      grid: {
        ...grid,
        module,
        dim: moved.dim,
        against: grid.module === module && grid.against !== moved.dim ? grid.against : null,
      },
    });
  });
}

/** @typedef {ReturnType<typeof createGrid>} GridHost */
