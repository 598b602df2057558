/** What the page's words mean, in one table: the sheet behind the question mark is made of it. */

/** @type {readonly {word: string, means: string}[]} */
export const WORDS = [
  {
    word: 'Module',
    means:
      "One of the encoder's parts, one upon the other. A deeper one hears a longer stretch of sound at once, and keeps less of its detail.",
  },
  {
    word: 'Latent',
    means:
      'One of the numbers that a module writes down of each moment of speech, many times a second. All of one kind are a dimension, and each has a slider.',
  },
  {
    word: 'Value',
    means:
      'Training draws every dimension toward N(0, 1): 0 is common, and ±1 usual. The shade behind a slider shows where the training speech lies.',
  },
  {
    word: 'Posterior',
    means:
      'What a module says of a moment: for each dimension a mean and how sure of it. The sound is decoded from the means, or from a draw.',
  },
  {
    word: 'Prior',
    means:
      'N(0, I): what the latents would be if they told nothing. Draws from it show what the decoder makes of no speech in particular.',
  },
  {
    word: 'KL',
    means:
      'How far posteriors lie from the prior: how much a dimension says. One that says nothing is quiet, and its slider is put away.',
  },
  {
    word: 'Effect',
    means: 'How much one unit of a dimension changes the decoded sound, over its log-mel spectrogram.',
  },
  {
    word: 'Log-mel',
    means: 'How loud each band of frequencies is, in decibels; bands widen with frequency as those of the ear do.',
  },
  {
    word: 'Factor',
    means:
      'Something about the voice or the word that is known from elsewhere: F0 (the pitch), voicing, the vowel, the speaker.',
  },
  {
    word: 'Bits',
    means:
      'Information: one bit halves what a factor could be. What a probe proves is a lower bound, with its 95 % interval in brackets.',
  },
  {
    word: 'Probe',
    means:
      'A small classifier that is to tell a factor from latents alone. How well it does on new speech bounds their information from below.',
  },
  {
    word: 'NMI',
    means:
      'Normalised mutual information, from 0 to 1: how alike two dimensions, perhaps of two models, sort the same speech.',
  },
];
