/** What probes got out of each layer, as the figure `layers` tells it: one label by one measure, in traces, numbers and words. Pure. */
import { fixed } from '../../core/format.js';

/** @typedef {import('../../drawing/chart-loader.js').Trace} Trace */
/** @typedef {import('../../drawing/chart-loader.js').Figure} Figure */
/** @typedef {import('../../core/choice.js').Measure} Measure */
/** @typedef {import('../../core/choice.js').Probed} Probed */
/** @typedef {{name: string, at: string, value: number, low: number, high: number}} Reading */

const DIGITS = { bits: 2, accuracy: 1, margin: 2 };
const UNITS = { bits: ' bits', accuracy: ' %', margin: '' };

/** @param {Figure} figure @returns {string[]} */
export const labelsOf = (figure) => Object.keys(figure.layout.meta.labels);

/**
 * @param {Figure} figure
 * @param {Probed} probeChoice
 * @returns {{label: string, measure: Measure}} what is chosen, as far as the figure has it
 */
export function chosenOf(figure, { label, measure }) {
  const labels = labelsOf(figure);
  return { label: label !== null && labels.includes(label) ? label : labels[0], measure };
}

/**
 * @param {Figure} figure
 * @param {{label: string, measure: Measure}} chosen
 * @returns {Figure} of these alone
 */
export function curvesOf({ data, layout }, { label, measure }) {
  const { yaxis, meta } = layout;
  const traces = data
    .filter(({ meta: of }) => of.label === label && of.measure === measure)
    .map((trace) => ({ ...trace, visible: true }));
  return { data: traces, layout: { ...layout, yaxis: { ...yaxis, title: { text: meta.measures[measure] } } } };
}

/**
 * @param {Figure} curves
 * @returns {Reading[]} every number there is, in the order of the legend
 */
export function readingsOf({ data }) {
  return data.flatMap(({ name, y, text, error_y: error }) =>
    // What is the same at every layer is one number
    (text ? y : y.slice(0, 1)).map((/** @type {number} */ value, /** @type {number} */ index) => ({
      name,
      at: text?.[index] ?? '',
      value,
      low: value - (error?.arrayminus[index] ?? 0),
      high: value + (error?.array[index] ?? 0),
    })),
  );
}

/** @param {Measure} measure @param {number} value */
export const said = (measure, value) => `${fixed(value, DIGITS[measure])}${UNITS[measure]}`;

/**
 * @param {Figure} curves
 * @param {Measure} measure
 * @returns {string} what they come to, and whether it is sure
 */
export function verdictOf(curves, measure) {
  const readings = readingsOf(curves);
  const own = readings.filter(({ name }) => name === 'linear probe');
  if (!own.length) return 'No linear probe was measured.';
  const best = own.reduce((most, one) => (one.value > most.value ? one : most));
  const rivals = [
    { about: 'a log-mel spectrogram', reading: readings.find(({ name }) => name.startsWith('log-mel')) },
    {
      about: 'the same network untrained',
      reading: readings.find(({ name, at }) => name.startsWith('untrained') && at.endsWith(best.at)),
    },
  ];
  const told = rivals.flatMap(({ about, reading }) =>
    reading
      ? [`${about} ${said(measure, reading.value)}${measure === 'margin' ? '' : `, ${compared(best, reading)}`}`]
      : [],
  );
  return `By a linear probe most at ${best.at}, ${said(measure, best.value)}${told.length ? `; ${told.join('; ')}` : ''}.`;
}

/**
 * @param {Reading} best
 * @param {Reading} rival
 */
function compared(best, rival) {
  if (best.low > rival.high) return 'surely less';
  return best.high < rival.low ? 'surely more' : 'no sure difference';
}
