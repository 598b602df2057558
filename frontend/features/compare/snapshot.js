/** A and B: the present state, and one that was kept beside it to be heard, brought back or exchanged for it. */

/** @typedef {import('../../core/state.js').Kept} Kept */
/** @typedef {import('../../core/state.js').State} State */

/** @param {State} state @returns {import('../../core/state.js').SoundChoice} */
const soundChoice = ({ model, module, example, clip, file, base, seed, gestures }) => ({
  model,
  module,
  example,
  clip,
  file,
  base,
  seed,
  gestures,
});

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/session.js').Session} session
 * @param {import('../../core/history.js').History} history
 */
export function createKept(store, session, history) {
  /** @returns {Promise<boolean>} whether there was something to keep */
  async function keep() {
    await session.settled();
    const { decoded, recording, asides } = store.state;
    if (!decoded) return false;
    store.set({ kept: { choice: soundChoice(store.state), recording, decoded }, asides: { ...asides, kept: decoded } });
    return true;
  }

  /** @param {Kept} kept */
  async function bring({ choice, recording }) {
    history.seal();
    const { model, recording: present } = store.state;
    const { module, base, seed, gestures } = choice;
    if (choice.model !== model) {
      store.set({ ...choice, recording });
      await session.start();
    } else if (recording?.clip === present?.clip) {
      store.set({ module, base, seed, gestures }); // the recording stays, and with it what can be undone
    } else {
      store.set({ ...choice, recording });
    }
    history.seal();
  }

  return {
    keep,
    async use() {
      if (store.state.kept) await bring(store.state.kept);
    },
    async exchange() {
      const { kept } = store.state;
      if (kept && (await keep())) await bring(kept);
    },
  };
}

/** @typedef {ReturnType<typeof createKept>} KeptHost */
