// @ts-check
/** The small drawings beside the spectrograms: the waveform and the colour scale. */

/**
 * @param {HTMLCanvasElement} canvas drawn at the screen's own resolution
 * @param {Float32Array} peaks [2, n]: lowest and highest sample of each of n stretches
 * @param {number} loudest sample, which fills the height: a quiet recording's shape is seen too
 * @param {{from: number, to: number}} [shares] of all stretches, what is drawn
 */
export function drawWaveform(canvas, peaks, loudest, { from, to } = { from: 0, to: 1 }) {
  const ratio = devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.max(1, Math.round(canvas.clientHeight * ratio));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.clearRect(0, 0, width, height);
  context.fillStyle = getComputedStyle(canvas).color;
  const stretches = peaks.length / 2;
  const level = (/** @type {number} */ sample) => (0.5 - (0.47 * sample) / loudest) * height;
  for (let x = 0; x < width; x++) {
    const first = Math.min(stretches - 1, Math.floor((from + (x / width) * (to - from)) * stretches));
    const end = Math.max(first + 1, Math.floor((from + ((x + 1) / width) * (to - from)) * stretches));
    let [low, high] = [Infinity, -Infinity];
    for (let i = first; i < end; i++) {
      low = Math.min(low, peaks[i]);
      high = Math.max(high, peaks[stretches + i]);
    }
    context.fillRect(x, level(high), 1, Math.max(ratio, level(low) - level(high)));
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Uint32Array} colours
 */
export function drawScale(canvas, colours) {
  Object.assign(canvas, { width: colours.length, height: 1 });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(colours.length, 1);
  new Uint32Array(image.data.buffer).set(colours);
  context.putImageData(image, 0, 0);
}

/**
 * @param {HTMLCanvasElement} canvas stretched over the travel of a slider
 * @param {import("../api.js").Histogram} histogram
 * @param {{low: number, high: number}} ends of that travel
 */
export function drawHistogram(canvas, { low, high, shares }, ends) {
  const [width, height] = [120, 24];
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = getComputedStyle(canvas).color;
  const most = Math.max(...shares);
  for (let x = 0; x < width; x++) {
    const value = ends.low + ((x + 0.5) / width) * (ends.high - ends.low);
    const share = shares[Math.floor(((value - low) / (high - low)) * shares.length)] ?? 0;
    const tall = (share / most) * height;
    context.fillRect(x, height - tall, 1, tall);
  }
}
