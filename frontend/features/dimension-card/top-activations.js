/** Segments of the examples with the highest and lowest values of a dimension, playable. */
import { sameSegment } from '../../audio/clip-player.js';
import { fixed, seconds } from '../../core/format.js';
import { ipaOf } from '../../core/phones.js';
import { make } from '../../drawing/dom.js';

/** @typedef {import('../../server/api.js').TopActivation} TopActivation */

const DIRECTIONS = /** @type {const} */ ({ up: 'Highest', down: 'Lowest' });

/**
 * @param {import('../../server/api.js').DimensionDetail} facts
 * @param {import('../../server/api.js').Example[]} examples
 * @param {(segment: import('../../audio/clip-player.js').ClipSegment) => void} toggle
 */
export function createTopActivations({ evidence }, examples, toggle) {
  /** @type {{button: HTMLButtonElement, segment: import('../../audio/clip-player.js').ClipSegment}[]} */
  const playable = [];

  const ipa = ipaOf(evidence.map(({ phone }) => phone ?? ''));

  /** @param {TopActivation} one */
  function entry(one) {
    const { clip, example, value, start, end, phone } = one;
    const known = examples.find(({ id }) => id === clip);
    const sound = phone === null ? '' : phone === '' ? 'silence' : `/${ipa(phone)}/`;
    const content = [
      make('b', {}, fixed(value, 1)),
      make('span', {}, [sound, known?.label ?? clip].filter(Boolean).join(', ')),
    ];
    const where = `${known?.label ?? clip}${known?.speaker ? `, ${known.speaker}` : ''}, ${seconds(start)} to ${seconds(end)}`;
    if (!example || !known) return make('li', { title: where }, make('span', { className: 'segment' }, ...content));
    const button = make(
      'button',
      {
        type: 'button',
        className: 'segment',
        title: where,
        ariaLabel: `Play ${sound || 'segment'} in ${where}: ${fixed(value, 1)}`,
      },
      ...content,
    );
    button.addEventListener('click', () => toggle({ clip, start, end }));
    playable.push({ button, segment: { clip, start, end } });
    return make('li', {}, button);
  }

  const lists = Object.entries(DIRECTIONS).map(([way, title]) => {
    const found = evidence.filter((one) => one.way === way);
    return found.length
      ? make('div', {}, make('h4', {}, title), make('ol', { className: 'segments' }, ...found.map(entry)))
      : '';
  });
  return {
    element: make(
      'section',
      { className: 'top-activations' },
      make('h3', {}, 'Strongest examples'),
      make('div', { className: 'directions' }, ...lists),
      evidence.length
        ? ''
        : make('p', { className: 'card-weak' }, 'Not computed: run `python -m trainer analyse all`.'),
    ),
    /** @param {import('../../audio/clip-player.js').ClipSegment | null} playing */
    show(playing) {
      for (const { button, segment } of playable)
        button.setAttribute('aria-pressed', String(sameSegment(segment, playing)));
    },
  };
}
