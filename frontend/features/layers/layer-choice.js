/** Choice of the layer: one card per layer with its receptive field, hop and dimensions. */
import { milliseconds } from '../../core/format.js';
import { byId, make } from '../../drawing/dom.js';

/** @param {import('../../core/state.js').Store} store */
export function showLayerChoice(store) {
  const group = byId('modules');

  store.on(['modelInfo'], () => {
    const { modelInfo } = store.state;
    const widest = Math.max(...(modelInfo?.modules ?? []).map((one) => one.receptive_field_seconds));
    group.replaceChildren(...(modelInfo?.modules ?? []).map((one) => cardOf(one, widest)));
    mark();
  });

  /**
   * @param {import('../../server/api.js').Module} module
   * @param {number} widest receptive field of the model, in seconds
   */
  function cardOf({ module, dims, hop_seconds: hop, receptive_field_seconds: field }, widest) {
    const radio = make('input', { type: 'radio', name: 'module', value: String(module) });
    radio.addEventListener('change', () => store.set({ module }));
    const fieldBar = make('i', { ariaHidden: 'true' });
    fieldBar.style.setProperty('--field-share', String(field / widest));
    return make(
      'label',
      { className: 'module' },
      radio,
      make('b', {}, `Layer ${module}`),
      fieldBar,
      make('span', { title: 'Receptive field' }, `field ${milliseconds(field)}`),
      make('span', { title: 'Time between two frames' }, `hop ${milliseconds(hop)}`),
      make('span', {}, `${dims} dimensions`),
    );
  }

  function mark() {
    for (const radio of group.querySelectorAll('input')) radio.checked = Number(radio.value) === store.state.module;
  }
  store.on(['module'], mark);
}
