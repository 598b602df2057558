"""Base class of all settings, and the old names of renamed settings."""

from __future__ import annotations

from pydantic import AliasChoices, BaseModel, ConfigDict

RENAMED = {
    "rates": "speeds",
    "excerpts": "time_crop_probability",
    "views": "augmentation",
    "least_spread": "min_noise_scale",
}
"""Old name -> current name of a setting. Old names are still read from bundles, checkpoints and `--set`."""


class Frozen(BaseModel):
    """Immutable settings. Unknown names, infinities and NaN are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


def readable_names(name: str) -> AliasChoices:
    """`name` and its old names, as the `validation_alias` of a renamed field."""
    return AliasChoices(name, *(old for old, new in RENAMED.items() if new == name))
