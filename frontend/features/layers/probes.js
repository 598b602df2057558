/** Probe results from the figure `layers`: traces, values and a summary for one label and one measure. Pure. */
import { fixed } from '../../core/format.js';

/** @typedef {import('../../drawing/chart-loader.js').Trace} Trace */
/** @typedef {import('../../drawing/chart-loader.js').Figure} Figure */
/** @typedef {import('../../core/choice.js').Measure} Measure */
/** @typedef {import('../../core/choice.js').ProbeChoice} ProbeChoice */
/** @typedef {{name: string, at: string, value: number, low: number, high: number}} ProbeValue */

const DIGITS = { bits: 2, accuracy: 1, margin: 2 };
const UNITS = { bits: ' bits', accuracy: ' %', margin: '' };

/** @param {Figure} figure @returns {string[]} */
export const labelsOf = (figure) => Object.keys(figure.layout.meta.labels);

/**
 * @param {Figure} figure
 * @param {ProbeChoice} probeChoice
 * @returns {{label: string, measure: Measure}} the choice, if the figure contains it
 */
export function chosenOf(figure, { label, measure }) {
  const labels = labelsOf(figure);
  return { label: label !== null && labels.includes(label) ? label : labels[0], measure };
}

/**
 * @param {Figure} figure
 * @param {{label: string, measure: Measure}} chosen
 * @returns {Figure} with the chosen traces only
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
 * @returns {ProbeValue[]} all values, in the order of the legend
 */
export function valuesOf({ data }) {
  return data.flatMap(({ name, y, text, error_y: error }) =>
    // A level that does not depend on the layer has one value
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
export const formatted = (measure, value) => `${fixed(value, DIGITS[measure])}${UNITS[measure]}`;

/**
 * @param {Figure} curves
 * @param {Measure} measure
 * @returns {string} summary: best layer, compared with the baselines
 */
export function verdictOf(curves, measure) {
  const values = valuesOf(curves);
  const own = values.filter(({ name }) => name === 'linear probe');
  if (!own.length) return 'No linear probe was measured.';
  const best = own.reduce((most, one) => (one.value > most.value ? one : most));
  const baselines = [
    { about: 'a log-mel spectrogram', value: values.find(({ name }) => name.startsWith('log-mel')) },
    {
      about: 'the same network untrained',
      value: values.find(({ name, at }) => name.startsWith('untrained') && at.endsWith(best.at)),
    },
  ];
  const comparisons = baselines.flatMap(({ about, value }) =>
    value
      ? [`${about} ${formatted(measure, value.value)}${measure === 'margin' ? '' : `, ${compared(best, value)}`}`]
      : [],
  );
  return `Best linear probe: ${best.at}, ${formatted(measure, best.value)}${comparisons.length ? `; ${comparisons.join('; ')}` : ''}.`;
}

/**
 * @param {ProbeValue} best
 * @param {ProbeValue} baseline
 */
function compared(best, baseline) {
  if (best.low > baseline.high) return 'significantly less';
  return best.high < baseline.low ? 'significantly more' : 'no significant difference';
}
