/**
 * Colour maps for levels, and for signed values about a neutral middle. Lightness is monotonic, so that both also work
 * in grey; the signed map runs
 * from blue to orange, which is safe for colour-blind readers. Anchors are in OKLCH (lightness, chroma, hue), equally
 * spaced. High values are dark
 * on a light page and light on a dark page.
 */

/** @typedef {[lightness: number, chroma: number, hue: number][]} Anchors darkest first */

/** @type {Anchors} */
const LEVELS = [
  [0.16, 0.03, 275],
  [0.33, 0.12, 288],
  [0.5, 0.15, 340],
  [0.66, 0.13, 20],
  [0.83, 0.075, 60],
  [0.985, 0.01, 95],
];

/** Signed values on a light page, high to low. @type {Anchors} */
const SIGNED_LIGHT = [
  [0.36, 0.11, 30],
  [0.57, 0.15, 40],
  [0.79, 0, 95],
  [0.87, 0.07, 240],
  [0.955, 0.03, 232],
];

/** Signed values on a dark page, low to high. @type {Anchors} */
const SIGNED_DARK = [
  [0.13, 0.05, 265],
  [0.26, 0.11, 262],
  [0.36, 0, 275],
  [0.64, 0.13, 55],
  [0.92, 0.08, 85],
];

const STEPS = 256;

/**
 * @param {number} lightness
 * @param {number} a
 * @param {number} b
 * @returns {number} the OKLab colour, clipped to sRGB, as a little-endian RGBA word for ImageData
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
 * @param {Anchors} anchors
 * @returns {Uint32Array} 256 colours, darkest first
 */
function interpolate(anchors) {
  const lab = anchors.map(([lightness, chroma, hue]) => {
    const angle = (hue * Math.PI) / 180;
    return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
  });
  return Uint32Array.from({ length: STEPS }, (_, step) => {
    const place = (step / (STEPS - 1)) * (lab.length - 1);
    const lower = Math.min(lab.length - 2, Math.floor(place));
    const [l, a, b] = lab[lower].map((value, axis) => value + (place - lower) * (lab[lower + 1][axis] - value));
    return wordFrom(l, a, b);
  });
}

/**
 * @param {boolean} dark theme of the page
 * @returns {Uint32Array} 256 colours, lowest level first
 */
export function colourMap(dark) {
  const colours = interpolate(LEVELS);
  return dark ? colours : colours.reverse();
}

/**
 * @param {boolean} dark theme of the page
 * @returns {Uint32Array} 256 colours for signed values: lowest first, zero in the middle
 */
export const signedColourMap = (dark) => (dark ? interpolate(SIGNED_DARK) : interpolate(SIGNED_LIGHT).reverse());
