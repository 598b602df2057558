"""Speed and quality benchmarks. Machines vary: compare ratios to the baseline of the same run, not absolute times."""
