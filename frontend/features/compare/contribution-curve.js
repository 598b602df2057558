/** The contribution curve: how much of the distance between two clips lies in the dimensions that contribute most. */

/**
 * @param {HTMLCanvasElement} canvas from one dimension at its left to all at its right, from nothing to all of the distance upward
 * @param {number[]} sums in the first, the first two, ... dimensions, from 0 to 1
 */
export function drawCurve(canvas, sums) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) =>
    Math.max(1, Math.round(side * ratio)),
  );
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.clearRect(0, 0, width, height);
  if (!sums.length) return;
  const { color } = getComputedStyle(canvas);
  const x = (/** @type {number} */ index) => (index / Math.max(1, sums.length - 1)) * width;
  const y = (/** @type {number} */ sum) => (1 - sum) * height;
  context.beginPath();
  context.moveTo(x(0), height);
  for (const [index, sum] of sums.entries()) context.lineTo(x(index), y(sum));
  context.lineTo(width, height);
  context.fillStyle = color;
  context.globalAlpha = 0.14;
  context.fill();
  context.globalAlpha = 1;
  context.beginPath();
  for (const [index, sum] of sums.entries()) context.lineTo(x(index), y(sum));
  context.strokeStyle = color;
  context.lineWidth = 1.5 * ratio;
  context.stroke();
}

/**
 * @param {number[]} sums
 * @returns {string} the curve in words
 */
export function curveWords(sums) {
  if (sums[sums.length - 1] < 0.5) return 'The two clips lie at one place: there is no distance to share out.';
  const least = (/** @type {number} */ share) => sums.findIndex((sum) => sum >= share) + 1;
  return `Half of the distance lies in ${least(0.5)} of ${sums.length} dimensions, nine tenths in ${least(0.9)}.`;
}
