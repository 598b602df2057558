/** The dialog "Export and share": link, files, and Python code that reproduces the sound. */
import { toAddress } from '../../core/address.js';
import { digestOf } from '../../core/digest.js';
import { byId, make } from '../../drawing/dom.js';
import { download, downloadSound, fileStem } from '../../server/download.js';
import { captionOf } from './caption.js';
import { latentsOf } from './decoder-latents.js';
import { npyOf } from './npy.js';
import { pictureOf } from './picture.js';
import { recipeOf } from './recipe.js';
import { httpCode, libraryCode } from './snippets.js';

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
  const codeSource = byId('share-code-source');
  /** @type {import('./recipe.js').Recipe | null} */
  let recipe = null;

  const files = [
    savedFile('Sound', 'WAV', 'decoded sound', () => downloadSound(store)),
    savedFile('Picture', 'PNG', 'both spectrograms with axes', savePicture),
    savedFile('Latents', 'NPY', 'edited latents, float32 [dims, frames]', () => {
      const edited = latentsOf(store.state);
      if (typeof edited !== 'string') save('npy', npyOf(edited.values, edited.shape));
    }),
    savedFile('Recipe', 'JSON', 'model, recording and edits', () =>
      save('json', new Blob([`${JSON.stringify(recipe, null, 2)}\n`], { type: 'application/json' })),
    ),
    savedFile('Recording', '', 'original file', () => {
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

  /** Updates the dialog to the current sound. */
  async function show() {
    const { decoded, recording } = store.state;
    const digest = decoded && (await digestOf(decoded.audio));
    if (store.state.decoded !== decoded) return;
    recipe = recipeOf(store.state, digest);
    address.value = new URL(`#${toAddress(store.state)}`, location.href).href;
    byId('share-address-note').textContent = addressNote(store.state);
    const edited = latentsOf(store.state);
    latent.allow(typeof edited === 'string' ? edited : null);
    original.allow(recording?.file ? null : 'The page does not have this file.');
    showCode();
  }

  function showCode() {
    const chosen = /** @type {HTMLInputElement | null} */ (codeSource.querySelector(':checked'))?.value;
    const file = `${fileStem(store.state)}.wav`;
    const code =
      recipe &&
      (chosen === 'library'
        ? libraryCode(recipe, file)
        : httpCode(recipe, new URL('.', document.baseURI).href.replace(/\/$/, ''), file));
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
  codeSource.addEventListener('change', showCode);
  sheet.addEventListener('close', () => latents.watch('share', false));
  sheet.addEventListener('click', ({ target }) => target === sheet && sheet.close()); // a click on the backdrop closes
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
    /** @param {string | null} reason why the file is not available */
    allow(reason) {
      button.disabled = reason !== null;
      about.textContent = reason ?? detail;
    },
  };
}

/** @param {import('../../core/state.js').State} state */
function addressNote({ clip, file }) {
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
    ? 'This link works only on this computer. '
    : '';
  if (!clip) return `${local}It restores the recording, the edits and the view.`;
  return `${local}It restores everything while the server stores the recording; after that, the page asks for ${file ?? 'the file'}.`;
}

/**
 * @param {string} text
 * @param {HTMLElement} shown element with the text, selected if the browser does not allow copying
 * @param {EventTarget | null} button
 */
async function copy(text, shown, button) {
  const label = button instanceof HTMLElement ? button : shown;
  const before = label.dataset.label ?? label.textContent ?? '';
  label.dataset.label = before;
  try {
    await navigator.clipboard.writeText(text);
    label.textContent = 'Copied';
  } catch {
    if (shown instanceof HTMLInputElement) shown.select();
    else getSelection()?.selectAllChildren(shown);
    label.textContent = 'Press Ctrl C';
  }
  setTimeout(() => (label.textContent = before), COPIED_MS);
}
