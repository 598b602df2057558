/** Entry point: creates the state, the session with the server, the player and the views, and connects them. */
import { createClipPlayer } from './audio/clip-player.js';
import { Player } from './audio/player.js';
import { createSourceAudio } from './audio/source-audio.js';
import { fromAddress, toAddress } from './core/address.js';
import { CHOICE_KEYS } from './core/choice.js';
import { createHistory } from './core/history.js';
import { bindKeys } from './core/keys.js';
import { createStore } from './core/state.js';
import { byId } from './drawing/dom.js';
import { createInterpolation } from './features/compare/interpolation.js';
import { createSecondModel } from './features/compare/second-model.js';
import { createSnapshot } from './features/compare/snapshot.js';
import { showCompare } from './features/compare/view.js';
import { createDimensionDetails } from './features/dimension-card/dimension-details.js';
import { showDistribution } from './features/distribution/view.js';
import { createEnsembleMembership } from './features/ensemble/ensemble-membership.js';
import { createHotSpotTraversals } from './features/ensemble/hot-spot-traversals.js';
import { createEnsemble } from './features/ensemble/model.js';
import { showEnsemble } from './features/ensemble/view.js';
import { createGrid } from './features/grid/model.js';
import { showGrid } from './features/grid/view.js';
import { showHelp } from './features/help/view.js';
import { showLayerChoice } from './features/layers/layer-choice.js';
import { createLayers } from './features/layers/model.js';
import { showProbes } from './features/layers/probes-view.js';
import { showLayers } from './features/layers/view.js';
import { createMap } from './features/map/model.js';
import { showMap } from './features/map/view.js';
import { showSteps } from './features/onboarding/view.js';
import { showPanels } from './features/panels/view.js';
import { showShare } from './features/share/view.js';
import { showSliderToolbar } from './features/sliders/slider-toolbar.js';
import { createSweep } from './features/sliders/sweep.js';
import { showSliders } from './features/sliders/view.js';
import { createRecentFiles } from './features/sources/recent-files.js';
import { showRecorder } from './features/sources/recorder.js';
import { showSources } from './features/sources/view.js';
import { showStatus } from './features/status/view.js';
import { showTimeline } from './features/timeline/view.js';
import { showTransport } from './features/transport/view.js';
import { showTypicality } from './features/typicality/view.js';
import { createFigures } from './server/figures.js';
import { createLatents } from './server/latents.js';
import { createSession } from './server/session.js';

const ADDRESS_DELAY_MS = 150;

const store = createStore(fromAddress(location.hash));
const session = createSession(store, createRecentFiles(store));
const layers = createLayers(store);
const latents = createLatents(store);
const history = createHistory(store);
const sourceAudio = createSourceAudio();
const player = new Player();

showStatus(store, session, history);
showTypicality(store);
showSources(store, session);
showRecorder(store, session, () => player.stop());
showLayerChoice(store);
showPanels(store);
const transport = showTransport(store, player, layers, sourceAudio);
showLayers(store, player, layers, transport);
showTimeline(store, player, { latents, sourceAudio, playFrom: transport.playFrom });
const release = () => {
  history.endStep();
  transport.playReleased('decoded', session.settled);
};
const sweep = createSweep({ settled: session.settled, followUpdates: transport.followUpdates });
showSliderToolbar(store, history, release);
const clipPlayer = createClipPlayer(store, player);
showSliders(store, latents, {
  release,
  sweep,
  history,
  details: createDimensionDetails(store),
  clipPlayer,
  membership: createEnsembleMembership(store),
});
showGrid(store, createGrid(store), { player, transport, history, release });
createSecondModel(store);
showCompare(store, createSnapshot(store, session, history), createInterpolation(store), { player, transport, release });
createFigures(store);
showProbes(store);
showMap(store, createMap(store, latents), { clipPlayer, session, history, release });
showDistribution(store);
createEnsemble(store);
showEnsemble(store, createHotSpotTraversals(store), { player, transport });

showSteps(store);
const share = showShare(store, latents);
const help = showHelp();

bindKeys({
  toggleDecoded: () => transport.toggle('decoded'),
  toggleOriginal: () => transport.toggle('original'),
  swap: transport.swap,
  toggleLoop: transport.toggleLoop,
  undo: history.undo,
  redo: history.redo,
  chooseLayer(module) {
    if (store.state.modelInfo?.modules.some((one) => one.module === module)) store.set({ module });
  },
  choosePanel(panel) {
    store.set({ panel });
    byId(`tab-${panel}`).focus();
  },
  openFile: () => byId('file').click(),
  share: share.open,
  find() {
    store.set({ panel: 'sliders' });
    byId('search').focus();
  },
  help: help.open,
});

/**
 * @type {ReturnType<typeof setTimeout> | undefined} browsers limit how often an address may change, so writing waits
 * for the sliders to rest
 */
let addressTimer;
store.on(CHOICE_KEYS, () => {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(
    () => globalThis.history.replaceState(null, '', `#${toAddress(store.state)}`),
    ADDRESS_DELAY_MS,
  );
});
addEventListener('hashchange', () => {
  clearTimeout(addressTimer);
  store.set(fromAddress(location.hash));
  session.start();
});

session.start();
