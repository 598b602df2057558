/**
 * View of the interpolation: choice of the second clip, steps as pictures, position slider, contribution of the
 * dimensions.
 */
import { byId, make } from '../../drawing/dom.js';
import { createPalette, sharedRange } from '../../drawing/palette.js';
import { curveWords, drawCurve } from './contribution-curve.js';
import { cumulated, STEPS } from './interpolation.js';

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./interpolation.js').Interpolation} interpolation
 * @param {import('../transport/view.js').Transport} transport
 */
export function showInterpolation(store, interpolation, { toggle, playReleased }) {
  const share = /** @type {HTMLInputElement} */ (byId('blend-share'));
  const top = /** @type {HTMLInputElement} */ (byId('top'));
  const play = /** @type {HTMLButtonElement} */ (byId('play-blend'));
  const palette = createPalette(drawPictures);
  const shares = Array.from({ length: STEPS }, (_, step) => step / (STEPS - 1));
  const cells = shares.map((at) => {
    const canvas = make('canvas', { ariaHidden: 'true' });
    const button = make(
      'button',
      { type: 'button', className: 'cell', ariaLabel: `${Math.round(at * 100)} % morphed` },
      canvas,
    );
    button.addEventListener('click', () => {
      choose({ share: at });
      release();
    });
    return { at, canvas, button };
  });
  byId('interpolation').append(...cells.map(({ button }) => button));

  showSecond(store);

  /** @param {Partial<import('../../core/choice.js').Compare>} patch */
  const choose = (patch) => store.set({ compare: { ...store.state.compare, ...patch } });

  const release = () => playReleased('blend', interpolation.settled);

  share.addEventListener('input', () => choose({ share: share.valueAsNumber }));
  share.addEventListener('change', release);
  top.addEventListener('input', () => choose({ top: top.valueAsNumber >= Number(top.max) ? null : top.valueAsNumber }));
  top.addEventListener('change', release);
  play.addEventListener('click', () => toggle('blend'));

  function drawPictures() {
    const { interpolation } = store.state;
    for (const [step, { canvas }] of cells.entries()) {
      canvas.hidden = !interpolation;
      if (interpolation)
        palette.draw(canvas, interpolation.spectrograms[step], sharedRange(store.state, interpolation.spectrograms[0]));
    }
  }
  function drawContribution() {
    const { interpolation, compare } = store.state;
    const sums = cumulated(interpolation?.contribution ?? []);
    top.max = String(sums.length || 1);
    const moved = Math.min(compare.top ?? Infinity, sums.length || 1);
    top.value = String(moved);
    byId('curve-words').textContent = sums.length ? curveWords(sums) : '';
    byId('top-value').textContent = sums.length ? movedWords(moved, sums) : '';
    drawCurve(/** @type {HTMLCanvasElement} */ (byId('curve')), sums);
    byId('curve-mark').style.left = `${((moved - 1) / Math.max(1, sums.length - 1)) * 100}%`;
    byId('curve-mark').style.bottom = `${(sums[moved - 1] ?? 0) * 100}%`;
  }
  store.on(['interpolation'], drawPictures);
  store.on(['interpolation', 'compare'], drawContribution);
  new ResizeObserver(drawContribution).observe(byId('curve'));

  store.on(['compare', 'otherSounds', 'playing', 'pending', 'second', 'recording'], show);
  function show() {
    const { compare, otherSounds, playing, pending, second, recording } = store.state;
    const [here, there] = [Math.round((1 - compare.share) * 100), Math.round(compare.share * 100)];
    if (document.activeElement !== share) share.value = String(compare.share);
    share.ariaValueText = `${there} % morphed`;
    byId('blend-share-value').textContent = `${there} %`;
    play.disabled = !otherSounds.blend;
    play.ariaBusy = String(pending.includes('blend'));
    play.setAttribute('aria-pressed', String(playing === 'blend'));
    for (const { at, button } of cells) button.ariaCurrent = String(Math.abs(at - compare.share) < 1e-6);
    byId('interpolation').ariaBusy = String(pending.includes('interpolation'));
    byId('interpolation-body').hidden = !second;
    byId('second-note').textContent = !second
      ? 'Choose a second clip. Latents between the two clips are decoded from one layer, without edits.'
      : second.clip === recording?.clip
        ? 'Same recording: choose another.'
        : `${here} % ${recording?.name}, ${there} % ${second.name}. Using the first clip's timing.`;
  }
  show();
}

/**
 * @param {number} moved
 * @param {number[]} sums
 */
function movedWords(moved, sums) {
  if (moved >= sums.length) return `All ${sums.length} dimensions move.`;
  return `The top ${moved} of ${sums.length} dimensions move: ${Math.round(sums[moved - 1] * 100)} % of the distance.`;
}

/** @param {import('../../core/state.js').Store} store Choice of the second clip: an example or a recent file. */
function showSecond(store) {
  const select = /** @type {HTMLSelectElement} */ (byId('second'));

  function show() {
    const { examples, recentFiles, compare, second } = store.state;
    const option = (/** @type {string} */ value, /** @type {string} */ text) => make('option', { value }, text);
    const known = recentFiles.map(({ clip, name }) => option(`clip ${clip}`, name));
    if (compare.clip && !recentFiles.some(({ clip }) => clip === compare.clip))
      known.push(option(`clip ${compare.clip}`, second?.name ?? compare.file ?? 'the second recording'));
    select.replaceChildren(
      option('', 'Choose a clip'),
      ...known,
      ...examples.map(({ id, label, speaker }) => option(`example ${id}`, speaker ? `${label}, ${speaker}` : label)),
    );
    select.value = compare.example ? `example ${compare.example}` : compare.clip ? `clip ${compare.clip}` : '';
    if (select.selectedIndex < 0) select.value = '';
  }
  store.on(['examples', 'recentFiles', 'second'], show);
  store.on(['compare'], () => {
    const { example, clip } = store.state.compare;
    if (select.value !== (example ? `example ${example}` : clip ? `clip ${clip}` : '')) show();
  });
  show();

  select.addEventListener('change', () => {
    const [, kind, name] = /^(example|clip) (.*)$/.exec(select.value) ?? [];
    const recent = store.state.recentFiles.find(({ clip }) => clip === name);
    const chosen =
      kind === 'clip'
        ? { example: null, clip: name, file: recent?.name ?? store.state.compare.file }
        : { example: name ?? null, clip: null, file: null };
    store.set({ compare: { ...store.state.compare, ...chosen } });
  });
}
