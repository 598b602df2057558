/** Tabs of the panels, with arrow keys. */
import { PANELS } from '../../core/choice.js';
import { byId } from '../../drawing/dom.js';

/** @param {import('../../core/state.js').Store} store */
export function showPanels(store) {
  const tabs = new Map(PANELS.map((panel) => [panel, byId(`tab-${panel}`)]));

  for (const [panel, tab] of tabs) {
    tab.addEventListener('click', () => store.set({ panel }));
    tab.addEventListener('keydown', (/** @type {KeyboardEvent} */ { key }) => {
      const by = key === 'ArrowRight' ? 1 : key === 'ArrowLeft' ? -1 : 0;
      if (!by) return;
      const next = PANELS[(PANELS.indexOf(panel) + by + PANELS.length) % PANELS.length];
      store.set({ panel: next });
      tabs.get(next)?.focus();
    });
  }

  store.on(['panel'], show);
  function show() {
    const { panel: chosen } = store.state;
    byId('explorer').dataset.panel = chosen;
    for (const [panel, tab] of tabs) {
      tab.ariaSelected = String(panel === chosen);
      tab.tabIndex = panel === chosen ? 0 : -1;
      byId(`panel-${panel}`).hidden = panel !== chosen;
    }
  }
  show();
}
