"""What decoded clips are held against: sounds made of the original's log-mel spectrogram, without any encoder."""

from __future__ import annotations

import torch

from trainer.metrics.speech.suite import Ear, Heard


def griffin_lim(original: Heard, ear: Ear) -> Heard:
    """The original's own log-mel made audible: what a decoder with all 80 bands, and no phase, can come to."""
    picture = torch.from_numpy(original.log_mel)
    return ear(ear.log_mel.invert(picture, len(original.wave)).numpy())


def still(original: Heard, ear: Ear) -> Heard:
    """The original's mean spectrum held still: a decoder that knows the voice and the room, and not a word."""
    picture = torch.from_numpy(original.log_mel)
    return ear(ear.log_mel.invert(picture.mean(1, keepdim=True).expand_as(picture), len(original.wave)).numpy())
