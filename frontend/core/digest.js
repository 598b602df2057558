/** The SHA-256 digest of a sound. */

/**
 * @param {Promise<ArrayBuffer>} sound
 * @returns {Promise<string | null>} SHA-256 in hex; null where there is no sound, or the page's address is not one a browser trusts with it
 */
export async function digestOf(sound) {
  const bytes = await sound.catch(() => null);
  if (!bytes || !crypto.subtle) return null;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
