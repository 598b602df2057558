/** First steps: three hints, each ticked when done. Once closed they are not shown again. */
import { byId } from '../../drawing/dom.js';

/** @typedef {import('../../core/state.js').State} State */

/** Key read by onboarding.js. */
const SEEN = 'sim-explorer-steps';

/**
 * The steps: condition for done, element to highlight, element to focus.
 * @type {readonly {id: string, target: string, focus: string, keys: readonly (keyof State)[], done: (now: State,
 * before: State) => boolean}[]}
 */
const STEPS = [
  {
    id: 'step-recording',
    target: 'recordings',
    focus: '#recordings button',
    keys: ['recording'],
    done: (now, before) => before.recording !== null && now.recording !== before.recording,
  },
  {
    id: 'step-slider',
    target: 'panel-sliders',
    focus: '#sliders [type=range]',
    keys: ['editsByLayer'],
    done: (now) => now.phase === 'ready' && Object.values(now.editsByLayer).some(({ edits }) => edits.length > 0),
  },
  {
    id: 'step-listen',
    target: 'timeline',
    focus: '#lanes',
    keys: ['span', 'playing'],
    done: (now) => now.span !== null || typeof now.playing === 'number',
  },
];

/** @param {import('../../core/state.js').Store} store */
export function showSteps(store) {
  const { dataset } = document.documentElement;
  if (dataset.onboarding !== 'true') return;
  let before = store.state;

  for (const [place, { id, target, focus, keys, done }] of STEPS.entries()) {
    const step = byId(id);
    const shown = byId(target);
    for (const [type, on] of /** @type {const} */ ([
      ['pointerenter', true],
      ['pointerleave', false],
      ['focus', true],
      ['blur', false],
    ])) {
      step.addEventListener(type, () => shown.classList.toggle('pointed-at', on));
    }
    step.addEventListener('click', () => {
      if (target === 'panel-sliders') store.set({ panel: 'sliders' });
      shown.scrollIntoView({ block: 'nearest' });
      /** @type {HTMLElement | null} */ (document.querySelector(focus))?.focus({ preventScroll: true });
    });
    store.on(keys, () => {
      if (step.dataset.done === 'true' || !done(store.state, before)) return;
      for (const earlier of STEPS.slice(0, place + 1)) tick(byId(earlier.id)); // a later step implies the earlier ones
      remember();
    });
  }
  store.on(['recording'], () => (before = store.state));

  byId('steps-close').addEventListener('click', () => {
    dataset.onboarding = 'false';
    remember();
  });

  /** @param {HTMLElement} step */
  function tick(step) {
    step.dataset.done = 'true';
    step.ariaDescription = 'Done';
  }

  /** Remembers that the steps were seen. */
  function remember() {
    try {
      localStorage.setItem(SEEN, 'seen');
    } catch {
      // Without local storage they are shown again.
    }
  }
}
