/** The map: points of the model's examples in one layer, their colouring, and the position of the current sound. */
import { UNITS } from '../../core/choice.js';
import { toWireEdits } from '../../core/edits.js';
import { chosenLayer, currentEdits, withLayerEdits } from '../../core/state.js';
import * as api from '../../server/api.js';
import { reportFigure } from '../../server/figures.js';
import { createLiveQuery } from '../../server/live-query.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {import('../../drawing/chart-loader.js').Trace} Trace */
/** @typedef {import('../../core/choice.js').Unit} Unit */
/** @typedef {string | number | null} Value of a label at a point; null where unknown */
/**
 * @typedef {{examples: boolean, clips: string[], start: number[], end: number[], labels: {[factor: string]: Value[]}}}
 * Places
 */
/**
 * @typedef {{trace: Trace, unit: Unit, units: Unit[], by: string, projections: string[], places: Places}} Shown
 * contents of the map
 */
/**
 * @typedef {{model: string, module: number, unit: Unit, points: number, dims: number, values: Float32Array}} Points
 * `values` is [points, dims]
 */

/** Default labels for the colours. */
const DEFAULT_LABELS = { phone: 'phone', frame: 'phone', utterance: 'speaker' };

/**
 * @param {State} state
 * @returns {Shown | null} null while the figure is missing or has no points of this layer
 */
export function mapOf(state) {
  const figure = reportFigure(state, 'map')?.figure;
  const own = figure?.data.filter(({ meta }) => meta.module === state.module) ?? [];
  if (!figure || !own.length) return null;
  const units = UNITS.filter((unit) => own.some(({ meta }) => meta.unit === unit));
  const unit = units.find((one) => one === state.map.unit) ?? units[0];
  const traces = own.filter(({ meta }) => meta.unit === unit);
  const trace = traces.find(({ meta }) => meta.projection === state.map.projection) ?? traces[0];
  const places = figure.layout.meta.units[unit];
  const labels = Object.keys(places.labels);
  const by =
    [state.map.by, DEFAULT_LABELS[unit]].find((one) => one !== null && labels.includes(one)) ?? labels[0] ?? '';
  return { trace, unit, units, by, projections: traces.map(({ meta }) => meta.projection), places };
}

/**
 * The current sound as one point of the layer: mean of the edited latents over the selection or the whole recording.
 * @param {State} state
 * @returns {Float64Array | null} [dims]; null until the latents are loaded
 */
export function presentOf(state) {
  const { base, latents, module, modelInfo, span } = state;
  const own = chosenLayer(state);
  if (!own || module === null) return null;
  const drawn = base === 'zero' || base === 'prior'; // the page knows only the mean of a random sample
  if (!drawn && (latents?.module !== module || latents.model !== modelInfo?.model)) return null;
  const known = drawn ? null : latents;
  const frames = known?.frames ?? 1;
  const at = (/** @type {number} */ frame) => own.first_frame_seconds + frame * own.hop_seconds;
  const inside = (
    /** @type {number} */ frame,
    /** @type {{start?: number, end?: number}} */ { start = -Infinity, end = Infinity },
  ) => at(frame) >= start && at(frame) < end;
  const all = Array.from({ length: frames }, (_, frame) => frame);
  const marked = span && known ? all.filter((frame) => inside(frame, span)) : all;
  const chosen = marked.length ? marked : all;
  const edits = toWireEdits(currentEdits(state), null);
  return Float64Array.from({ length: own.dims }, (_, dim) => {
    const dimEdits = edits.filter((edit) => edit.dim === dim);
    let sum = 0;
    for (const frame of chosen) {
      let value = known ? known.mean[dim * frames + frame] : 0;
      for (const edit of dimEdits)
        if (edit.end === undefined || inside(frame, edit))
          value = { add: value + edit.value, set: edit.value, scale: value * edit.value }[edit.op];
      sum += value;
    }
    return sum / chosen.length;
  });
}

