"""Evaluation of single latent dimensions: usage, factors, effects, strongest examples."""
