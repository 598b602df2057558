/** An ensemble: pairwise comparison of the dimensions of many models, and its hot spots. */
import * as api from '../../server/api.js';
import * as ensembleApi from '../../server/ensembles.js';
import { createLiveQuery } from '../../server/live-query.js';

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {import('../../server/ensembles.js').Ensemble} Ensemble */
/** @typedef {import('../../server/ensembles.js').HotSpot} HotSpot */
/** @typedef {import('../../drawing/chart-loader.js').Figure} Figure */
/** @typedef {import('../../core/choice.js').FigureName} FigureName */
/**
 * @typedef {{list: import('../../server/ensembles.js').EnsembleSummary[], ensemble: Ensemble | null, name: FigureName,
 * figure: Figure | null, missing: string}} Shown `missing` says why there is no figure
 */

/** @param {State} state */
function ensembleRequest({ panel, modelInfo, ensembleChoice }) {
  return panel === 'ensemble' && modelInfo
    ? { model: modelInfo.model, ensemble: ensembleChoice.ensemble, name: ensembleChoice.figure }
    : null;
}

/**
 * @param {{ensemble: string | null, name: FigureName}} request
 * @returns {Promise<Shown>}
 */
async function ask({ ensemble, name }) {
  const list = await ensembleApi.ensembles();
  const chosen = (list.find((one) => one.ensemble === ensemble) ?? list[0])?.ensemble;
  if (!chosen) return { list, ensemble: null, name, figure: null, missing: '' };
  const [detail, drawn] = await Promise.all([ensembleApi.ensemble(chosen), fetchFigure(chosen, name)]);
  return { list, ensemble: detail, name, ...drawn };
}

/**
 * @param {string} ensemble
 * @param {FigureName} name
 */
async function fetchFigure(ensemble, name) {
  try {
    return { figure: await ensembleApi.ensembleFigure(ensemble, name), missing: '' };
  } catch (error) {
    if (error instanceof api.Problem && error.status === 404) return { figure: null, missing: error.message };
    throw error;
  }
}

/** @param {import('../../core/state.js').Store} store */
export function createEnsemble(store) {
  createLiveQuery(store, {
    name: 'ensemble',
    keys: ['modelInfo', 'panel', 'ensembleChoice'],
    request: ensembleRequest,
    ask,
    show: (ensemble) => store.set({ ensemble }),
  });
}

/**
 * @param {State} state
 * @returns {{number: number, spot: HotSpot, ensemble: Ensemble} | null} the chosen hot spot
 */
export function spotOf({ ensemble: shown, ensembleChoice }) {
  const ensemble = shown?.ensemble ?? null;
  const spot = ensemble && ensembleChoice.spot !== null ? ensemble.hot_spots[ensembleChoice.spot] : undefined;
  return ensemble && spot ? { number: Number(ensembleChoice.spot), spot, ensemble } : null;
}

/**
 * The hot spot at a cell of the matrix: the smallest that contains all `channels`.
 * @param {Ensemble} ensemble
 * @param {number[]} channels
 * @returns {number | null}
 */
export function spotAt({ hot_spots: spots }, channels) {
  const inside = spots.flatMap((spot, number) =>
    channels.every((one) => spot.channels.includes(one)) ? [number] : [],
  );
  return inside.sort((one, other) => spots[one].channels.length - spots[other].channels.length)[0] ?? null;
}

/**
 * For each model of a hot spot the dimension with the highest NMI with the centre, the model of the centre first.
 * @param {Ensemble} ensemble
 * @param {HotSpot} spot
 * @returns {(import('../../server/ensembles.js').Channel & {channel: number, nmi: number, name: string, model: string |
 * null})[]}
 */
export function representatives({ channels, members }, spot) {
  const ranked = spot.channels
    .map((channel, place) => ({ channel, nmi: spot.nmi[place], ...channels[channel] }))
    .sort((one, other) => other.nmi - one.nmi);
  const first = ranked.filter(({ member }, place) => ranked.findIndex((one) => one.member === member) === place);
  return first.map((one) => ({ ...one, name: members[one.member].member, model: members[one.member].model }));
}
