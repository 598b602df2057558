/** View of two models: the same clip and the same edits, played at the same position. */
import { withEdit } from '../../core/edits.js';
import { fixed } from '../../core/format.js';
import { currentEdits, withLayerEdits } from '../../core/state.js';
import { byId, make } from '../../drawing/dom.js';
import { matchOf, secondModelOf, secondModelRequest } from './second-model.js';
import { createPair } from './sound-pair.js';

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../transport/view.js').Transport} transport
 * @param {() => void} release called when a change is complete
 */
export function showSecondModel(store, transport, release) {
  const select = /** @type {HTMLSelectElement} */ (byId('second-model'));
  const pair = createPair(byId('pair-second-model'), store, transport, { first: 'decoded', second: 'secondModel' });

  store.on(['models', 'model', 'compare'], () => {
    const { models, model } = store.state;
    const others = models.map((one) => one.model).filter((name) => name !== model);
    select.replaceChildren(...others.map((value) => make('option', { value }, value)));
    select.value = secondModelOf(store.state) ?? '';
    byId('second-model-body').hidden = !others.length;
    byId('second-model-none').hidden = others.length > 0;
  });
  select.addEventListener('change', () =>
    store.set({ compare: { ...store.state.compare, secondModel: select.value, match: null } }),
  );
  const linked = /** @type {HTMLInputElement} */ (byId('linked-slider'));
  linked.addEventListener('input', () => {
    const match = matchOf(store.state);
    if (match)
      store.set({
        editsByLayer: withLayerEdits(store.state, (now) =>
          withEdit(now, { dim: match.dim, op: 'add', value: linked.valueAsNumber, span: store.state.span }),
        ),
      });
  });
  linked.addEventListener('change', release);
  byId('unlink').addEventListener('click', () => store.set({ compare: { ...store.state.compare, match: null } }));

  /**
   * @param {import('../../core/dimension-match.js').Match} match
   * @param {readonly import('../../core/edits.js').Edit[]} edits
   */
  function showLinked({ dim }, edits) {
    const own = edits.findLast((edit) => edit.dim === dim && edit.op === 'add');
    linked.value = String(own?.value ?? 0);
    linked.ariaLabel = `Dimension ${dim}, in both models`;
    byId('linked-name').textContent = `Dimension ${dim}`;
    byId('linked-value').textContent = fixed(own?.value ?? 0, 2);
  }

  store.on(['decoded', 'otherSounds', 'secondModelInfo', 'compare', 'panel', 'editsByLayer', 'module'], show);
  function show() {
    const { decoded, otherSounds, compare, panel, model, module, recording } = store.state;
    if (panel !== 'compare' || compare.by !== 'models') return;
    const request = secondModelRequest(store.state);
    const { edits, muted } = currentEdits(store.state);
    const dropped = request ? edits.length + muted.length - request.edits.length : 0;
    const match = matchOf(store.state);
    byId('linked-row').hidden = !match;
    if (match) showLinked(match, edits);
    byId('second-model-note').textContent = match
      ? `Dimension ${match.dim} is linked with dimension ${match.toDim} of layer ${match.toModule}, its match with the highest NMI${match.sign < 0 ? ' (reversed: negative correlation on this recording)' : ''}.${dropped ? ` ${dropped} other edits apply to the first model only.` : ''}`
      : dropped
        ? `Same recording in both models; ${dropped} of ${edits.length + muted.length} edits are of dimensions that the second model lacks.`
        : 'Same recording and same edits in both models.';
    pair.show(
      { name: String(model), about: `layer ${module}`, sound: decoded, clip: recording?.clip },
      {
        name: request?.model ?? secondModelOf(store.state) ?? '',
        about: request ? `layer ${request.module}` : '',
        sound: otherSounds.secondModel ?? null,
        clip: recording?.clip,
      },
    );
  }
}
