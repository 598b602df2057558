/**
 * Contribution curve: cumulative share of the distance between two clips over the dimensions, largest contribution
 * first.
 */

/**
 * @param {HTMLCanvasElement} canvas x: number of dimensions; y: share of the distance
 * @param {number[]} sums cumulative shares, from 0 to 1
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
 * @returns {string} description of the curve
 */
export function curveWords(sums) {
  if (sums[sums.length - 1] < 0.5) return 'The two clips have the same latents.';
  const least = (/** @type {number} */ share) => sums.findIndex((sum) => sum >= share) + 1;
  return `${least(0.5)} of ${sums.length} dimensions account for 50 % of the distance, ${least(0.9)} for 90 %.`;
}
