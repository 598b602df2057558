"""Runs models over recordings and writes report rows; the metrics themselves are in trainer.metrics."""
