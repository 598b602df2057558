"""A decoder hears each frame for a while only. So part of a sound can be decoded from part of the latents: a long
recording piece by piece, and after a local edit just what the edit reaches.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from trainer.model.decoder import Decoder

_WORTHWHILE = 0.5
"""Of the sound: where more has to be decoded again, all of it is."""


def decode_between(decoder: Decoder, latents: Tensor, samples: int, start: int, stop: int) -> Tensor:
    """Samples `start` to `stop` of the `samples` that `decoder` makes of `latents` [dims, frames], from those frames
    alone that reach them.
    """
    grain, size = decoder.grain, decoder.grain_samples
    first = min(max(0, (start - decoder.reach) // size), (latents.shape[1] - 1) // grain)
    last = math.ceil((stop + decoder.reach) / size)
    to_the_end = last * size >= samples
    part = latents[:, first * grain : None if to_the_end else last * grain]
    length = (samples if to_the_end else last * size) - first * size
    sound: Tensor = decoder(part[None], length)[0]
    return sound[start - first * size : stop - first * size]


def decode_in_pieces(
    decoder: Decoder, latents: Tensor, samples: int, piece: int, between: tuple[int, int] | None = None
) -> Tensor:
    """All `samples`, or those `between`, some `piece` samples at a time: a long recording in memory bounded by a
    piece.
    """
    begin, end = between or (0, samples)
    starts = range(begin, max(end, begin + 1), piece)
    return torch.cat([decode_between(decoder, latents, samples, start, min(start + piece, end)) for start in starts])


def spans_to_decode(decoder: Decoder, latents: Tensor, before: Tensor, samples: int) -> list[tuple[int, int]] | None:
    """The samples [start, stop), in order and apart, in which `latents` may sound other than `before` (both
    [dims, frames]); None where decoding them again saves nothing worth while.
    """
    hop, reach = decoder.grain_samples // decoder.grain, decoder.reach
    changed = np.flatnonzero((latents.numpy() != before.numpy()).any(0))
    if not len(changed):
        return []
    apart = (np.diff(changed) - 1) * hop > 2 * reach
    firsts = [int(changed[0]), *changed[1:][apart].tolist()]
    lasts = [*changed[:-1][apart].tolist(), int(changed[-1])]
    spans = [
        # What the last frame says holds to the end of the sound, however far that is.
        (
            max(0, first * hop - reach),
            samples if last == latents.shape[1] - 1 else min(samples, (last + 1) * hop + reach),
        )
        for first, last in zip(firsts, lasts, strict=True)
    ]
    decoded = sum(stop - start + 2 * reach for start, stop in spans)
    return spans if decoded < _WORTHWHILE * samples else None


def splice(decoder: Decoder, latents: Tensor, sound: Tensor, spans: list[tuple[int, int]]) -> Tensor:
    """`sound` [samples] with `spans` of it decoded anew from `latents` [dims, frames]."""
    sound = sound.clone()
    for start, stop in spans:
        sound[start:stop] = decode_between(decoder, latents, len(sound), start, stop)
    return sound
