/** A and B: the present state, and one that was snapshot beside it to be heard, brought back or exchanged for it. */

/** @typedef {import('../../core/state.js').Snapshot} Snapshot */
/** @typedef {import('../../core/state.js').State} State */

/** @param {State} state @returns {import('../../core/state.js').SoundChoice} */
const soundChoice = ({ model, module, example, clip, file, base, seed, editsByLayer }) => ({
  model,
  module,
  example,
  clip,
  file,
  base,
  seed,
  editsByLayer,
});

/**
 * @param {import('../../core/state.js').Store} store
 * @param {import('../../server/session.js').Session} session
 * @param {import('../../core/history.js').History} history
 */
export function createSnapshot(store, session, history) {
  /** @returns {Promise<boolean>} whether there was something to keep */
  async function keep() {
    await session.settled();
    const { decoded, recording, otherSounds } = store.state;
    if (!decoded) return false;
    store.set({
      snapshot: { choice: soundChoice(store.state), recording, decoded },
      otherSounds: { ...otherSounds, snapshot: decoded },
    });
    return true;
  }

  /** @param {Snapshot} snapshot */
  async function bring({ choice, recording }) {
    history.seal();
    const { model, recording: present } = store.state;
    const { module, base, seed, editsByLayer } = choice;
    if (choice.model !== model) {
      store.set({ ...choice, recording });
      await session.start();
    } else if (recording?.clip === present?.clip) {
      store.set({ module, base, seed, editsByLayer }); // the recording stays, and with it what can be undone
    } else {
      store.set({ ...choice, recording });
    }
    history.seal();
  }

  return {
    keep,
    async use() {
      if (store.state.snapshot) await bring(store.state.snapshot);
    },
    async exchange() {
      const { snapshot } = store.state;
      if (snapshot && (await keep())) await bring(snapshot);
    },
  };
}

/** @typedef {ReturnType<typeof createSnapshot>} SnapshotHost */
