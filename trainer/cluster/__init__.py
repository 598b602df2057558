"""Many training runs, for ensembles and sweeps."""
