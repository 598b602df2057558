/** Phone labels in IPA, from espeak-ng's mnemonics or from ARPABET. Pure. */

/** IPA by ARPABET symbol; symbols that are not listed are the same in lower case. @type {{[symbol: string]: string}} */
const ARPABET = {
  aa: 'ɑ',
  ae: 'æ',
  ah: 'ʌ',
  ao: 'ɔ',
  aw: 'aʊ',
  ax: 'ə',
  axr: 'ɚ',
  ay: 'aɪ',
  ch: 'tʃ',
  dh: 'ð',
  dx: 'ɾ',
  eh: 'ɛ',
  el: 'l̩',
  em: 'm̩',
  en: 'n̩',
  er: 'ɝ',
  ey: 'eɪ',
  g: 'ɡ',
  hh: 'h',
  ih: 'ɪ',
  ix: 'ɨ',
  iy: 'i',
  jh: 'dʒ',
  ng: 'ŋ',
  ow: 'oʊ',
  oy: 'ɔɪ',
  r: 'ɹ',
  sh: 'ʃ',
  th: 'θ',
  uh: 'ʊ',
  uw: 'u',
  ux: 'ʉ',
  y: 'j',
  zh: 'ʒ',
};

/**
 * IPA by character of espeak-ng's English mnemonics, which are close to Kirshenbaum's ASCII IPA.
 * @type {{[character: string]: string}}
 */
const ESPEAK = {
  '@': 'ə',
  ':': 'ː',
  0: 'ɒ',
  3: 'ɜ',
  '&': 'æ',
  A: 'ɑ',
  C: 'ç',
  D: 'ð',
  E: 'ɛ',
  I: 'ɪ',
  L: 'l',
  N: 'ŋ',
  O: 'ɔ',
  S: 'ʃ',
  T: 'θ',
  U: 'ʊ',
  V: 'ʌ',
  Z: 'ʒ',
  g: 'ɡ',
  r: 'ɹ',
};

/** Symbols that occur in ARPABET but not in espeak-ng's mnemonics. */
const ARPABET_DIGRAPH = /^(?:aa|ae|ah|ao|aw|ax|ay|ch|dh|dx|eh|er|ey|hh|ih|iy|jh|ng|ow|oy|sh|th|uh|uw|zh)[012]?$/i;
const ARPABET_LETTER = /^[BFGKLMPRWYZ]$/;
const LONGEST_MNEMONIC = 3;

/**
 * @param {Iterable<string>} inventory phone labels that tell the notation
 * @returns {(phone: string) => string} converts a label of that notation to IPA; other labels stay as they are
 */
export function ipaOf(inventory) {
  const isArpabet = [...inventory].some((phone) => ARPABET_DIGRAPH.test(phone) || ARPABET_LETTER.test(phone));
  return (phone) => {
    if (isArpabet) {
      const symbol = phone.replace(/[012]$/, '').toLowerCase();
      return ARPABET[symbol] ?? (symbol.length === 1 ? symbol : phone);
    }
    if (phone.length > LONGEST_MNEMONIC) return phone;
    return [...phone].map((character) => ESPEAK[character] ?? character).join('');
  };
}
