"""Errors of training. Their messages say what was found and what to do."""

from __future__ import annotations


class TrainingError(RuntimeError):
    """Training cannot continue."""


class CheckpointError(ValueError):
    """A checkpoint is damaged or belongs to another run."""
