"""UMAP projection."""

from __future__ import annotations

import numpy as np

from trainer.metrics.latents import umap


def test_umap_separates_clusters_or_is_not_installed() -> None:
    values = np.concatenate([np.zeros((40, 6)), np.full((40, 6), 20.0)]) + np.random.default_rng(0).normal(size=(80, 6))
    places = umap.umap_projection(values)
    if not umap.INSTALLED:
        assert places is None
        return
    assert places is not None
    spread = max(np.linalg.norm(half - half.mean(0), axis=1).mean() for half in (places[:40], places[40:]))
    assert np.linalg.norm(places[:40].mean(0) - places[40:].mean(0)) > 3 * spread
    assert umap.umap_projection(values[:10]) is None, "fewer points than neighbours"
