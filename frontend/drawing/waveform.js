/** Draws the waveform and the colour scale. */

/**
 * @param {HTMLCanvasElement} canvas at its final size
 * @param {Float32Array} peaks [2, n]: minimum and maximum of n equal segments
 * @param {number} loudest sample, which fills the height
 * @param {{from: number, to: number}} [shares] the part to draw, from 0 to 1
 */
export function drawWaveform(canvas, peaks, loudest, { from, to } = { from: 0, to: 1 }) {
  const { width, height } = canvas;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.clearRect(0, 0, width, height);
  context.fillStyle = getComputedStyle(canvas).color;
  const segments = peaks.length / 2;
  const level = (/** @type {number} */ sample) => (0.5 - (0.47 * sample) / loudest) * height;
  for (let x = 0; x < width; x++) {
    const first = Math.min(segments - 1, Math.floor((from + (x / width) * (to - from)) * segments));
    const end = Math.max(first + 1, Math.floor((from + ((x + 1) / width) * (to - from)) * segments));
    let [low, high] = [Infinity, -Infinity];
    for (let i = first; i < end; i++) {
      low = Math.min(low, peaks[i]);
      high = Math.max(high, peaks[segments + i]);
    }
    context.fillRect(x, level(high), 1, Math.max(devicePixelRatio || 1, level(low) - level(high)));
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint32Array} colours
 */
export function drawScale(canvas, colours) {
  Object.assign(canvas, { width: colours.length, height: 1 });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = context.createImageData(colours.length, 1);
  new Uint32Array(image.data.buffer).set(colours);
  context.putImageData(image, 0, 0);
}
