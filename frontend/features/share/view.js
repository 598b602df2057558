/** Keep and share: the address, files of what is seen and heard, and Python that repeats it. */
import { toAddress } from '../../core/address.js';
import { digestOf } from '../../core/digest.js';
import { make, byId } from '../../drawing/dom.js';
import { download, downloadSound, fileStem } from '../../server/download.js';
import { captionOf } from './caption.js';
import { latentsOf } from './decoder-latents.js';
import { npyOf } from './npy.js';
import { pictureOf } from './picture.js';
import { recipeOf } from './recipe.js';
import { throughService, throughTrainer } from './snippets.js';

const COPIED_MS = 2000;

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/latents.js').LatentsWatch} latents
 * @returns {{open: () => void}}
 */
export function showShare(store, latents) {
  const sheet = /** @type {HTMLDialogElement} */ (byId('share-sheet'));
  const opener = /** @type {HTMLButtonElement} */ (byId('share-open'));
  const address = /** @type {HTMLInputElement} */ (byId('share-address'));
  const way = byId('share-code-source');
  /** @type {import('./recipe.js').Recipe | null} */
  let recipe = null;

  const files = [
    savedFile('Sound', 'WAV', 'what is decoded', () => downloadSound(store)),
    savedFile('Picture', 'PNG', 'both spectrograms with axes', savePicture),
    savedFile('Latents', 'NPY', 'after the edits, float32 [dims, frames]', () => {
      const kept = latentsOf(store.state);
      if (typeof kept !== 'string') save('npy', npyOf(kept.values, kept.shape));
    }),
    savedFile('Recipe', 'JSON', 'model, recording and edits', () =>
      save('json', new Blob([`${JSON.stringify(recipe, null, 2)}\n`], { type: 'application/json' })),
    ),
    savedFile('Recording', '', 'the original, as it was opened', () => {
      const { recording } = store.state;
      if (recording?.file) download(recording.file, recording.name);
    }),
  ];
  const [, , latent, , original] = files;
  byId('share-files').replaceChildren(...files.map(({ element }) => element));

  const save = (/** @type {string} */ ending, /** @type {Blob} */ content) =>
    download(content, `${fileStem(store.state)}.${ending}`);

  async function savePicture() {
    const { recording, decoded } = store.state;
    if (!decoded || !recipe) return;
    const before = recording?.encoded ? [{ title: 'Original', spectrogram: recording.encoded.spectrogram }] : [];
    const canvas = pictureOf(
      [...before, { title: 'Decoded', spectrogram: decoded.spectrogram }],
      decoded.duration,
      captionOf(recipe),
    );
    canvas.toBlob((blob) => blob && save('png', blob), 'image/png');
  }

  /** Everything here speaks of one sound, and follows it. */
  async function show() {
    const { decoded, recording } = store.state;
    const digest = decoded && (await digestOf(decoded.audio));
    if (store.state.decoded !== decoded) return;
    recipe = recipeOf(store.state, digest);
    address.value = new URL(`#${toAddress(store.state)}`, location.href).href;
    byId('share-address-note').textContent = addressNote(store.state);
    const kept = latentsOf(store.state);
    latent.allow(typeof kept === 'string' ? kept : null);
    original.allow(recording?.file ? null : 'The page does not have the file.');
    showCode();
  }

  function showCode() {
    const chosen = /** @type {HTMLInputElement | null} */ (way.querySelector(':checked'))?.value;
    const file = `${fileStem(store.state)}.wav`;
    const code =
      recipe &&
      (chosen === 'trainer'
        ? throughTrainer(recipe, file)
        : throughService(recipe, new URL('.', document.baseURI).href.replace(/\/$/, ''), file));
    byId('share-code').textContent = code ?? '';
  }

  function open() {
    if (opener.disabled || sheet.open) return;
    latents.watch('share', true);
    show();
    sheet.showModal();
  }

  store.on(['decoded'], () => (opener.disabled = !store.state.decoded));
  store.on(['decoded', 'latents', 'recording', 'span', 'panel'], () => sheet.open && show());
  opener.addEventListener('click', open);
  way.addEventListener('change', showCode);
  sheet.addEventListener('close', () => latents.watch('share', false));
  sheet.addEventListener('click', ({ target }) => target === sheet && sheet.close()); // beside the sheet
  byId('share-close').addEventListener('click', () => sheet.close());
  byId('share-copy-address').addEventListener('click', ({ currentTarget }) =>
    copy(address.value, address, currentTarget),
  );
  byId('share-copy-code').addEventListener('click', ({ currentTarget }) =>
    copy(byId('share-code').textContent ?? '', byId('share-code'), currentTarget),
  );
  return { open };
}

/**
 * @param {string} title
 * @param {string} ending
 * @param {string} detail
 * @param {() => void} save
 */
function savedFile(title, ending, detail, save) {
  const about = make('span', {}, detail);
  const button = make('button', { type: 'button' }, make('b', {}, title, ' ', make('i', {}, ending)), about);
  button.addEventListener('click', save);
  return {
    element: make('li', {}, button),
    /** @param {string | null} reason why it is not to be had */
    allow(reason) {
      button.disabled = reason !== null;
      about.textContent = reason ?? detail;
    },
  };
}

/** @param {import('../../core/state.js').State} state */
function addressNote({ clip, file }) {
  const near = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
    ? 'It leads to this very computer. '
    : '';
  if (!clip) return `${near}Whoever opens it hears and sees the same.`;
  return `${near}Whoever opens it hears the same while the server holds the recording; after that, the page asks for ${file ?? 'the file'}.`;
}

/**
 * @param {string} text
 * @param {HTMLElement} shown where it stands: it is marked there when the browser does not let the page copy
 * @param {EventTarget | null} button
 */
async function copy(text, shown, button) {
  const said = button instanceof HTMLElement ? button : shown;
  const before = said.dataset.says ?? said.textContent ?? '';
  said.dataset.says = before;
  try {
    await navigator.clipboard.writeText(text);
    said.textContent = 'Copied';
  } catch {
    if (shown instanceof HTMLInputElement) shown.select();
    else getSelection()?.selectAllChildren(shown);
    said.textContent = 'Press Ctrl C';
  }
  setTimeout(() => (said.textContent = before), COPIED_MS);
}
