// @ts-check
/**
 * The colour map of the spectrograms: quiet to loud in equal steps of perceived lightness, so that it also reads in grey.
 * Anchors are in OKLCH (lightness, chroma, hue); a dark page takes them from ink to paper, a light one from paper to ink.
 */

const INK_TO_PAPER = [
  [0.16, 0.03, 275],
  [0.33, 0.12, 288],
  [0.5, 0.15, 340],
  [0.66, 0.13, 20],
  [0.83, 0.075, 60],
  [0.985, 0.01, 95],
];
const STEPS = 256;

/**
 * @param {number} lightness
 * @param {number} a
 * @param {number} b
 * @returns {number} the sRGB colour nearest to an OKLab one, as a little-endian RGBA word for ImageData
 */
function wordFrom(lightness, a, b) {
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short,
  ];
  const [red, green, blue] = linear.map((light) => {
    const bounded = Math.min(1, Math.max(0, light));
    return Math.round(255 * (bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * bounded ** (1 / 2.4) - 0.055));
  });
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * @param {boolean} dark whether the page is
 * @returns {Uint32Array} 256 colours, quiet first
 */
export function colourMap(dark) {
  const lab = INK_TO_PAPER.map(([lightness, chroma, hue]) => {
    const angle = (hue * Math.PI) / 180;
    return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
  });
  const from = lab[0][0];
  const to = lab[lab.length - 1][0];
  const colours = Uint32Array.from({ length: STEPS }, (_, step) => {
    const lightness = from + ((to - from) * step) / (STEPS - 1);
    const upper = Math.max(1, lab.findIndex(([at]) => at >= lightness - 1e-9));
    const [low, high] = [lab[upper - 1], lab[upper]];
    const share = (lightness - low[0]) / (high[0] - low[0]);
    return wordFrom(lightness, low[1] + share * (high[1] - low[1]), low[2] + share * (high[2] - low[2]));
  });
  return dark ? colours : colours.reverse();
}
