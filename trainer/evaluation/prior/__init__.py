"""Evaluation of the distance between latents and the prior."""
