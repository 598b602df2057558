"""How fast it is. Figures are for proportion: machines are noisy, so each row carries a baseline of the same run."""
