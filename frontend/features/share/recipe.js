/** Recipe: everything that determines the current sound, as JSON. Pure. */

/** @typedef {import('../../core/state.js').State} State */
/** @typedef {import('../../server/api.js').DecodeRequest} DecodeRequest */
/**
 * @typedef {object} Recipe
 * @property {string} made_with
 * @property {{name: string, digest: string | null, sample_rate: number}} model `digest` is the identity of its weights
 * @property {{example: string} | {file: string} | null} recording null for a random sample without a recording
 * @property {DecodeRequest} decode the body of POST /decode
 * @property {string | null} wav_sha256 of the decoded WAV; null if this browser cannot compute it
 */

/**
 * @param {State} state
 * @param {string | null} digest of the sound's file
 * @returns {Recipe | null} null while there is no sound
 */
export function recipeOf({ decoded, modelInfo, recording, example }, digest) {
  if (!decoded || !modelInfo) return null;
  const source = example ? { example } : { file: recording?.name ?? '' };
  return {
    made_with: 'SIM Explorer',
    model: { name: modelInfo.model, digest: modelInfo.digest, sample_rate: modelInfo.sample_rate },
    recording: decoded.request.clip ? source : null,
    decode: decoded.request,
    wav_sha256: digest,
  };
}
