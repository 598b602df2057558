/** Figures of the model's report, fetched while the panel that shows them is open. */
import * as api from './api.js';
import { createLiveQuery } from './live-query.js';

/** @typedef {import('../core/state.js').State} State */
/** @typedef {{model: string, name: string}} FigureRequest */
/**
 * @typedef {FigureRequest & {figure: import('../drawing/chart-loader.js').Figure | null, missing: string}} ReportFigure
 * `missing` is the reason if there is no figure
 */

/** The panels that show a figure of the same name. */
const PANELS = ['layers', 'map', 'prior'];
const NO_SWEEP =
  'Not computed for this model. To add it, run “python -m trainer sweep” over beta and noise with --report-into.';

/** @param {FigureRequest} request @returns {Promise<ReportFigure>} */
async function fetchFigure(request) {
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
    keys: ['modelInfo', 'panel'],
    request: ({ panel, modelInfo }) =>
      PANELS.includes(panel) && modelInfo ? { model: modelInfo.model, name: panel } : null,
    ask: fetchFigure,
    show: (figure) => store.set({ figure }),
  });
  createLiveQuery(store, {
    name: 'tradeoff',
    keys: ['modelInfo', 'panel'],
    request: ({ panel, modelInfo }) =>
      panel === 'prior' && modelInfo ? { model: modelInfo.model, name: 'tradeoff' } : null,
    // Most models belong to no sweep, so the list is read first to avoid a request that fails.
    ask: async (request) =>
      (await api.figures(request.model)).includes(request.name)
        ? fetchFigure(request)
        : { ...request, figure: null, missing: NO_SWEEP },
    show: (tradeoff) => store.set({ tradeoff }),
  });
}

/**
 * @param {State} state
 * @param {string} name
 * @returns {ReportFigure | null} null if it has not been fetched
 */
export const reportFigure = ({ figure, model }, name) =>
  figure?.name === name && figure.model === model ? figure : null;
