/**
 * The Map panel: sounds of the examples as points that can be played, opened and applied, and the points closest to the
 * current sound.
 */
import { sameSegment } from '../../audio/clip-player.js';
import { fixed, seconds } from '../../core/format.js';
import { ipaOf } from '../../core/phones.js';
import { createChart, escapeMarkup, rgbOf } from '../../drawing/chart.js';
import { byId, make } from '../../drawing/dom.js';
import { reportFigure } from '../../server/figures.js';
import { mapOf, nearestOf, neighbourOf, placeOf, presentOf } from './model.js';
import { coloured } from './point-colours.js';

/** @typedef {import('./model.js').Shown} Shown */

const NEAREST = 5;
const DIRECTIONS = new Map([
  ['ArrowRight', { x: 1, y: 0 }],
  ['ArrowLeft', { x: -1, y: 0 }],
  ['ArrowUp', { x: 0, y: 1 }],
  ['ArrowDown', { x: 0, y: -1 }],
]);

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./model.js').MapHost} map
 * @param {{clipPlayer: import('../../audio/clip-player.js').ClipPlayer, session:
 * import('../../server/session.js').Session, history: import('../../core/history.js').History, release: () => void}}
 * host
 */
export function showMap(store, map, { clipPlayer, session, history, release }) {
  const host = byId('map-chart');
  const select = (/** @type {string} */ id) => /** @type {HTMLSelectElement} */ (byId(id));
  const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (byId(id));
  const chart = createChart(host, byId('map-failure'), (trace, point) => trace === 0 && choose(point));

  store.on(['figure', 'map', 'module', 'pending'], show);
  function show() {
    const answer = reportFigure(store.state, 'map');
    const shown = mapOf(store.state);
    const { pending, module } = store.state;
    byId('panel-map').dataset.pending = String(pending.includes('figure') || pending.includes('points'));
    byId('map-shown').hidden = !shown;
    byId('map-empty').hidden = !answer || Boolean(shown);
    byId('map-empty').textContent = answer?.missing || `Layer ${module} has no map.`;
    if (!shown) return void chart.show(null);
    const { unit, units, by, places, projections, trace } = shown;
    fill(select('map-unit'), units, unit, (one) => `${one}s`);
    fill(select('map-by'), Object.keys(places.labels), by, labelName);
    fill(select('map-projection'), projections, trace.meta.projection, (one) => one);
    byId('map-projections').hidden = projections.length < 2;
    byId('map-note').textContent = noteOf(shown, Number(module));
    draw();
  }

  store.on(['point', 'points', 'latents', 'editsByLayer', 'span', 'base'], draw);
  function draw() {
    const shown = store.state.panel === 'map' ? mapOf(store.state) : null;
    if (!shown) return;
    const { trace, by, places } = shown;
    const { trace: look, key } = coloured(by, places.labels[by] ?? []);
    const hover = trace.x.map((/** @type {unknown} */ _, /** @type {number} */ index) =>
      escapeMarkup(textOf(shown, index)),
    );
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
    showChoice(shown, present);
  }

  /**
   * @param {ReturnType<typeof coloured>["key"]} key
   * @param {boolean} now whether the current sound has a position on the map
   */
  function explain(key, now) {
    const star = now ? [entry('★', 'current sound', 'key-now')] : [];
    if (key && !Array.isArray(key))
      return byId('map-key').replaceChildren(
        ...star,
        make('li', {}, key.low, make('i', { className: 'key-scale' }), key.high),
      );
    const entries = (key ?? []).map(({ words, colour, symbol }) => {
      const sign = GLYPHS[/** @type {keyof typeof GLYPHS} */ (symbol)] ?? '●';
      const made = entry(sign, words, '');
      made.style.setProperty('--tone', colour);
      return made;
    });
    byId('map-key').replaceChildren(...star, ...entries);
  }

  /**
   * @param {Shown} shown
   * @param {Float64Array | null} present
   */
  function showChoice(shown, present) {
    const { point, points, module } = store.state;
    byId('map-chosen').textContent = point
      ? textOf(shown, point.index)
      : 'Click a point to play it, or move with the arrow keys.';
    const ready = points?.unit === shown.unit && points.module === module ? points : null;
    button('map-play').disabled = button('map-open').disabled = !point || !shown.places.examples;
    button('map-apply').disabled = !point || !ready;
    const closest = ready && present ? nearestOf(ready, present, NEAREST) : [];
    byId('map-nearest').replaceChildren(...closest.map((one) => closestRow(shown, one)));
    byId('map-neighbours').hidden = !closest.length;
    markPlaying();
  }

  /**
   * @param {Shown} shown
   * @param {{index: number, distance: number}} closest
   */
  function closestRow(shown, { index, distance }) {
    const words = textOf(shown, index);
    const play = make(
      'button',
      { type: 'button', className: 'segment', ariaLabel: `${words}; distance ${fixed(distance, 2)}` },
      make('b', {}, fixed(distance, 2)),
      make('span', {}, words),
    );
    play.dataset.index = String(index);
    play.addEventListener('click', () => choose(index));
    return make('li', {}, play);
  }

  store.on(['segment'], markPlaying);
  function markPlaying() {
    const shown = mapOf(store.state);
    const { segment, point } = store.state;
    if (!shown) return;
    const plays = (/** @type {number} */ index) => segment !== null && sameSegment(segment, segmentOf(shown, index));
    for (const play of /** @type {NodeListOf<HTMLButtonElement>} */ (byId('map-nearest').querySelectorAll('button')))
      play.setAttribute('aria-pressed', String(plays(Number(play.dataset.index))));
    button('map-play').setAttribute('aria-pressed', String(point !== null && plays(point.index)));
  }

  /** @param {number} index Chooses a point and plays it. */
  function choose(index) {
    const shown = mapOf(store.state);
    if (!shown) return;
    store.set({ point: { model: String(store.state.model), unit: shown.unit, index } });
    if (shown.places.examples) clipPlayer.toggle(segmentOf(shown, index));
  }

  /** @param {Pick<Shown, "places">} shown @param {number} index */
  const segmentOf = ({ places: { clips, start, end } }, index) => ({
    clip: clips[index],
    start: start[index],
    end: end[index],
  });

  /** @param {Shown} shown @param {number} index */
  function textOf({ places, unit }, index) {
    const { clip, start, end } = segmentOf({ places }, index);
    const example = store.state.examples.find(({ id }) => id === clip);
    const phone = unit === 'utterance' ? null : places.labels.phone?.[index];
    const named = [
      phone ? `/${ipaIn(places)(String(phone))}/ in ${example?.label ?? clip}` : (example?.label ?? clip),
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
    const direction = DIRECTIONS.get(event.key);
    const shown = mapOf(store.state);
    if (!shown || (!direction && event.key !== 'Enter')) return;
    event.preventDefault();
    const { point } = store.state;
    if (direction)
      store.set({
        point: {
          model: String(store.state.model),
          unit: shown.unit,
          index: neighbourOf(shown.trace, point?.index ?? null, direction),
        },
      });
    else if (point) choose(point.index);
  });
  button('map-play').addEventListener('click', () => store.state.point && choose(store.state.point.index));
  button('map-apply').addEventListener('click', () => {
    if (!store.state.point) return;
    history.endStep();
    map.apply(store.state.point.index);
    release();
  });
  button('map-open').addEventListener('click', async () => {
    const { point } = store.state;
    const shown = mapOf(store.state);
    if (!point || !shown) return;
    const { clip, start, end } = segmentOf(shown, point.index);
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

/** @type {WeakMap<object, (phone: string) => string>} conversion to IPA by the points of a map */
const CONVERSIONS = new WeakMap();

/** @param {Shown["places"]} places */
function ipaIn(places) {
  const ipa = CONVERSIONS.get(places) ?? ipaOf((places.labels.phone ?? []).map(String));
  CONVERSIONS.set(places, ipa);
  return ipa;
}

/** @param {string} factor */
const labelName = (factor) => (factor === 'f0' ? 'F0' : factor.replaceAll('_', ' '));

/** @param {Shown} shown @param {number} module */
function noteOf({ trace, unit, places }, module) {
  const { shares, projection } = trace.meta;
  const quality = shares
    ? `The two axes explain ${Math.round(100 * (shares[0] + shares[1]))} % of the variance.`
    : 'Only small distances are meaningful.';
  return `${places.clips.length} ${unit}s of ${new Set(places.clips).size} ${places.examples ? 'examples' : 'recordings (not available for playback)'} at layer ${module}, ${projection} projection. ${quality}`;
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
