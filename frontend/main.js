// @ts-check
/** Puts the explorer together: one state, one session with the server, one player, and the views on them. */
import { fromAddress, toAddress } from "./address.js";
import { createBetween } from "./between.js";
import { createDossier } from "./dossier.js";
import { createEnsemble } from "./ensemble.js";
import { createFigures } from "./figures.js";
import { createGrid } from "./grid.js";
import { createHistory } from "./history.js";
import { bindKeys } from "./keys.js";
import { createKept } from "./kept.js";
import { createKin } from "./kin.js";
import { createLatents } from "./latents.js";
import { createLayers } from "./layers.js";
import { createMap } from "./map.js";
import { createOriginals } from "./originals.js";
import { Player } from "./player.js";
import { createRecents } from "./recents.js";
import { createRelatives } from "./relatives.js";
import { createSession } from "./session.js";
import { CHOICE, createStore } from "./state.js";
import { createStretches } from "./stretch.js";
import { createSweep } from "./sweep.js";
import { createTwin } from "./twin.js";
import { showBench } from "./views/bench.js";
import { showCompare } from "./views/compare.js";
import { part } from "./views/dom.js";
import { showEnsemble } from "./views/ensemble.js";
import { showGrid } from "./views/grid.js";
import { showHelp } from "./views/help.js";
import { showLayers } from "./views/layers.js";
import { showMap } from "./views/map.js";
import { showModules } from "./views/modules.js";
import { showNormality } from "./views/normality.js";
import { showPanels } from "./views/panels.js";
import { showPrior } from "./views/prior.js";
import { showProbes } from "./views/probes.js";
import { showRecorder } from "./views/recorder.js";
import { showShare } from "./views/share.js";
import { showSliders } from "./views/sliders.js";
import { showSource } from "./views/source.js";
import { showStatus } from "./views/status.js";
import { showSteps } from "./views/steps.js";
import { showTimeline } from "./views/timeline.js";
import { showTransport } from "./views/transport.js";

const ADDRESS_DELAY_MS = 150;

const store = createStore(fromAddress(location.hash));
const session = createSession(store, createRecents(store));
const layers = createLayers(store);
const latents = createLatents(store);
const history = createHistory(store);
const originalOf = createOriginals();
const player = new Player();

showStatus(store, session);
showPrior(store);
showSource(store, session);
showRecorder(store, session, () => player.stop());
showModules(store);
showPanels(store);
const transport = showTransport(store, player, layers, originalOf);
showLayers(store, player, layers, transport);
showTimeline(store, player, { latents, originalOf, playFrom: transport.playFrom });
const release = () => {
  history.seal();
  transport.playReleased("decoded", session.settled);
};
const sweep = createSweep({ settled: session.settled, keepUp: transport.keepUp });
showBench(store, history, release);
const stretches = createStretches(store, player);
showSliders(store, latents, { release, sweep, history, dossier: createDossier(store), stretches, kin: createKin(store) });
showGrid(store, createGrid(store), { player, transport, history, release });
createTwin(store);
showCompare(store, createKept(store, session, history), createBetween(store), { player, transport, release });
createFigures(store);
showProbes(store);
showMap(store, createMap(store, latents), { stretches, session, history, release });
showNormality(store);
createEnsemble(store);
showEnsemble(store, createRelatives(store), { player, transport });

showSteps(store);
const share = showShare(store, latents);
const help = showHelp();

bindKeys({
  toggleDecoded: () => transport.toggle("decoded"),
  toggleOriginal: () => transport.toggle("original"),
  swap: transport.swap,
  toggleLoop: transport.toggleLoop,
  undo: history.undo,
  redo: history.redo,
  chooseModule(module) {
    if (store.state.card?.modules.some((one) => one.module === module)) store.set({ module });
  },
  choosePanel(panel) {
    store.set({ panel });
    part(`tab-${panel}`).focus();
  },
  openFile: () => part("file").click(),
  share: share.open,
  find() {
    store.set({ panel: "sliders" });
    part("search").focus();
  },
  help: help.open,
});

/** @type {ReturnType<typeof setTimeout> | undefined} browsers limit how often an address may change, so it waits for the sliders to rest */
let writing;
store.on(CHOICE, () => {
  clearTimeout(writing);
  writing = setTimeout(() => globalThis.history.replaceState(null, "", `#${toAddress(store.state)}`), ADDRESS_DELAY_MS);
});
addEventListener("hashchange", () => {
  clearTimeout(writing);
  store.set(fromAddress(location.hash));
  session.start();
});

session.start();
