/** The Map panel: sounds of the examples as points, to be heard, opened and put on the sliders; and which of them the present sound is near. */
import { sameStretch } from '../../audio/clip-player.js';
import { fixed, seconds } from '../../core/format.js';
import { createChart, plain, rgbOf } from '../../drawing/chart.js';
import { make, part } from '../../drawing/dom.js';
import { figureOf } from '../../server/figures.js';
import { mapOf, nearestOf, neighbourOf, placeOf, presentOf } from './model.js';
import { coloured } from './point-colours.js';

/** @typedef {import('./model.js').Shown} Shown */

const NEAREST = 5;
const WAYS = new Map([
  ['ArrowRight', { x: 1, y: 0 }],
  ['ArrowLeft', { x: -1, y: 0 }],
  ['ArrowUp', { x: 0, y: 1 }],
  ['ArrowDown', { x: 0, y: -1 }],
]);

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./model.js').MapHost} map
 * @param {{stretches: import('../../audio/clip-player.js').Stretches, session: import('../../server/session.js').Session, history: import('../../core/history.js').History, release: () => void}} host
 */
export function showMap(store, map, { stretches, session, history, release }) {
  const host = part('map-chart');
  const select = (/** @type {string} */ id) => /** @type {HTMLSelectElement} */ (part(id));
  const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (part(id));
  const chart = createChart(host, part('map-failure'), (trace, point) => trace === 0 && choose(point));

  store.on(['figure', 'map', 'module', 'pending'], show);
  function show() {
    const answer = figureOf(store.state, 'map');
    const shown = mapOf(store.state);
    const { pending, module } = store.state;
    part('panel-map').dataset.pending = String(pending.includes('figure') || pending.includes('points'));
    part('map-shown').hidden = !shown;
    part('map-empty').hidden = !answer || Boolean(shown);
    part('map-empty').textContent = answer?.missing || `Module ${module} has no map.`;
    if (!shown) return void chart.show(null);
    const { unit, units, by, places, projections, trace } = shown;
    fill(select('map-unit'), units, unit, (one) => `${one}s`);
    fill(select('map-by'), Object.keys(places.labels), by, spoken);
    fill(select('map-projection'), projections, trace.meta.projection, (one) => one);
    part('map-projections').hidden = projections.length < 2;
    part('map-note').textContent = noteOf(shown, Number(module));
    draw();
  }

  store.on(['point', 'points', 'latents', 'gestures', 'span', 'base'], draw);
  function draw() {
    const shown = store.state.panel === 'map' ? mapOf(store.state) : null;
    if (!shown) return;
    const { trace, by, places } = shown;
    const { trace: look, key } = coloured(by, places.labels[by] ?? []);
    const hover = trace.x.map((/** @type {unknown} */ _, /** @type {number} */ index) => plain(said(shown, index)));
    const present = presentOf(store.state);
    const now = present && placeOf(trace, present);
    const chosen = store.state.point;
    const marks = [
      { ...trace, ...look, visible: true, hovertext: hover, hovertemplate: '%{hovertext}<extra></extra>' },
      mark(chosen && { x: trace.x[chosen.index], y: trace.y[chosen.index] }, {
        symbol: 'circle-open',
        size: 22,
        line: { width: 2 },
      }),
      mark(now, { symbol: 'star', size: 17, line: { width: 1 } }),
    ];
    const axis = { zeroline: true, showticklabels: false, ticks: '' };
    const layout = {
      margin: { l: 8, r: 8, t: 8, b: 8 },
      hovermode: 'closest',
      showlegend: false,
      xaxis: axis,
      yaxis: { ...axis, scaleanchor: 'x' },
    };
    chart.show({ data: marks, layout });
    explain(key, Boolean(now));
    tell(shown, present);
  }

  /**
   * @param {ReturnType<typeof coloured>["key"]} key
   * @param {boolean} now whether the present sound has a place here
   */
  function explain(key, now) {
    const star = now ? [entry('★', 'the present sound', 'key-now')] : [];
    if (key && !Array.isArray(key))
      return part('map-key').replaceChildren(
        ...star,
        make('li', {}, key.low, make('i', { className: 'key-scale' }), key.high),
      );
    const entries = (key ?? []).map(({ words, colour, symbol }) => {
      const sign = GLYPHS[/** @type {keyof typeof GLYPHS} */ (symbol)] ?? '●';
      const made = entry(sign, words, '');
      made.style.setProperty('--tone', colour);
      return made;
    });
    part('map-key').replaceChildren(...star, ...entries);
  }

  /**
   * @param {Shown} shown
   * @param {Float64Array | null} present
   */
  function tell(shown, present) {
    const { point, points, module } = store.state;
    part('map-chosen').textContent = point
      ? said(shown, point.index)
      : 'Click a point to hear it, or walk with the arrow keys.';
    const ready = points?.unit === shown.unit && points.module === module ? points : null;
    button('map-hear').disabled = button('map-open').disabled = !point || !shown.places.examples;
    button('map-send').disabled = !point || !ready;
    const near = ready && present ? nearestOf(ready, present, NEAREST) : [];
    part('map-nearest').replaceChildren(...near.map((one) => nearRow(shown, one)));
    part('map-near').hidden = !near.length;
    markPlaying();
  }

  /**
   * @param {Shown} shown
   * @param {{index: number, distance: number}} near
   */
  function nearRow(shown, { index, distance }) {
    const words = said(shown, index);
    const play = make(
      'button',
      { type: 'button', className: 'stretch', ariaLabel: `${words}; distance ${fixed(distance, 2)}` },
      make('b', {}, fixed(distance, 2)),
      make('span', {}, words),
    );
    play.dataset.index = String(index);
    play.addEventListener('click', () => choose(index));
    return make('li', {}, play);
  }

  store.on(['stretch'], markPlaying);
  function markPlaying() {
    const shown = mapOf(store.state);
    const { stretch, point } = store.state;
    if (!shown) return;
    const plays = (/** @type {number} */ index) => stretch !== null && sameStretch(stretch, stretchOf(shown, index));
    for (const play of /** @type {NodeListOf<HTMLButtonElement>} */ (part('map-nearest').querySelectorAll('button')))
      play.setAttribute('aria-pressed', String(plays(Number(play.dataset.index))));
    button('map-hear').setAttribute('aria-pressed', String(point !== null && plays(point.index)));
  }

  /** @param {number} index Marks a point and plays it. */
  function choose(index) {
    const shown = mapOf(store.state);
    if (!shown) return;
    store.set({ point: { model: String(store.state.model), unit: shown.unit, index } });
    if (shown.places.examples) stretches.toggle(stretchOf(shown, index));
  }

  /** @param {Pick<Shown, "places">} shown @param {number} index */
  const stretchOf = ({ places: { clips, start, end } }, index) => ({
    clip: clips[index],
    start: start[index],
    end: end[index],
  });

  /** @param {Shown} shown @param {number} index */
  function said({ places, unit }, index) {
    const { clip, start, end } = stretchOf({ places }, index);
    const example = store.state.examples.find(({ id }) => id === clip);
    const phone = unit === 'utterance' ? null : places.labels.phone?.[index];
    const named = [
      phone ? `/${phone}/ in ${example?.label ?? clip}` : (example?.label ?? clip),
      example?.speaker,
      unit === 'utterance' ? '' : `${fixed(start, 2)} to ${seconds(end)}`,
    ];
    return named.filter(Boolean).join(', ');
  }

  for (const key of /** @type {const} */ (['unit', 'by', 'projection'])) {
    select(`map-${key}`).addEventListener('change', ({ target }) =>
      store.set({ map: { ...store.state.map, [key]: /** @type {HTMLSelectElement} */ (target).value } }),
    );
  }
  host.addEventListener('keydown', (event) => {
    const way = WAYS.get(event.key);
    const shown = mapOf(store.state);
    if (!shown || (!way && event.key !== 'Enter')) return;
    event.preventDefault();
    const { point } = store.state;
    if (way)
      store.set({
        point: {
          model: String(store.state.model),
          unit: shown.unit,
          index: neighbourOf(shown.trace, point?.index ?? null, way),
        },
      });
    else if (point) choose(point.index);
  });
  button('map-hear').addEventListener('click', () => store.state.point && choose(store.state.point.index));
  button('map-send').addEventListener('click', () => {
    if (!store.state.point) return;
    history.seal();
    map.send(store.state.point.index);
    release();
  });
  button('map-open').addEventListener('click', async () => {
    const { point } = store.state;
    const shown = mapOf(store.state);
    if (!point || !shown) return;
    const { clip, start, end } = stretchOf(shown, point.index);
    await session.openExample(clip);
    store.set({ span: shown.unit === 'utterance' ? null : { start, end } });
  });
}

