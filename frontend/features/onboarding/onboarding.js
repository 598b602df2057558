/** Decides before the first paint whether to show the first steps, so that the layout does not shift. */
try {
  document.documentElement.dataset.onboarding = String(localStorage.getItem('sim-explorer-steps') === null);
} catch {
  // Without local storage they are shown at every visit.
  document.documentElement.dataset.onboarding = 'true';
}
