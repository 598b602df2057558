/** Glossary of the page, shown in the help dialog. */

/** @type {readonly {word: string, means: string}[]} */
export const WORDS = [
  {
    word: 'Layer',
    means:
      'A depth of the encoder, counted from 1 at the waveform; “module” in the papers and the HTTP API. Deeper layers have larger receptive fields and keep less detail.',
  },
  {
    word: 'Dimension',
    means: 'One latent channel of a layer, with one value per frame. Each dimension has a slider.',
  },
  {
    word: 'Recording, clip',
    means: 'A recording is the sound you open; a clip is a recording encoded by a model.',
  },
  {
    word: 'Selection',
    means: 'The section of the recording that sliders edit. Without a selection they edit the whole recording.',
  },
  {
    word: 'Cursor, playback position',
    means:
      'The cursor shows values at a time and frequency. Playback starts at the playback position, which a click or Enter sets.',
  },
  {
    word: 'Posterior',
    means:
      'Mean and variance of every dimension in every frame, as the encoder estimates them. The decoder receives the means or a random sample.',
  },
  {
    word: 'Prior',
    means:
      'N(0, I), the distribution that training pulls the latents towards: values near 0 are common, values beyond ±3 rare. The latents of a model can be far from it (see Distribution). Random samples from it contain no information about any recording.',
  },
  {
    word: 'Typicality',
    means:
      'Whether the decoded latents resemble those of the training data. The frame of the edited section that is farthest from the training frames, or closest to them, decides: both an extreme value and an average of everything are atypical.',
  },
  {
    word: 'KL',
    means:
      'Kullback-Leibler divergence of the posterior from the prior: the information that a dimension carries, in bits or nats per frame.',
  },
  {
    word: 'Effect',
    means: 'Change of the decoded log-mel spectrogram per unit of a dimension, in dB.',
  },
  {
    word: 'Log-mel',
    means: 'Level of each frequency band in decibels. Bands widen with frequency, as in hearing.',
  },
  {
    word: 'Factor',
    means: 'A known property of the speech, such as F0 (pitch), voicing, vowel or speaker.',
  },
  {
    word: 'Bits',
    means:
      'Mutual information: one bit halves the uncertainty about a factor. Probes give a lower bound, with a 95 % interval. Few frames lower the estimate: compare only figures from equally many.',
  },
  {
    word: 'Probe',
    means:
      'A small classifier that predicts a factor from the latents. Its accuracy on held-out speech bounds their information from below.',
  },
  {
    word: 'NMI',
    means:
      'Normalised mutual information of two dimensions, or of a dimension and a label: 0 for independent, 1 for equivalent.',
  },
  {
    word: 'Hot spot',
    means: 'A group of similar dimensions that recurs in many models of an ensemble.',
  },
];
