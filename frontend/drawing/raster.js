/** Draws an array [rows, frames] in colours: only the visible part, with one putImageData. */

/**
 * @typedef {{values: Float32Array, rows: number, frames: number, hop: number, first: number}} Raster `values` is [rows,
 * frames] row-major, bottom row first; frame t is centred on `first` + t `hop` seconds
 */
/** @typedef {{low: number, high: number}} Range values of the first and the last colour */

/** More visible frames than this are averaged in groups of 2, 4, 8 ...: no screen shows more columns. */
const MAX_COLUMNS = 3000;

/** @type {WeakMap<Float32Array, Map<number, Raster>>} averaged rasters by group size, as far as needed */
const pools = new WeakMap();

/**
 * @param {Raster} raster
 * @param {number} pool group size
 * @returns {Raster} means of groups of frames
 */
function averaged({ values, rows, frames, hop, first }, pool) {
  const columns = Math.ceil(frames / pool);
  const means = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0, at = row * frames; column < columns; column++) {
      const end = Math.min(at + pool, (row + 1) * frames);
      const count = end - at;
      let sum = 0;
      for (; at < end; at++) sum += values[at];
      means[row * columns + column] = sum / count;
    }
  }
  // A group is centred half a group after its first frame.
  return { values: means, rows, frames: columns, hop: hop * pool, first: first + ((pool - 1) / 2) * hop };
}

/**
 * @param {Raster} raster
 * @param {number} pool
 */
function pooled(raster, pool) {
  if (pool === 1) return raster;
  const known = pools.get(raster.values) ?? new Map();
  pools.set(raster.values, known);
  if (!known.has(pool)) known.set(pool, averaged(raster, pool));
  return /** @type {Raster} */ (known.get(pool));
}

/**
 * Draws one pixel per row and frame, and positions the canvas in its box so that each frame is centred on its time.
 * @param {HTMLCanvasElement} canvas inside a box that is as wide as the window
 * @param {Raster} raster
 * @param {Range} range
 * @param {Uint32Array} colours lowest first
 * @param {import('../core/edits.js').Span} view seconds at the left and right end of the box
 */
export function drawRaster(canvas, raster, range, colours, view) {
  const length = view.end - view.start;
  const pool = 2 ** Math.max(0, Math.ceil(Math.log2(length / raster.hop / MAX_COLUMNS)));
  const { values, rows, frames, hop, first } = pooled(raster, pool);
  // One more frame on each side, because the browser interpolates between neighbours.
  const begin = Math.min(frames - 1, Math.max(0, Math.floor((view.start - first) / hop) - 1));
  const end = Math.max(begin + 1, Math.min(frames, Math.ceil((view.end - first) / hop) + 2));
  const columns = end - begin;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const last = colours.length - 1;
  const scale = colours.length / (range.high - range.low);
  for (let row = 0; row < rows; row++) {
    const from = row * frames + begin;
    const to = (rows - 1 - row) * columns;
    for (let column = 0; column < columns; column++) {
      const step = (values[from + column] - range.low) * scale;
      pixels[to + column] = colours[step > 0 ? (step < last ? step | 0 : last) : 0];
    }
  }
  context.putImageData(image, 0, 0);
  canvas.style.left = `${((first + (begin - 0.5) * hop - view.start) / length) * 100}%`;
  canvas.style.width = `${((columns * hop) / length) * 100}%`;
}

/**
 * @param {Raster} raster
 * @param {number} seconds
 * @param {number} height 0 at the bottom, 1 at the top
 * @returns {{row: number, value: number}}
 */
export function readRaster({ values, rows, frames, hop, first }, seconds, height) {
  const frame = Math.min(frames - 1, Math.max(0, Math.round((seconds - first) / hop)));
  const row = Math.min(rows - 1, Math.max(0, Math.floor(height * rows)));
  return { row, value: values[row * frames + frame] };
}
