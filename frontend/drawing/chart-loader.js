/** Loads the chart library, several times larger than the page, when the first chart is drawn. */

/** @typedef {{[key: string]: any}} Trace of Plotly */
/** @typedef {{data: Trace[], layout: {[key: string]: any}}} Figure */
/**
 * @typedef {object} Plotly the functions that the page uses
 * @property {(host: HTMLElement, data: Trace[], layout: object, config: object) => Promise<unknown>} react
 * @property {{resize: (host: HTMLElement) => void}} Plots
 */

/**
 * Ids of the style sheets that Plotly would add, which the content security policy forbids. Plotly adds its rules to an
 * existing sheet `rules`, and
 * skips the sheet for world maps if an element with the id `world` exists.
 */
const SHEETS = {
  rules: 'plotly.js-style-global',
  world: '9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53',
};

/** @type {Promise<Plotly> | null} */
let loading = null;

/** @returns {Promise<Plotly>} rejects with an Error for display */
export function loadPlotly() {
  loading ??= load().catch((error) => {
    loading = null; // allows another attempt
    throw error;
  });
  return loading;
}

async function load() {
  if (!document.getElementById(SHEETS.world))
    document.head.append(Object.assign(document.createElement('meta'), { id: SHEETS.world }));
  if (!document.getElementById(SHEETS.rules))
    await added(
      Object.assign(document.createElement('link'), { rel: 'stylesheet', href: 'styles/plotly.css', id: SHEETS.rules }),
    );
  await added(Object.assign(document.createElement('script'), { src: 'plotly.min.js' }));
  return /** @type {Plotly} */ (Reflect.get(globalThis, 'Plotly'));
}

/** @param {HTMLElement} element a link or script @returns {Promise<void>} resolves when it has loaded */
function added(element) {
  return new Promise((resolve, reject) => {
    element.addEventListener('load', () => resolve());
    element.addEventListener('error', () => {
      element.remove();
      reject(new Error('The chart library could not be loaded. Open this panel again to retry.'));
    });
    document.head.append(element);
  });
}
