"""Distances between latents and the prior N(0, I)."""
