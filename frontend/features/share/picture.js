/** PNG of the original and decoded spectrograms with axes and caption, on white, at twice the screen resolution. */
import { frequencyTicks, timeTicks } from '../../drawing/axes.js';
import { colourMap } from '../../drawing/colours.js';
import { drawSpectrogram, rangeOf } from '../../drawing/spectrogram.js';

/** @typedef {import('../../core/arrays.js').Spectrogram} Spectrogram */
/** @typedef {{title: string, spectrogram: Spectrogram}} Lane */

const FINE = 2;
const [WIDE, TALL] = [900, 220];
const [MARGIN, LEFT, GAP, LABEL, LINE] = [24, 40, 30, 30, 17];
const [PAPER, INK, SOFT] = ['#ffffff', '#1d1b26', '#605d6b'];
const FONT = 'system-ui, sans-serif';

/**
 * @param {Lane[]} lanes of the same recording, one above the other
 * @param {number} duration seconds
 * @param {string[]} caption its lines
 * @returns {HTMLCanvasElement}
 */
export function pictureOf(lanes, duration, caption) {
  const canvas = document.createElement('canvas');
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.font = `12px ${FONT}`;
  const lines = caption.flatMap((line) => wrapped(context, line, WIDE + LEFT));
  const height = 2 * MARGIN + lanes.length * (TALL + GAP) + LABEL + lines.length * LINE;
  Object.assign(canvas, { width: (WIDE + LEFT + 2 * MARGIN) * FINE, height: height * FINE });
  context.scale(FINE, FINE);
  context.fillStyle = PAPER;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.translate(MARGIN + LEFT, MARGIN);
  // Both use the range of the first, so that they compare.
  const range = rangeOf(lanes[0].spectrogram);
  for (const { title, spectrogram } of lanes) {
    write(context, title, 0, 12, { weight: 600, size: 13 });
    context.translate(0, GAP - 10);
    drawLane(context, spectrogram, range, duration);
    context.translate(0, TALL + 10);
  }
  for (const { at, label } of timeTicks(duration, 10)) {
    context.fillRect(at * WIDE, -9, 1, 4);
    write(context, label, at * WIDE, 8, { align: 'center', colour: SOFT });
  }
  write(context, 's', WIDE + 6, 8, { colour: SOFT });
  lines.forEach((line, index) => write(context, line, -LEFT, LABEL + 6 + index * LINE, { colour: index ? SOFT : INK }));
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context at the lane's upper left corner
 * @param {Spectrogram} spectrogram
 * @param {import('../../drawing/spectrogram.js').Range} range
 * @param {number} duration
 */
function drawLane(context, spectrogram, range, duration) {
  const pixels = document.createElement('canvas');
  drawSpectrogram(pixels, spectrogram, range, colourMap(false), duration);
  const share = (/** @type {string} */ length) => (parseFloat(length) / 100) * WIDE;
  context.save();
  context.beginPath();
  context.rect(0, 0, WIDE, TALL);
  context.clip();
  context.drawImage(pixels, share(pixels.style.left), 0, share(pixels.style.width), TALL);
  context.restore();
  context.strokeStyle = SOFT;
  context.lineWidth = 0.5;
  context.strokeRect(0, 0, WIDE, TALL);
  for (const { at, label } of frequencyTicks(spectrogram.hz, 0.08))
    write(context, label, -6, (1 - at) * TALL + 4, { align: 'right', colour: SOFT });
  write(context, 'Hz', -6, -6, { align: 'right', colour: SOFT });
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} x
 * @param {number} y of its baseline
 * @param {{align?: CanvasTextAlign, weight?: number, size?: number, colour?: string}} [look]
 */
function write(context, text, x, y, { align = 'left', weight = 400, size = 12, colour = INK } = {}) {
  context.font = `${weight} ${size}px ${FONT}`;
  context.textAlign = align;
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 * @returns {string[]} its lines
 */
function wrapped(context, text, width) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(' ')) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
