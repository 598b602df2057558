/** View of a hot spot: similarity and stability, its labels and its dimensions. */
import { fixed } from '../../core/format.js';
import { byId, make } from '../../drawing/dom.js';
import { spotOf } from './model.js';

/** @typedef {import('../../server/ensembles.js').Measured} Measured */

/** @param {Measured} measured */
const ends = ({ value, low, high }) => `${fixed(value, 2)} [${fixed(low, 2)}, ${fixed(high, 2)}]`;

/** @param {import('../../core/state.js').Store} store */
export function showSpot(store) {
  store.on(['ensemble', 'ensembleChoice'], show);
  function show() {
    const chosen = spotOf(store.state);
    byId('spot').hidden = !chosen;
    byId('spot-none').hidden = Boolean(chosen);
    if (!chosen) return;
    const { number, spot, ensemble } = chosen;
    byId('spot-title').textContent = `Hot spot ${number}`;
    byId('spot-about').textContent =
      `${spot.channels.length} dimensions of ${spot.models} of ${ensemble.members.length} models, in layer${spot.modules.length > 1 ? 's' : ''} ${spot.modules.join(', ')}; ` +
      `mean information ${fixed(spot.bits, 2)} bits, mean pairwise NMI ${fixed(spot.mean_nmi, 2)}. Stability, as overlap from 0 to 1: ` +
      `${ends(spot.stability)} over resampled recordings, ${ends(spot.stability_of_models)} over three quarters of the models.`;
    byId('spot-labels').replaceChildren(
      ...spot.labels.map(({ label, nmi, shared_bits: bits }) => {
        const track = make('span', { className: 'factor-track' }, bar(nmi), whisker(nmi));
        return make(
          'li',
          {},
          make('span', {}, label.replace('_', ' ')),
          track,
          make('b', { title: `NMI of the centre with ${label}, 95 % interval` }, ends(nmi)),
          make('span', { className: 'spot-bits' }, `${ends(bits)} bits`),
        );
      }),
    );
    byId('spot-channels').replaceChildren(
      ...spot.channels.map((channel, place) => {
        const { member, module, dim, bits, monte_carlo: drawn } = ensemble.channels[channel];
        const name = `${ensemble.members[member].member}${channel === spot.centre ? ', the centre' : ''}`;
        const cells = [String(module), String(dim), fixed(bits, 2), ends(drawn), fixed(spot.nmi[place], 2)];
        return make('tr', {}, make('th', { scope: 'row' }, name), ...cells.map((text) => make('td', {}, text)));
      }),
    );
  }
  show();
}

/** @param {Measured} measured from 0 to 1 */
function bar({ value }) {
  const element = make('i', { className: 'factor-bar' });
  element.style.width = `${100 * Math.min(1, Math.max(0, value))}%`;
  return element;
}

/** @param {Measured} measured from 0 to 1 */
function whisker({ low, high }) {
  const element = make('i', { className: 'factor-interval' });
  const [from, to] = [low, high].map((end) => 100 * Math.min(1, Math.max(0, end)));
  element.style.left = `${from}%`;
  element.style.width = `${to - from}%`;
  return element;
}
