"""Similarity of channels across the models of an ensemble."""
