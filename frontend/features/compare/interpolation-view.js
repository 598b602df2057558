/** Interpolation two clips: which second one, the interpolation there in pictures, a slider along it, and which dimensions make the difference. */
import { make, byId } from '../../drawing/dom.js';
import { createPalette, sharedRange } from '../../drawing/palette.js';
import { curveWords, drawCurve } from './contribution-curve.js';
import { cumulated, STEPS } from './interpolation.js';

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./interpolation.js').Interpolation} between
 * @param {import('../transport/view.js').Transport} transport
 */
export function showInterpolation(store, between, { toggle, playReleased }) {
  const share = /** @type {HTMLInputElement} */ (byId('blend-share'));
  const top = /** @type {HTMLInputElement} */ (byId('top'));
  const play = /** @type {HTMLButtonElement} */ (byId('play-blend'));
  const palette = createPalette(drawPictures);
  const shares = Array.from({ length: STEPS }, (_, step) => step / (STEPS - 1));
  const cells = shares.map((at) => {
    const canvas = make('canvas', { ariaHidden: 'true' });
    const button = make(
      'button',
      { type: 'button', className: 'cell', ariaLabel: `${Math.round(at * 100)} % of the interpolation` },
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

  const release = () => playReleased('blend', between.settled);

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
    share.ariaValueText = `${there} % of the interpolation`;
    byId('blend-share-value').textContent = `${there} %`;
    play.disabled = !otherSounds.blend;
    play.setAttribute('aria-pressed', String(playing === 'blend'));
    for (const { at, button } of cells) button.ariaCurrent = String(Math.abs(at - compare.share) < 1e-6);
    byId('interpolation').ariaBusy = String(pending.includes('interpolation'));
    byId('interpolation-body').hidden = !second;
    byId('second-note').textContent = !second
      ? 'Choose a clip to walk to: both are decoded from one module, unedited, and so is every place between them.'
      : second.clip === recording?.clip
        ? 'This is the open recording itself: there is no interpolation to go.'
        : `${here} % ${recording?.name}, ${there} % ${second.name}, at the pace of the first.`;
  }
  show();
}

/**
 * @param {number} moved
 * @param {number[]} sums
 */
function movedWords(moved, sums) {
  if (moved >= sums.length) return `All ${sums.length} dimensions are moved.`;
  return `The ${moved === 1 ? 'one that contributes' : `${moved} that contribute`} most ${moved === 1 ? 'is' : 'are'} moved: ${Math.round(sums[moved - 1] * 100)} % of the distance.`;
}

/** @param {import('../../core/state.js').Store} store The choice of the second clip: an example, or a recording opened lately. */
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