const GLYPHS = { circle: '●', square: '■', diamond: '◆', 'triangle-up': '▲', cross: '✚', x: '✖' };

/**
 * @param {string} sign
 * @param {string} words
 * @param {string} className
 */
const entry = (sign, words, className) => make('li', { className }, make('i', { ariaHidden: 'true' }, sign), words);

/** @param {string} factor */
const spoken = (factor) => (factor === 'f0' ? 'F0' : factor.replaceAll('_', ' '));

/** @param {Shown} shown @param {number} module */
function noteOf({ trace, unit, places }, module) {
  const { shares, projection } = trace.meta;
  const held = shares
    ? `The two axes hold ${Math.round(100 * (shares[0] + shares[1]))} % of what varies among its dimensions.`
    : 'Near is near; far means little.';
  return `${places.clips.length} ${unit}s of ${new Set(places.clips).size} ${places.examples ? 'examples' : 'recordings, which are not here to be heard'} at module ${module}, by ${projection}. ${held}`;
}

/**
 * @param {{x: number, y: number} | null} place
 * @param {{symbol: string, size: number, line: {width: number}}} marker
 */
function mark(place, { symbol, size, line }) {
  const marker = {
    symbol,
    size,
    color: rgbOf('--accent'),
    line: { ...line, color: rgbOf(symbol === 'star' ? '--panel' : '--accent') },
  };
  return {
    type: 'scatter',
    mode: 'markers',
    x: place ? [place.x] : [],
    y: place ? [place.y] : [],
    hoverinfo: 'skip',
    marker,
  };
}

/**
 * @param {HTMLSelectElement} select
 * @param {readonly string[]} values
 * @param {string} chosen
 * @param {(value: string) => string} words
 */
function fill(select, values, chosen, words) {
  select.replaceChildren(...values.map((value) => make('option', { value, selected: value === chosen }, words(value))));
}
