/** SHA-256 of a sound. */

/**
 * @param {Promise<ArrayBuffer>} sound
 * @returns {Promise<string | null>} hex digits; null without a sound, or where the browser offers no SubtleCrypto
 * (plain http on another host)
 */
export async function digestOf(sound) {
  const bytes = await sound.catch(() => null);
  if (!bytes || !crypto.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
