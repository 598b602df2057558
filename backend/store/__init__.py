"""Stores: models, ensembles and clips."""
