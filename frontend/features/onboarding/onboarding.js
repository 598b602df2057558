/** Before the first paint: whoever has seen the first steps, or put them away, is not shown them again, and nothing jumps. */
try {
  document.documentElement.dataset.onboarding = String(localStorage.getItem('sim-explorer-steps') === null);
} catch {
  // A browser that keeps nothing shows them each time.
  document.documentElement.dataset.onboarding = 'true';
}
