/** The choice of the depth: one card a module, with how often it looks and how much it sees. */
import { milliseconds } from '../../core/format.js';
import { make, byId } from '../../drawing/dom.js';

/** @param {import('../../core/state.js').Store} store */
export function showLayerChoice(store) {
  const group = byId('modules');

  store.on(['card'], () => {
    const { card } = store.state;
    const widest = Math.max(...(card?.modules ?? []).map((one) => one.receptive_field_seconds));
    group.replaceChildren(...(card?.modules ?? []).map((one) => cardOf(one, widest)));
    mark();
  });

  /**
   * @param {import('../../server/api.js').Module} module
   * @param {number} widest receptive field of the model, in seconds
   */
  function cardOf({ module, dims, hop_seconds: hop, receptive_field_seconds: field }, widest) {
    const radio = make('input', { type: 'radio', name: 'module', value: String(module) });
    radio.addEventListener('change', () => store.set({ module }));
    const reach = make('i', { ariaHidden: 'true' });
    reach.style.setProperty('--reach', String(field / widest));
    return make(
      'label',
      { className: 'module' },
      radio,
      make('b', {}, `Module ${module}`),
      reach,
      make('span', {}, `sees ${milliseconds(field)}`),
      make('span', {}, `every ${milliseconds(hop)}`),
      make('span', {}, `${dims} dimensions`),
    );
  }

  function mark() {
    for (const radio of group.querySelectorAll('input')) radio.checked = Number(radio.value) === store.state.module;
  }
  store.on(['module'], mark);
}
