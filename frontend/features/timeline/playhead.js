/**
 * Playhead: follows the playing sound, and the view follows the playhead.
 *
 * It is animated on the compositor and corrected a few times a second. Setting its position at every frame would
 * restyle and lay out the page
 * 60 times a second. While a sound is being decoded the animation is paused: without a running animation a new picture
 * is shown at once and not
 * with the next frame.
 */
import { durationOf } from '../../core/state.js';
import { isVisible, positionIn, scrolledTo, visibleWindow } from '../../core/zoom.js';
import { byId } from '../../drawing/dom.js';

/** Interval between corrections: the animation clock drifts from the audio clock. */
const GLIDE_SECONDS = 0.25;
const FRAME_SECONDS = 1 / 60;

/**
 * @param {HTMLElement} lanes
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../audio/player.js').Player} player
 * @param {import('./marks.js').Marks} marks
 */
export function showPlayhead(lanes, store, player, marks) {
  const playhead = byId('playhead');
  /** @type {Animation | null} */
  let gliding = null;
  let timer = 0;
  /** @type {number | null} seconds */
  let last = null;

  function follow() {
    clearTimeout(timer);
    gliding?.cancel();
    const course = player.progress;
    const view = visibleWindow(store.state);
    const before = last;
    last = course && course.at;
    if (!course) return;
    // The view follows only when the playhead leaves it: a user who scrolled away stays there.
    if (before !== null && isVisible(view, before) && !isVisible(view, course.at)) {
      return store.set({ view: scrolledTo(view, durationOf(store.state) ?? 0, course.at) });
    }
    const until = isVisible(view, course.at) ? Math.min(course.until, view.end) : course.until;
    const ahead = Math.min(GLIDE_SECONDS, Math.max(FRAME_SECONDS, until - course.at));
    const places = [course.at, course.at + ahead].map((seconds) => `${positionIn(view, seconds) * 100}cqw`);
    gliding = playhead.animate(
      { translate: places },
      { delay: course.wait * 1000, duration: ahead * 1000, fill: 'both' },
    );
    if (store.state.decoding) gliding.pause();
    timer = setTimeout(follow, (course.wait + ahead) * 1000);
  }

  player.addEventListener('change', () => {
    lanes.dataset.playing = String(player.playing ?? '');
    marks.set('--cursor', player.cursor || null);
    follow();
  });
  store.on(['view', 'recording', 'decoding', 'decoded'], follow);
}
