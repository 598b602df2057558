/**
 * Where the sound is: the playhead goes along with it, and the view with the playhead.
 *
 * It glides on the compositor, from where the sound is to where it will be, and is set right a few times a second. Were it put in its place at
 * every frame, the page would be styled and laid out sixty times a second while a sound plays, as it does under a slider that is being moved.
 * While something is being decoded it goes in steps: where nothing glides, a new picture is shown at once and not with the screen's next frame.
 */
import { durationOf } from '../../core/state.js';
import { scrolledTo, isVisible, visibleWindow, positionIn } from '../../core/zoom.js';
import { byId } from '../../drawing/dom.js';

/** How long it goes on unseen to: its clock is not that of the sound. */
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
  let turn = 0;
  /** @type {number | null} seconds */
  let last = null;

  function follow() {
    clearTimeout(turn);
    gliding?.cancel();
    const course = player.course;
    const view = visibleWindow(store.state);
    const before = last;
    last = course && course.at;
    if (!course) return;
    // Who has scrolled away to look elsewhere is left there: only a playhead that leaves the view takes it along.
    if (before !== null && isVisible(view, before) && !isVisible(view, course.at)) {
      return store.set({ view: scrolledTo(view, durationOf(store.state) ?? 0, course.at) }); // which has it followed again
    }
    const until = isVisible(view, course.at) ? Math.min(course.until, view.end) : course.until;
    const ahead = Math.min(GLIDE_SECONDS, Math.max(FRAME_SECONDS, until - course.at));
    const places = [course.at, course.at + ahead].map((seconds) => `${positionIn(view, seconds) * 100}cqw`);
    gliding = playhead.animate(
      { translate: places },
      { delay: course.wait * 1000, duration: ahead * 1000, fill: 'both' },
    );
    if (store.state.decoding) gliding.pause();
    turn = setTimeout(follow, (course.wait + ahead) * 1000);
  }

  player.addEventListener('change', () => {
    lanes.dataset.playing = String(player.side ?? '');
    marks.set('--cursor', player.cursor || null);
    follow();
  });
  store.on(['view', 'recording', 'decoding', 'decoded'], follow);
}
