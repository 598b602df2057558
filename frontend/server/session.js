/** Opens models, examples and files, and keeps the decoded sound up to date with the edits. */
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
 * @returns {string[]} one sentence for each part of the choice that does not exist
 */
function missingParts(shown, wanted) {
  const sentences = [];
  if (wanted.model && wanted.model !== shown.model)
    sentences.push(`There is no model “${wanted.model}”; showing ${shown.model}.`);
  if (wanted.module && wanted.module !== shown.module)
    sentences.push(`The model has no layer ${wanted.module}; showing its deepest one.`);
  if (wanted.example && wanted.example !== shown.example && !shown.clip)
    sentences.push(`The model has no example “${wanted.example}”; showing its first one.`);
  return sentences;
}

/**
 * @param {Store} store
 * @param {import('../features/sources/recent-files.js').RecentFiles} recentFiles
 * @returns the actions of the user, for the views
 */
export function createSession(store, recentFiles) {
  /** Number of the latest opening: a slow one must not replace a later one. */
  let opening = 0;
  const openingRetry = createRetry(store);
  const decodingRetry = createRetry(store);
  /** @type {{file: Blob, name: string} | null} a file given before a model was open; it is opened with the model */
  let waitingFile = null;

  /**
   * @template Answer
   * @param {() => Promise<Answer>} request
   * @param {number} number of the opening
   * @returns {Promise<Answer | null>} null if a later opening has started
   */
  const forOpening = (request, number) =>
    openingRetry.untilAnswered(request, () => number === opening, String(store.state.model));

  /** @param {string} detail @param {boolean} [keepEdits] */
  const note = (detail, keepEdits = false) =>
    store.set({ notice: { kind: 'note', title: 'Please note', detail, keepEdits } });

  /**
   * @param {string} name of the model
   * @returns {Promise<boolean>} false if a later opening has started
   */
  async function openModel(name) {
    const number = ++opening;
    const answer = await forOpening(() => Promise.all([api.model(name), api.examples(name)]), number);
    if (!answer) return false;
    const [modelInfo, examples] = answer;
    store.set({ model: name, modelInfo, examples, ...fitToModel(store.state, modelInfo) });
    return true;
  }

  /**
   * Encodes a recording and shows it. After an error the page stays as it was, with a notice.
   * @param {() => Promise<{file: Blob, name: string}>} fetchFile
   * @param {(clip: string) => Partial<Choice>} choiceOf the choice once it is open
   */
  async function open(fetchFile, choiceOf) {
    const number = ++opening;
    store.set({ phase: 'opening', notice: null });
    try {
      const fetched = await forOpening(fetchFile, number);
      if (!fetched) return;
      const { file, name } = fetched;
      const encoded = await forOpening(() => api.encode(file, name, String(store.state.model)), number);
      if (!encoded) return;
      store.set({ ...choiceOf(encoded.clip), recording: { name, clip: encoded.clip, file, encoded }, phase: 'ready' });
    } catch (error) {
      if (number !== opening) return;
      store.set({ notice: errorNotice(error), phase: idlePhase() });
      updateDecoding();
    }
  }

  /** The phase when nothing is being opened. */
  function idlePhase() {
    const { recording, decoded, clip } = store.state;
    if (recording?.file || decoded) return 'ready';
    return clip ? 'asking' : 'empty';
  }

  /**
   * Clears the edits for another recording: their spans have no meaning in it.
   * @param {string} clip
   * @returns {Partial<Choice>}
   */
  function clearedEdits(clip) {
    const { recording, editsByLayer } = store.state;
    if (!recording || recording.clip === clip) return {};
    if (Object.keys(wholeClipEdits(editsByLayer)).length > 0) note('Edits cleared for the new recording.', true);
    return { editsByLayer: {}, span: null };
  }

  /**
   * @param {string} id
   * @param {(clip: string) => Partial<Choice>} [choiceOf] further choices
   */
  async function openExample(id, choiceOf = () => ({})) {
    const example = store.state.examples.find((one) => one.id === id);
    if (!example) return;
    const fetchFile = async () => ({ file: await api.exampleAudio(String(store.state.model), id), name: `${id}.flac` });
    await open(fetchFile, (clip) => ({ ...choiceOf(clip), example: id, clip: null, file: null }));
  }

  /**
   * Opens a file; if no model is open yet, together with the first model.
   * @param {Blob} file
   * @param {string} name
   */
  async function openFile(file, name) {
    if (!store.state.modelInfo) {
      waitingFile = { file, name };
      return;
    }
    const { clip: expected, file: expectedName, phase } = store.state;
    const fetchFile = async () => ({ file, name });
    await open(fetchFile, (clip) => {
      const choice = { example: null, clip, file: name };
      if (phase !== 'asking') return { ...clearedEdits(clip), ...choice };
      if (clip !== expected)
        note(`This is not the recording of the link (${expectedName ?? 'unnamed'}), so it sounds different.`);
      return choice;
    });
  }

  /**
   * Opens a clip of the address: from a recent file, or from the server if it still has the clip.
   * @param {string} clip
   * @param {string} name of its file
   */
  async function openClip(clip, name) {
    const number = opening;
    const recent = await recentFiles.find(clip);
    if (number !== opening) return;
    const keepChoice = () => ({});
    if (recent) return open(async () => recent, keepChoice);
    store.set({ recording: null, decoded: null, phase: 'opening' });
    try {
      const encoded = await forOpening(() => api.clip(clip, String(store.state.model)), number);
      if (encoded) store.set({ recording: { name, clip, file: null, encoded }, phase: 'ready' });
    } catch (error) {
      if (number === opening) store.set({ notice: errorNotice(error), phase: idlePhase() });
    }
  }

  /** Opens the file that waits, or the recording of the choice; else the first example, or the file that was open. */
  async function openChosen() {
    if (waitingFile) {
      const { file: waiting, name } = waitingFile;
      waitingFile = null;
      return openFile(waiting, name);
    }
    const { example, clip, file, examples, recording } = store.state;
    if (clip) return openClip(clip, file ?? 'the recording');
    const chosen = examples.find((one) => one.id === example) ?? examples[0];
    if (chosen) return openExample(chosen.id);
    if (recording?.file) {
      const { file: opened, name } = recording;
      const fetchFile = async () => ({ file: opened, name });
      return open(fetchFile, (openedClip) => ({ example: null, clip: openedClip, file: name }));
    }
    store.set({ recording: null, decoded: null, phase: 'empty' });
    updateDecoding();
  }

  /**
   * Opens a model and the recording of the choice, with a notice about what does not exist.
   * @param {string} name of the model
   */
  async function openAll(name) {
    const wanted = store.state;
    if (!(await openModel(name))) return;
    await openChosen();
    const missing = missingParts(store.state, wanted);
    if (missing.length && !store.state.notice) note(missing.join(' '));
  }

  /** @param {import('../core/state.js').Notice} notice */
  const fail = (notice) => store.set({ notice, phase: 'failed' });

  /** Opens everything in the choice, on an empty page. */
  async function start() {
    const number = ++opening;
    store.set({ phase: 'starting', notice: null });
    try {
      const models = await forOpening(api.models, number);
      if (!models) return;
      if (!models.length) {
        const detail = 'Put a trained bundle into a folder listed in MODELS, then try again.';
        return fail({ kind: 'error', title: 'No model', detail });
      }
      store.set({ models });
      const { model } = store.state;
      const chosen = models.find((one) => one.model === model) ?? models[0];
      await openAll(chosen.model);
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
      store.set({ model: before, notice: errorNotice(error), phase: idlePhase() });
    }
  }

  /** @param {import('./api.js').DecodeRequest} request */
  function isWanted(request) {
    const now = decodeRequest(store.state);
    return now !== null && now.clip === request.clip && now.module === request.module && now.model === request.model;
  }

  /**
   * @param {import('./api.js').DecodeRequest} request
   * @returns {Promise<boolean>} false if it must be tried again
   */
  async function decode(request) {
    try {
      const decoded = await decodingRetry.once(
        () => api.decode(request),
        () => isWanted(request),
        request.model,
      );
      if (decoded === 'again') return false;
      if (!decoded) return true;
      store.set({ decoded: { ...decoded, request }, phase: phaseAfterDecoding() });
      // The spectrogram arrives before the sound. If the sound is lost, both are requested again.
      decoded.audio.catch(() => store.state.decoded?.request === request && decoder.request(request));
    } catch (error) {
      store.set({ decoded: null, phase: phaseAfterDecoding(), notice: errorNotice(error) });
    }
    return true;
  }

  /** A decoding does not end the phase "opening". @returns {import('../core/state.js').Phase} */
  const phaseAfterDecoding = () => (store.state.phase === 'opening' ? 'opening' : 'ready');

  const decoder = latestOnly(decode, (decoding) => store.set({ decoding }));
  store.on(SOUND_KEYS, updateDecoding);
  function updateDecoding() {
    const { phase, recording } = store.state;
    const request = decodeRequest(store.state);
    // A sample of the prior takes the duration of the recording that is being opened, so it waits.
    if (!recording && (phase === 'starting' || phase === 'opening')) return;
    if (request) decoder.request(request);
    else if (store.state.decoded) {
      store.set({ decoded: null });
      store.set({ phase: idlePhase() });
    }
  }

  return {
    start,
    chooseModel,
    openExample: (/** @type {string} */ id) => openExample(id, clearedEdits),
    openFile,
    settled: decoder.idle,
  };
}

/** @typedef {ReturnType<typeof createSession>} Session */