/**
 * @param {Trace} trace with a projection
 * @param {ArrayLike<number>} vector [dims]
 * @returns {{x: number, y: number} | null} null if the projection cannot place new points, as with UMAP
 */
export function placeOf({ meta: { centre, axes } }, vector) {
  if (!centre || centre.length !== vector.length) return null;
  const [x, y] = axes.map((/** @type {number[]} */ axis) =>
    axis.reduce((sum, part, dim) => sum + part * (vector[dim] - centre[dim]), 0),
  );
  return { x, y };
}

/**
 * @param {Points} points
 * @param {ArrayLike<number>} vector [dims]
 * @param {number} count
 * @returns {{index: number, distance: number}[]} closest first; the distance is the root mean square over dimensions
 */
export function nearestOf({ points, dims, values }, vector, count) {
  const found = Array.from({ length: points }, (_, index) => {
    let sum = 0;
    for (let dim = 0; dim < dims; dim++) sum += (values[index * dims + dim] - vector[dim]) ** 2;
    return { index, distance: Math.sqrt(sum / dims) };
  });
  return found.sort((one, other) => one.distance - other.distance).slice(0, count);
}

/**
 * The closest point in a direction from another point.
 * @param {Trace} trace
 * @param {number | null} from
 * @param {{x: number, y: number}} direction
 * @returns {number}
 */
export function neighbourOf({ x, y }, from, direction) {
  if (from === null) return 0;
  let [best, least] = [from, Infinity];
  for (let index = 0; index < x.length; index++) {
    const [right, up] = [x[index] - x[from], y[index] - y[from]];
    const along = right * direction.x + up * direction.y;
    const offAxis = Math.abs(right * direction.y - up * direction.x);
    if (index !== from && along > 0 && offAxis <= along && Math.hypot(along, 2 * offAxis) < least)
      [best, least] = [index, Math.hypot(along, 2 * offAxis)];
  }
  return best;
}

/**
 * @param {State} state
 * @returns {{model: string, module: number, unit: Unit} | null}
 */
function pointsRequest(state) {
  const shown = state.panel === 'map' ? mapOf(state) : null;
  return shown && state.model && state.module ? { model: state.model, module: state.module, unit: shown.unit } : null;
}

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/latents.js').LatentsWatch} latents
 * @returns {{apply: (index: number) => void}} sets every unlocked dimension to the value of a point
 */
export function createMap(store, latents) {
  createLiveQuery(store, {
    name: 'points',
    keys: ['figure', 'panel', 'model', 'module', 'map'],
    request: pointsRequest,
    ask: api.points,
    show: (points) => store.set({ points }),
  });
  store.on(['panel'], () => latents.watch('map', store.state.panel === 'map'));
  store.on(['figure', 'module', 'map'], () => {
    const shown = mapOf(store.state);
    const { point } = store.state;
    if (point && (shown?.unit !== point.unit || store.state.model !== point.model)) store.set({ point: null });
  });
  latents.watch('map', store.state.panel === 'map');

  return {
    apply(index) {
      const { points, locked, span } = store.state;
      if (!points) return;
      const { dims, values } = points;
      const free = Array.from({ length: dims }, (_, dim) => dim).filter((dim) => !locked.includes(dim));
      const pointEdits = free.map((dim) => ({
        dim,
        op: /** @type {const} */ ('set'),
        value: Math.round(values[index * dims + dim] * 100) / 100,
        span,
      }));
      const others = (
        /** @type {{dim: number, span?: import('../../core/edits.js').Span | null}} */ { dim, span: own = null },
      ) => locked.includes(dim) || (span !== null && (own?.start !== span.start || own?.end !== span.end));
      store.set({
        editsByLayer: withLayerEdits(store.state, ({ edits, muted }) => ({
          edits: [...edits.filter(others), ...pointEdits],
          muted: muted.filter((dim) => locked.includes(dim)),
        })),
      });
    },
  };
}

/** @typedef {ReturnType<typeof createMap>} MapHost */
