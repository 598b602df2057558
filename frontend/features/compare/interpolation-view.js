/** Between two clips: which second one, the way there in pictures, a slider along it, and which dimensions make the difference. */
import { make, part } from '../../drawing/dom.js';
import { createPalette, sharedRange } from '../../drawing/palette.js';
import { curveWords, drawCurve } from './contribution-curve.js';
import { cumulated, STEPS } from './interpolation.js';

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('./interpolation.js').Between} between
 * @param {import('../transport/view.js').Transport} transport
 */
export function showBetween(store, between, { toggle, playReleased }) {
  const share = /** @type {HTMLInputElement} */ (part('share'));
  const top = /** @type {HTMLInputElement} */ (part('top'));
  const play = /** @type {HTMLButtonElement} */ (part('play-blend'));
  const palette = createPalette(drawPictures);
  const shares = Array.from({ length: STEPS }, (_, step) => step / (STEPS - 1));
  const cells = shares.map((at) => {
    const canvas = make('canvas', { ariaHidden: 'true' });
    const button = make(
      'button',
      { type: 'button', className: 'cell', ariaLabel: `${Math.round(at * 100)} % of the way` },
      canvas,
    );
    button.addEventListener('click', () => {
      choose({ share: at });
      release();
    });
    return { at, canvas, button };
  });
  part('way').append(...cells.map(({ button }) => button));

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
    const { way } = store.state;
    for (const [step, { canvas }] of cells.entries()) {
      canvas.hidden = !way;
      if (way) palette.draw(canvas, way.spectrograms[step], sharedRange(store.state, way.spectrograms[0]));
    }
  }
  function drawContribution() {
    const { way, compare } = store.state;
    const sums = cumulated(way?.contribution ?? []);
    top.max = String(sums.length || 1);
    const moved = Math.min(compare.top ?? Infinity, sums.length || 1);
    top.value = String(moved);
    part('curve-words').textContent = sums.length ? curveWords(sums) : '';
    part('top-value').textContent = sums.length ? movedWords(moved, sums) : '';
    drawCurve(/** @type {HTMLCanvasElement} */ (part('curve')), sums);
    part('curve-mark').style.left = `${((moved - 1) / Math.max(1, sums.length - 1)) * 100}%`;
    part('curve-mark').style.bottom = `${(sums[moved - 1] ?? 0) * 100}%`;
  }
  store.on(['way'], drawPictures);
  store.on(['way', 'compare'], drawContribution);
  new ResizeObserver(drawContribution).observe(part('curve'));

  store.on(['compare', 'asides', 'heard', 'pending', 'second', 'recording'], show);
  function show() {
    const { compare, asides, heard, pending, second, recording } = store.state;
    const [here, there] = [Math.round((1 - compare.share) * 100), Math.round(compare.share * 100)];
    if (document.activeElement !== share) share.value = String(compare.share);
    share.ariaValueText = `${there} % of the way`;
    part('share-value').textContent = `${there} %`;
    play.disabled = !asides.blend;
    play.setAttribute('aria-pressed', String(heard === 'blend'));
    for (const { at, button } of cells) button.ariaCurrent = String(Math.abs(at - compare.share) < 1e-6);
    part('way').ariaBusy = String(pending.includes('way'));
    part('way-shown').hidden = !second;
    part('second-note').textContent = !second
      ? 'Choose a clip to walk to: both are decoded from one module, unedited, and so is every place between them.'
      : second.clip === recording?.clip
        ? 'This is the open recording itself: there is no way to go.'
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
  const select = /** @type {HTMLSelectElement} */ (part('second'));

  function show() {
    const { examples, recents, compare, second } = store.state;
    const option = (/** @type {string} */ value, /** @type {string} */ text) => make('option', { value }, text);
    const known = recents.map(({ clip, name }) => option(`clip ${clip}`, name));
    if (compare.clip && !recents.some(({ clip }) => clip === compare.clip))
      known.push(option(`clip ${compare.clip}`, second?.name ?? compare.file ?? 'the second recording'));
    select.replaceChildren(
      option('', 'Choose a clip'),
      ...known,
      ...examples.map(({ id, label, speaker }) => option(`example ${id}`, speaker ? `${label}, ${speaker}` : label)),
    );
    select.value = compare.example ? `example ${compare.example}` : compare.clip ? `clip ${compare.clip}` : '';
    if (select.selectedIndex < 0) select.value = '';
  }
  store.on(['examples', 'recents', 'second'], show);
  store.on(['compare'], () => {
    const { example, clip } = store.state.compare;
    if (select.value !== (example ? `example ${example}` : clip ? `clip ${clip}` : '')) show();
  });
  show();

  select.addEventListener('change', () => {
    const [, kind, name] = /^(example|clip) (.*)$/.exec(select.value) ?? [];
    const recent = store.state.recents.find(({ clip }) => clip === name);
    const chosen =
      kind === 'clip'
        ? { example: null, clip: name, file: recent?.name ?? store.state.compare.file }
        : { example: name ?? null, clip: null, file: null };
    store.set({ compare: { ...store.state.compare, ...chosen } });
  });
}
