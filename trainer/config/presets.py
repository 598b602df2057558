"""The named configurations."""

from __future__ import annotations

from trainer.config import paper_presets, spectral_presets
from trainer.config.config import Config

_PRESETS = {
    "demo": spectral_presets.demo,
    "sim": paper_presets.sim,
    "sim-plus": spectral_presets.sim_plus,
    "gim": paper_presets.gim,
    "cpc": paper_presets.cpc,
    "supervised": paper_presets.supervised,
    "untrained": paper_presets.untrained,
    "dim-noise": spectral_presets.dim_noise,
    "narrow": spectral_presets.narrow,
    "tiny": spectral_presets.tiny,
}
PRESETS = tuple(_PRESETS)


def preset(name: str) -> Config:
    """The preset `name`. Raises ValueError that lists all presets."""
    if name not in _PRESETS:
        raise ValueError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return _PRESETS[name]()
