/** Timeline: waveform, original, decoded, difference and latents on one time axis, with view, selection and cursor. */
import { setPreferences } from '../../core/preferences.js';
import { displayedSound } from '../../core/state.js';
import { byId } from '../../drawing/dom.js';
import { showEditOutlines } from './edit-outlines.js';
import { listenToKeys } from './keyboard.js';
import { showLanes } from './lanes.js';
import { showLatents } from './latents-lane.js';
import { createMarks } from './marks.js';
import { areLatentsShown, createPictures } from './pictures.js';
import { showPlayhead } from './playhead.js';
import { listenToPointers } from './pointer.js';
import { createReadout } from './readout.js';
import { showSpan } from './span.js';
import { showZooming } from './zooming.js';

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../audio/player.js').Player} player
 * @param {object} host
 * @param {import('../../server/latents.js').LatentsWatch} host.latents
 * @param {import('../../audio/source-audio.js').SourceAudio} host.sourceAudio
 * @param {(side: import('../../core/state.js').SoundName, at: number) => void} host.playFrom
 */
export function showTimeline(store, player, { latents: watch, sourceAudio, playFrom }) {
  const lanes = byId('lanes');
  const axis = () => byId('times').getBoundingClientRect();
  const pictures = createPictures(store);
  const marks = createMarks(lanes, store);
  const readout = createReadout(store, pictures, marks);
  /** @returns {number | null} time to keep in view when zooming, if any */
  function focusTime() {
    const { span } = store.state;
    return readout.reading?.seconds ?? player.position ?? (span ? (span.start + span.end) / 2 : player.cursor || null);
  }
  const zooming = showZooming(store, axis, focusTime);
  const span = showSpan(store, player);
  const latents = showLatents(store, watch, pictures);
  const { drawAll } = showLanes(store, pictures, sourceAudio);
  showEditOutlines(store, pictures);
  showPlayhead(lanes, store, player, marks);

  const lower = () => displayedSound(store.state).side;
  /** @param {import('./readout.js').Reading} reading */
  function click({ lane, seconds, height }) {
    if (lane === 'latents') latents.reveal(height ?? 0);
    else playFrom(lane === 'decoded' || lane === 'difference' ? lower() : 'original', seconds);
  }
  listenToPointers(lanes, store, { axis, readout, span, zooming, click });
  listenToKeys(lanes, store, { pictures, readout, span, zooming, playFrom: (seconds) => playFrom(lower(), seconds) });

  /** Shows or hides the optional lanes; they are drawn only when shown. */
  function showOptionalLanes() {
    const on = { difference: store.state.preferences.difference, latents: areLatentsShown(store.state) };
    for (const [lane, shown] of Object.entries(on)) byId(`show-${lane}`).setAttribute('aria-pressed', String(shown));
    const shown = Object.keys(on)
      .filter((lane) => Reflect.get(on, lane))
      .join(' ');
    if (lanes.dataset.shown === shown) return;
    lanes.dataset.shown = shown;
    drawAll();
  }
  store.on(['preferences', 'recording'], showOptionalLanes);
  byId('show-difference').addEventListener('click', () =>
    setPreferences(store, { difference: !store.state.preferences.difference }),
  );
  byId('show-latents').addEventListener('click', () =>
    setPreferences(store, { latents: !areLatentsShown(store.state) }),
  );
}
