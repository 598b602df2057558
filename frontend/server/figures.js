/** The figures of the model's report, each fetched while the panel that shows it is open. */
import * as api from './api.js';
import { createLiveQuery } from './live-query.js';

/** @typedef {import('../core/state.js').State} State */
/** @typedef {{model: string, name: string}} FigureRequest */
/** @typedef {FigureRequest & {figure: import('../drawing/chart-loader.js').Figure | null, missing: string}} Shown `missing` says why there is none */

/** The panels that show a figure, which has their name. */
const PANELS = ['layers', 'map', 'prior'];
/** Most models are of no sweep: that is not asked for in vain. */
const NO_SWEEP =
  'Not measured with this model: python -m trainer sweep trains over beta and over noise, and --report-into puts what it found into its report.';

/** @param {State} state @returns {FigureRequest | null} */
const wanted = ({ panel, card }) => (PANELS.includes(panel) && card ? { model: card.model, name: panel } : null);

/** @param {FigureRequest} request @returns {Promise<Shown>} */
async function ask(request) {
  try {
    return { ...request, figure: await api.figure(request.model, request.name), missing: '' };
  } catch (error) {
    if (error instanceof api.Problem && error.status === 404)
      return { ...request, figure: null, missing: error.message };
    throw error;
  }
}

/** @param {import('../core/state.js').Store} store */
export function createFigures(store) {
  createLiveQuery(store, {
    name: 'figure',
    keys: ['card', 'panel'],
    request: wanted,
    ask,
    show: (figure) => store.set({ figure }),
  });
  createLiveQuery(store, {
    name: 'tradeoff',
    keys: ['card', 'panel'],
    request: ({ panel, card }) => (panel === 'prior' && card ? { model: card.model, name: 'tradeoff' } : null),
    ask: async (request) =>
      (await api.figures(request.model)).includes(request.name)
        ? ask(request)
        : { ...request, figure: null, missing: NO_SWEEP },
    show: (tradeoff) => store.set({ tradeoff }),
  });
}

/**
 * @param {State} state
 * @param {string} name
 * @returns {Shown | null} null while it is not there yet
 */
export const figureOf = ({ figure, model }, name) => (figure?.name === name && figure.model === model ? figure : null);
