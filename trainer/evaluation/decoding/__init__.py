"""Evaluation of decoders."""
