/** What happens when something is chosen: models, examples and files are opened, and the sound is kept up with the sliders. */
import { wholeClipEdits } from '../core/edits.js';
import { latestOnly } from '../core/latest-only.js';
import { decodeRequest, fitToModel, SOUND_KEYS } from '../core/state.js';
import * as api from './api.js';
import { createRetry, errorNotice } from './retry.js';

/** @typedef {import('../core/state.js').Store} Store */
/** @typedef {import('../core/choice.js').Choice} Choice */

/**
 * @param {Choice} shown
 * @param {Choice} wanted
 * @returns {string[]} what was wanted and is not shown, one sentence each
 */
function missingFrom(shown, wanted) {
  const said = [];
  if (wanted.model && wanted.model !== shown.model)
    said.push(`There is no model “${wanted.model}” here; ${shown.model} is shown.`);
  if (wanted.module && wanted.module !== shown.module)
    said.push(`The model has no module ${wanted.module}; its deepest one is shown.`);
  if (wanted.example && wanted.example !== shown.example && !shown.clip)
    said.push(`The model has no example “${wanted.example}”; its first one is shown.`);
  return said;
}

/**
 * @param {Store} store
 * @param {import('../features/sources/recent-files.js').RecentFiles} recents
 * @returns the things a person can do, for the views to call
 */
