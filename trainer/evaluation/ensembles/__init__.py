"""Evaluation of ensembles: shared channels and hot spots."""
