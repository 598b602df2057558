/** The sliders: dimensions of the chosen layer and their edits. */
import { dimensionsOf, klOverSpan, matchesSearch, sliderRange, sortDimensions } from '../../core/dimensions.js';
import { editsOver, sameSpan, withEdit, withMute, withoutEdit } from '../../core/edits.js';
import { chosenLayer, currentEdits, summaryOf, withLayerEdits } from '../../core/state.js';
import { byId } from '../../drawing/dom.js';
import { createPalette } from '../../drawing/palette.js';
import { createCard } from '../dimension-card/view.js';
import { createSlider } from './slider.js';

/** @typedef {import('../../server/api.js').Dimension} Dimension */

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/latents.js').LatentsWatch} latents
 * @param {{release: () => void, sweep: import('./sweep.js').Sweep, history: import('../../core/history.js').History,
 * details: import('../dimension-card/dimension-details.js').DimensionDetails, clipPlayer:
 * import('../../audio/clip-player.js').ClipPlayer, membership:
 * import('../ensemble/ensemble-membership.js').EnsembleMembership}} host `release` is called when a change is complete
 */
export function showSliders(store, latents, { release, sweep, history, details, clipPlayer, membership }) {
  const list = byId('sliders');
  const rest = byId('sliders-rest');
  /** @type {Map<number, import('./slider.js').Slider>} */
  let sliders = new Map();
  /** @type {Map<number, ReturnType<typeof createCard>>} cards that are open */
  let cards = new Map();

  const palette = createPalette(() => {
    for (const card of cards.values()) card.redraw();
  });

  const change = (
    /** @type {(now: import('../../core/edits.js').LayerEdits) => import('../../core/edits.js').LayerEdits} */ how,
  ) => store.set({ editsByLayer: withLayerEdits(store.state, how) });

  /**
   * @param {number} dim
   * @param {number} value
   */
  function move(dim, value) {
    const { op, span } = store.state;
    change((now) => withEdit(now, { dim, op, value, span }));
  }

  /**
   * @param {number} dim
   * @param {number} value
   */
  function use(dim, value) {
    const { locked, span } = store.state;
    if (locked.includes(dim)) return;
    change((now) => withEdit(now, { dim, op: 'set', value, span }));
    release();
  }

  /** @param {number} dim */
  const reset = (dim) => change((now) => withoutEdit(now, dim, store.state.span));

  /** @param {number} dim */
  function mute(dim) {
    change((now) => withMute(now, dim));
    release();
  }

  /** @param {number} dim */
  function lock(dim) {
    const { locked } = store.state;
    store.set({ locked: locked.includes(dim) ? locked.filter((one) => one !== dim) : [...locked, dim] });
  }

  /** @param {Dimension} facts Sweeps the dimension; a second call stops the sweep. */
  function toggleSweep(facts) {
    const { dim } = facts;
    if (sweep.dim === dim) return sweep.stop();
    sweep.stop();
    if (store.state.locked.includes(dim)) return;
    const before = currentEdits(store.state);
    const { module } = store.state;
    const restore = () => {
      if (module !== null)
        history.untracked(() => store.set({ editsByLayer: { ...store.state.editsByLayer, [module]: before } }));
      show();
    };
    sweep.start(
      dim,
      sliderRange(facts, store.state.preferences.range),
      (value) => history.untracked(() => move(dim, value)),
      restore,
    );
  }

  /** @param {Dimension} facts */
  function toggleCard(facts) {
    const { dim } = facts;
    const card = cards.get(dim);
    if (card) {
      card.element.remove();
      cards.delete(dim);
    } else {
      const opened = createCard(
        facts,
        { store, palette, details, clipPlayer, membership },
        {
          mute: () => mute(dim),
          lock: () => lock(dim),
          sweep: () => toggleSweep(facts),
          use: (value) => use(dim, value),
        },
      );
      cards.set(dim, opened);
      sliders.get(dim)?.element.append(opened.element);
    }
    show();
  }

  function build() {
    const dimensions = dimensionsOf(store.state);
    const most = (/** @type {"kl" | "sensitivity"} */ key) =>
      Math.max(0, ...dimensions.map((facts) => facts[key] ?? 0));
    const longest = { kl: most('kl'), sensitivity: most('sensitivity') };
    sweep.stop();
    cards = new Map();
    sliders = new Map(
      dimensions.map((facts) => {
        const { dim } = facts;
        const actions = {
          move: (/** @type {number} */ value) => move(dim, value),
          reset: () => reset(dim),
          release,
          mute: () => mute(dim),
          lock: () => lock(dim),
          sweep: () => toggleSweep(facts),
          open: () => toggleCard(facts),
        };
        return [dim, createSlider(facts, longest, actions)];
      }),
    );
    arrange();
  }

  /** Orders and filters the rows. */
  function arrange() {
    const { preferences, module, latents: known, span } = store.state;
    const { order, search, quiet } = preferences;
    const hop = chosenLayer(store.state)?.hop_seconds ?? 1;
    const activity = order === 'span' && known?.module === module ? klOverSpan(known, span, hop) : null;
    const { edits, muted } = currentEdits(store.state);
    const touched = new Set([...edits.map(({ dim }) => dim), ...muted]);
    const found = sortDimensions(
      [...sliders.values()].map(({ facts }) => facts),
      order,
      activity,
    ).filter((facts) => matchesSearch(facts, search));
    const hidden = quiet || search ? [] : found.filter(({ dim, active }) => active === false && !touched.has(dim));
    const rows = found
      .filter((facts) => !hidden.includes(facts))
      .map(({ dim }) => /** @type {HTMLElement} */ (sliders.get(dim)?.element));
    if (rows.length !== list.children.length || rows.some((row, index) => list.children[index] !== row)) {
      // Moving a row removes the focus: restore it.
      const focused = document.activeElement;
      list.replaceChildren(...rows);
      if (focused instanceof HTMLElement && list.contains(focused)) focused.focus({ preventScroll: true });
    }
    const quietOnes = [...sliders.values()].filter(({ facts }) => facts.active === false).length;
    rest.hidden = !quietOnes || Boolean(search);
    rest.textContent = hidden.length
      ? `Show ${hidden.length} more dimensions that carry almost no information`
      : 'Hide dimensions that carry almost no information';
    byId('sliders-none').hidden = rows.length > 0 || sliders.size === 0;
    show();
  }

  function show() {
    const { op, span, locked, preferences } = store.state;
    const now = currentEdits(store.state);
    const edits = editsOver(now, span);
    const throughout = span ? editsOver(now, null) : new Map();
    const summary = summaryOf(store.state, store.state.module);
    for (const [dim, slider] of sliders) {
      const elsewhere = now.edits.filter((edit) => edit.dim === dim && !sameSpan(edit.span, span)).length;
      const state = {
        edit: edits.get(dim) ?? null,
        op,
        ...sliderRange(slider.facts, preferences.range),
        muted: now.muted.includes(dim),
        locked: locked.includes(dim),
        mean: summary?.mean[dim] ?? null,
        std: summary?.std[dim] ?? null,
        open: cards.has(dim),
        elsewhere,
        whole: throughout.get(dim) ?? null,
      };
      slider.show(state);
      cards.get(dim)?.show({ ...state, sweeping: sweep.dim === dim });
    }
  }

  store.on(['modelInfo', 'module'], () => {
    store.set({ locked: [] });
    build();
  });
  store.on(['recording'], () => {
    if (dimensionsOf(store.state).some(({ dim, kl }) => kl !== sliders.get(dim)?.facts.kl)) build();
    for (const card of cards.values()) card.picture();
  });
  store.on(['preferences', 'latents'], arrange);
  store.on(['span'], () => (store.state.preferences.order === 'span' ? arrange() : show()));
  store.on(['editsByLayer', 'op', 'recording', 'locked', 'segment'], show);
  store.on(['preferences'], () => latents.watch('sliders', store.state.preferences.order === 'span'));
  rest.addEventListener('click', () => {
    const { preferences } = store.state;
    store.set({ preferences: { ...preferences, quiet: !preferences.quiet } });
  });
}