export function createSession(store, recents) {
  /** Counts openings, so that a slow one cannot overtake a later one. */
  let opening = 0;
  const attempt = createRetry(store);
  const bear = createRetry(store);

  /**
   * Asks until the server answers.
   * @template Answer
   * @param {() => Promise<Answer>} ask
   * @param {number} mine the opening it is for
   * @returns {Promise<Answer | null>} null when a later opening overtook this one
   */
  async function insist(ask, mine) {
    let answer;
    do answer = await bear(ask, () => mine === opening, String(store.state.model));
    while (answer === 'again');
    return answer;
  }

  /** @param {string} detail */
  const note = (detail) => store.set({ notice: { kind: 'note', title: 'Please note', detail } });

  /**
   * @param {string} name of the model
   * @returns {Promise<boolean>} false when a later opening overtook this one
   */
  async function openModel(name) {
    const mine = ++opening;
    const answer = await insist(() => Promise.all([api.model(name), api.examples(name)]), mine);
    if (!answer) return false;
    const [card, examples] = answer;
    store.set({ model: name, card, examples, ...fitToModel(store.state, card) });
    return true;
  }

  /**
   * Encodes a recording and makes it the one on the page; whatever goes wrong is told, and the page stays as it was.
   * @param {() => Promise<{file: Blob, name: string}>} fetchFile
   * @param {(clip: string) => Partial<Choice>} chosen what the address says once it is open
   */
  async function open(fetchFile, chosen) {
    const mine = ++opening;
    store.set({ phase: 'opening', notice: null });
    try {
      const fetched = await insist(fetchFile, mine);
      if (!fetched) return;
      const { file, name } = fetched;
      const encoded = await insist(() => api.encode(file, name, String(store.state.model)), mine);
      if (!encoded) return;
      store.set({ ...chosen(encoded.clip), recording: { name, clip: encoded.clip, file, encoded }, phase: 'ready' });
    } catch (error) {
      if (mine !== opening) return;
      store.set({ notice: errorNotice(error), phase: restingPhase() });
      keepUp();
    }
  }

  /** Where the page falls back to when nothing more is being opened. */
  function restingPhase() {
    const { recording, decoded, clip } = store.state;
    if (recording?.file || decoded) return 'ready';
    return clip ? 'asking' : 'empty';
  }

  /**
   * Another recording begins unedited: a span of the last one means nothing in it.
   * @param {string} clip
   * @returns {Partial<Choice>}
   */
  function unedited(clip) {
    const { recording, editsByLayer } = store.state;
    if (!recording || recording.clip === clip) return {};
    if (Object.keys(wholeClipEdits(editsByLayer)).length > 0)
      note('A recording begins unedited. Undo brings over what was done to the whole of the last one.');
    return { editsByLayer: {}, span: null };
  }

  /**
   * @param {string} id
   * @param {(clip: string) => Partial<Choice>} [chosen] what else is chosen with it
   */
  async function openExample(id, chosen = () => ({})) {
    const example = store.state.examples.find((one) => one.id === id);
    if (!example) return;
    const fetchFile = async () => ({ file: await api.exampleAudio(String(store.state.model), id), name: `${id}.flac` });
    await open(fetchFile, (clip) => ({ ...chosen(clip), example: id, clip: null, file: null }));
  }

  /**
   * @param {Blob} file
   * @param {string} name
   */
  async function openFile(file, name) {
    const { clip: asked, file: askedName, phase } = store.state;
    await open(
      async () => ({ file, name }),
      (clip) => {
        if (phase !== 'asking') return { ...unedited(clip), example: null, clip, file: name };
        if (clip !== asked)
          note(
            `This is not the recording the address was made with (${askedName ?? 'unnamed'}), so it will not sound the same.`,
          );
        return { example: null, clip, file: name };
      },
    );
  }

  /**
   * @param {string} clip
   * @param {string} name of its file
   */
  async function openClip(clip, name) {
    const mine = opening;
    const held = await recents.find(clip);
    if (mine !== opening) return;
    if (held)
      return open(
        async () => held,
        () => ({}),
      );
    store.set({ recording: null, decoded: null, phase: 'opening' });
    try {
      // The server may still hold the clip; if it does not, the page asks for the file.
      const encoded = await insist(() => api.clip(clip, String(store.state.model)), mine);
      if (encoded) store.set({ recording: { name, clip, file: null, encoded }, phase: 'ready' });
    } catch (error) {
      if (mine === opening) store.set({ notice: errorNotice(error), phase: restingPhase() });
    }
  }

  /**
   * @param {Blob} file
   * @param {string} name
   */
  const openHeld = (file, name) =>
    open(
      async () => ({ file, name }),
      (clip) => ({ example: null, clip, file: name }),
    );

  /** Opens what the address or the last model had open; without either, the first example, so that something is seen at once. */
  async function openChosen() {
    const { example, clip, file, examples } = store.state;
    if (clip) return openClip(clip, file ?? 'the recording');
    const known = examples.find((one) => one.id === example) ?? examples[0];
    if (known) return openExample(known.id);
    const held = store.state.recording;
    if (held?.file) return openHeld(held.file, held.name); // a model without examples hears what was open
    store.set({ recording: null, decoded: null, phase: 'empty' });
    keepUp();
  }

  /**
   * Opens a model and what was chosen with it, and says what of it is not to be had.
   * @param {string} name of the model
   */
  async function openAll(name) {
    const wanted = store.state;
    if (!(await openModel(name))) return;
    await openChosen();
    const missing = missingFrom(store.state, wanted);
    if (missing.length && !store.state.notice) note(missing.join(' '));
  }

  /** @param {import('../core/state.js').Notice} notice */
  const fail = (notice) => store.set({ notice, phase: 'failed' });

  /** From nothing to something on the page, as the choice in the state asks. */
  async function start() {
    const mine = ++opening;
    store.set({ phase: 'starting', notice: null });
    try {
      const models = await insist(api.models, mine);
      if (!models) return;
      if (!models.length)
        return fail({
          kind: 'error',
          title: 'No model',
          detail: 'Put a trained bundle into a folder named in MODELS, then try again.',
        });
      store.set({ models });
      const { model } = store.state;
      const known = models.find((one) => one.model === model) ?? models[0];
      await openAll(known.model);
    } catch (error) {
      fail(errorNotice(error));
    }
  }

  /** @param {string} name */
  async function chooseModel(name) {
    const { model: before } = store.state;
    store.set({ model: name, phase: 'opening', notice: null });
    try {
      await openAll(name);
    } catch (error) {
      store.set({ model: before, notice: errorNotice(error), phase: restingPhase() });
    }
  }

  /** @param {import('./api.js').DecodeRequest} request */
  function stillWanted(request) {
    const now = decodeRequest(store.state);
    return now !== null && now.clip === request.clip && now.module === request.module && now.model === request.model;
  }

  /**
   * @param {import('./api.js').DecodeRequest} request
   * @returns {Promise<boolean>} false to be asked again
   */
  async function decode(request) {
    try {
      const decoded = await attempt(
        () => api.decode(request),
        () => stillWanted(request),
        request.model,
      );
      if (decoded === 'again') return false;
      if (!decoded) return true;
      store.set({ decoded: { ...decoded, request }, phase: phaseOnceDecoded() });
      decoded.audio.catch(() => store.state.decoded?.request === request && decoder.ask(request)); // who sees it wants to hear it
    } catch (error) {
      store.set({ decoded: null, phase: phaseOnceDecoded(), notice: errorNotice(error) });
    }
    return true;
  }

  /** What is being opened goes on being opened, whatever was decoded meanwhile. @returns {import('../core/state.js').Phase} */
  function phaseOnceDecoded() {
    return store.state.phase === 'opening' ? 'opening' : 'ready';
  }

  const decoder = latestOnly(decode, (decoding) => store.set({ decoding }));
  store.on(SOUND_KEYS, keepUp);
  function keepUp() {
    const { phase, recording } = store.state;
    const request = decodeRequest(store.state);
    if (!recording && (phase === 'starting' || phase === 'opening')) return; // what is drawn will be as long as the recording
    if (request) decoder.ask(request);
    else if (store.state.decoded) {
      store.set({ decoded: null }); // what was drawn from nothing is no longer wanted
      store.set({ phase: restingPhase() });
    }
  }

  return {
    start,
    chooseModel,
    openExample: (/** @type {string} */ id) => openExample(id, unedited),
    openFile,
    settled: decoder.idle,
  };
}

/** @typedef {ReturnType<typeof createSession>} Session */
