/** A and B: the current state and a saved snapshot that can be played, swapped and restored. */

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
  /** @returns {Promise<boolean>} whether there was a sound to save */
  async function save() {
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
  async function restoreSnapshot({ choice, recording }) {
    history.endStep();
    const { model, recording: present } = store.state;
    const { module, base, seed, editsByLayer } = choice;
    if (choice.model !== model) {
      store.set({ ...choice, recording });
      await session.start();
    } else if (recording?.clip === present?.clip) {
      store.set({ module, base, seed, editsByLayer }); // the recording stays, and with it the undo history
    } else {
      store.set({ ...choice, recording });
    }
    history.endStep();
  }

  return {
    save,
    async restore() {
      if (store.state.snapshot) await restoreSnapshot(store.state.snapshot);
    },
    async swap() {
      const { snapshot } = store.state;
      if (snapshot && (await save())) await restoreSnapshot(snapshot);
    },
  };
}

/** @typedef {ReturnType<typeof createSnapshot>} SnapshotHost */
