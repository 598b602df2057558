/** The chart library, fetched when the first chart is drawn: it weighs several times what all of the page does. */

/** @typedef {{[key: string]: any}} Trace as Plotly takes them */
/** @typedef {{data: Trace[], layout: {[key: string]: any}}} Figure */
/**
 * @typedef {object} Plotly what the page uses of it
 * @property {(host: HTMLElement, data: Trace[], layout: object, config: object) => Promise<unknown>} react
 * @property {{resize: (host: HTMLElement) => void}} Plots
 */

/**
 * The page's policy lets no script write style sheets into the page, so Plotly finds what it would write: its own rules go into the sheet of this
 * link, where adding rules is allowed, and an element with the name of the second, for maps of the world that are never drawn, keeps it away.
 */
const SHEETS = {
  rules: 'plotly.js-style-global',
  world: '9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53',
};

/** @type {Promise<Plotly> | null} */
let loading = null;

/** @returns {Promise<Plotly>} rejects with an Error fit to be shown */
export function loadPlotly() {
  loading ??= load().catch((error) => {
    loading = null; // so that it can be asked for once more
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

/** @param {HTMLElement} element that loads something @returns {Promise<void>} when it has */
function added(element) {
  return new Promise((resolve, reject) => {
    element.addEventListener('load', () => resolve());
    element.addEventListener('error', () => {
      element.remove();
      reject(
        new Error('The chart cannot be drawn: its library did not arrive. Show this panel again to try once more.'),
      );
    });
    document.head.append(element);
  });
}
