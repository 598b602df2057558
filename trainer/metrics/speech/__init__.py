"""Metrics of decoded speech compared with the original recording."""
