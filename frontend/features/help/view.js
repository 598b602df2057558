/** Dialog with the keyboard shortcuts and the glossary. */
import { SHORTCUTS } from '../../core/keys.js';
import { byId, make } from '../../drawing/dom.js';
import { WORDS } from './glossary.js';

/** @type {Record<import('../../core/keys.js').Place, string>} */
const PLACES = { everywhere: 'Everywhere', slider: 'On a slider', timeline: 'On the timeline' };

const ON_A_MAC = navigator.userAgent.includes('Macintosh');

/** @returns {{open: () => void}} */
export function showHelp() {
  const sheet = /** @type {HTMLDialogElement} */ (byId('help-sheet'));
  byId('help-keys').replaceChildren(
    ...Object.entries(PLACES).map(([where, title]) =>
      make(
        'section',
        {},
        make('h3', {}, title),
        make(
          'dl',
          {},
          ...SHORTCUTS.filter((shortcut) => shortcut.where === where).map(({ keys, description }) =>
            make('div', {}, make('dt', {}, ...keyCaps(keys)), make('dd', {}, description)),
          ),
        ),
      ),
    ),
  );
  byId('help-glossary').replaceChildren(
    ...WORDS.map(({ word, means }) => make('div', {}, make('dt', {}, word), make('dd', {}, means))),
  );
  byId('help-open').addEventListener('click', () => sheet.showModal());
  byId('help-close').addEventListener('click', () => sheet.close());
  sheet.addEventListener('click', ({ target }) => target === sheet && sheet.close()); // a click on the backdrop closes
  return { open: () => sheet.showModal() };
}

/** @param {readonly string[]} keys */
const keyCaps = (keys) =>
  keys.map((key) => make('kbd', {}, ON_A_MAC ? key.replace('Ctrl', '⌘').replace('Shift', '⇧') : key));
