/** Sources of a recording: examples, recent files, a file chosen, pasted or dropped; and the choice of the model. */
import { seconds } from '../../core/format.js';
import { byId, make } from '../../drawing/dom.js';

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/session.js').Session} session
 */
export function showSources(store, session) {
  const list = byId('recordings');
  const file = /** @type {HTMLInputElement} */ (byId('file'));
  const models = /** @type {HTMLSelectElement} */ (byId('model'));

  store.on(['examples'], () => {
    const chips = store.state.examples.map(({ id, label, duration, speaker }) =>
      chip(id, label, speaker ?? seconds(duration), seconds(duration), () => session.openExample(id)),
    );
    byId('examples').replaceChildren(...chips);
    markChosen();
  });

  store.on(['recentFiles'], () => {
    const { recentFiles } = store.state;
    byId('recent-files').replaceChildren(
      ...recentFiles.map(({ clip, name, file, duration }) =>
        chip(clip, name, seconds(duration), name, () => session.openFile(file, name)),
      ),
    );
    byId('recent-files').hidden = !recentFiles.length;
    markChosen();
  });

  store.on(['example', 'clip'], markChosen);
  function markChosen() {
    const { example, clip } = store.state;
    for (const button of list.querySelectorAll('button')) {
      const chosen = button.dataset.opens === (example ?? clip);
      const before = button.getAttribute('aria-pressed');
      button.setAttribute('aria-pressed', String(chosen));
      if (chosen && before !== 'true') bringIntoSight(button);
    }
  }

  /** @param {HTMLElement} button scrolled into view within the list, without scrolling the page */
  function bringIntoSight(button) {
    const [inner, outer] = [button.getBoundingClientRect(), list.getBoundingClientRect()];
    if (inner.left < outer.left || inner.right > outer.right)
      list.scrollLeft += inner.left - outer.left - inner.width / 2;
  }

  const open = (/** @type {File | undefined} */ chosen) => chosen && session.openFile(chosen, chosen.name);
  file.addEventListener('change', () => {
    open(file.files?.[0]);
    file.value = ''; // choosing the same file again fires a change
  });
  acceptDrops(open);
  addEventListener('paste', (event) => {
    const pasted = event.clipboardData?.files[0];
    if (!pasted) return;
    event.preventDefault();
    open(pasted);
  });

  store.on(['models', 'model'], () => {
    const { models: known, model } = store.state;
    models.replaceChildren(
      ...known.map((one) => make('option', { value: one.model, selected: one.model === model }, one.model)),
    );
  });
  models.addEventListener('change', () => session.chooseModel(models.value));
}

/**
 * @param {string} opens id of the example or clip
 * @param {string} name
 * @param {string} detail
 * @param {string} title
 * @param {() => void} open
 */
function chip(opens, name, detail, title, open) {
  const button = make(
    'button',
    { type: 'button', className: 'chip', title },
    make('b', {}, name),
    make('span', {}, detail),
  );
  button.dataset.opens = opens;
  button.addEventListener('click', open);
  return button;
}

/** @param {(file: File | undefined) => void} open */
function acceptDrops(open) {
  const carriesFile = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files');
  const veil = byId('drop');
  let depth = 0; // dragenter and dragleave fire once per element crossed

  const hovering = (/** @type {boolean} */ over) => veil.classList.toggle('over', over);
  addEventListener('dragenter', (event) => carriesFile(event) && hovering(++depth > 0));
  addEventListener('dragleave', (event) => carriesFile(event) && hovering(--depth > 0));
  addEventListener('dragover', (event) => carriesFile(event) && event.preventDefault());
  addEventListener('drop', (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    hovering((depth = 0) > 0);
    open(event.dataTransfer?.files[0]);
  });
}
