"""Many training runs on one or more machines: the launcher of ensembles and sweeps."""
