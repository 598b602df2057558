/** Histogram of one dimension over the training data, drawn behind its slider. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @param {import('../../server/api.js').Histogram} histogram
 * @returns {{element: SVGElement, show: (low: number, high: number) => void}} `show` sets the value range of the slider
 */
export function createHistogram({ low, high, shares }) {
  const step = (high - low) / shares.length;
  const most = Math.max(...shares);
  const bars = shares.map((share, bin) => `M${low + bin * step} 0v${share / most}h${step}V0z`);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', bars.join(''));
  path.setAttribute('transform', 'matrix(1 0 0 -1 0 1)'); // the y axis points up
  const element = document.createElementNS(SVG, 'svg');
  element.append(path);
  for (const [name, value] of Object.entries({ class: 'corpus', 'aria-hidden': 'true', preserveAspectRatio: 'none' }))
    element.setAttribute(name, value);
  let shown = '';
  return {
    element,
    show(from, to) {
      const box = `${from} 0 ${to - from} 1`;
      if (box !== shown) element.setAttribute('viewBox', box);
      shown = box;
    },
  };
}
