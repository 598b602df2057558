"""Evaluation of representations by probes."""
