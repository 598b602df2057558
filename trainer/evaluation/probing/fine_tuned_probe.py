"""Fine-tuned probe: copies of the modules above a module, with a linear head on time-pooled frames, trained on a label.

The head sees the frames of the module itself and of the deepest one, and starts as the linear probe of both or of the
module alone, so that the family contains the linear probes of the module. The module itself stays fixed. It is the
widest family of probes of Choi, Jung and Watanabe (arXiv 2312.10019); its held-out cross-entropy bounds I(Y; Z) as that
of any other probe.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from trainer.geometry import ModuleGeometry
from trainer.metrics.probing.pooling import Span
from trainer.metrics.probing.trained_probe import train_probe
from trainer.model import Model

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
_EPOCHS, _PATIENCE, _BATCH_CLIPS = 12, 2, 8
_LEARNING_RATE, _HEAD_LEARNING_RATE, _WEIGHT_DECAY = 3e-4, 1e-3, 1e-2
_MIN_DECREASE = 1e-4  # nats; a smaller decrease of the validation loss does not count


@dataclass(frozen=True)
class ClipSpans:
    """Labelled spans of clips: the index of its `clip` [n], the `spans` [n] in seconds, and the `classes` [n]."""

    clip: Codes
    spans: Sequence[Span]
    classes: Codes


class FineTunedProbe(nn.Module):
    """Copies of the modules above `module`, mean pooling over a span's frames, and a linear head on the frames of
    `module` and of the deepest copy.
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, model: Model, module: int, classes: int) -> None:
        super().__init__()
        self.above = nn.ModuleList(
            copy.deepcopy(model.encoder.stack[index]) for index in range(module, len(model.geometry))
        )
        self.above.requires_grad_(True)
        dims = model.dims(module) + model.dims(len(model.geometry))
        self.geometries: tuple[ModuleGeometry, ModuleGeometry] = model.geometry[module - 1], model.geometry[-1]
        self.head = nn.Linear(dims, classes)
        self.register_buffer("mean", torch.zeros(dims))
        self.register_buffer("sd", torch.ones(dims))

    def pooled(self, frames: Tensor, spans: Sequence[tuple[int, Span]]) -> Tensor:
        """Frames of the module (B, dims, frames) and (clip of the batch, span) of each example [n] -> [n, D].

        D is the number of dimensions of the module and of the deepest one.
        """
        deepest = frames
        for module in self.above:
            deepest = module(deepest.mT).mean
        parts = [
            torch.stack([one[clip][:, geometry.frame_span(*span, one.shape[2])].mean(1) for clip, span in spans])
            for one, geometry in zip((frames, deepest), self.geometries, strict=True)
        ]
        return torch.cat(parts, dim=1)

    def forward(self, frames: Tensor, spans: Sequence[tuple[int, Span]]) -> Tensor:
        """Log-probabilities in nats [n, classes]."""
        scores: Tensor = self.head((self.pooled(frames, spans) - self.mean) / self.sd)
        return scores.log_softmax(1)


def fine_tuned_log_probabilities(
    model: Model,
    module: int,
    clips: Sequence[Tensor],
    examples: ClipSpans,
    train: Flags,
    validation: Flags,
    seed: int = 0,
) -> Values:
    """Log-probabilities in nats of the test examples (not in `train` [n]) from a probe trained on the others.

    Training examples in `validation` [n] are used for early stopping only; if there are none, every other one is.
    `clips`: latents [dims, frames] of `module`, in the trained basis. The same seed gives the same result [n tested,
    classes]. Raises ValueError for the deepest module, which has no module above it.
    """
    if module >= len(model.geometry):
        raise ValueError(f"there is no module above module {module}; use a linear probe for the deepest module")
    examples = _with_ends(examples, clips, model.geometry[module - 1])
    count = int(examples.classes.max()) + 1
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        probe = FineTunedProbe(model, module, count)
    # Keep the running statistics of batch norm: those of a batch of few clips are noisier
    probe.eval()
    if not (train & validation).any() or not (train & ~validation).any():
        validation = np.arange(len(train)) % 2 == 0
    fitted, held_out = train & ~validation, train & validation
    _initialise(probe, clips, examples, train, validation, count, seed)
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(
        [
            {"params": probe.above.parameters(), "lr": _LEARNING_RATE},
            {"params": probe.head.parameters(), "lr": _HEAD_LEARNING_RATE},
        ],
        weight_decay=_WEIGHT_DECAY,
    )
    best, best_state, since = _loss(probe, clips, examples, held_out), copy.deepcopy(probe.state_dict()), 0
    for _ in range(_EPOCHS):
        for frames, spans, rows in _batches(clips, examples, fitted, rng):
            optimiser.zero_grad()
            loss = nn.functional.nll_loss(probe(frames, spans), torch.from_numpy(examples.classes[rows]))
            torch.autograd.backward(loss)
            optimiser.step()
        validation_loss = _loss(probe, clips, examples, held_out)
        since += 1
        if validation_loss < best - _MIN_DECREASE:
            best, best_state, since = validation_loss, copy.deepcopy(probe.state_dict()), 0
        if since == _PATIENCE:
            break
    probe.load_state_dict(best_state)
    return _predict(probe, clips, examples, ~train)


def _with_ends(examples: ClipSpans, clips: Sequence[Tensor], geometry: ModuleGeometry) -> ClipSpans:
    """The same examples with open spans ended at the end of their clip, because in a batch clips are padded."""
    hop = geometry.hop / geometry.sample_rate
    spans = [
        (start, clips[clip].shape[1] * hop if end is None else end)
        for clip, (start, end) in zip(examples.clip.tolist(), examples.spans, strict=True)
    ]
    return ClipSpans(examples.clip, spans, examples.classes)


def _initialise(
    probe: FineTunedProbe,
    clips: Sequence[Tensor],
    examples: ClipSpans,
    train: Flags,
    validation: Flags,
    count: int,
    seed: int,
) -> None:
    """Start from the linear probe of the frames before fine-tuning: of both modules or of the own one alone.

    The better one on the validation examples, since twice the dimensions of few examples can be worse.
    """
    with torch.inference_mode():
        parts = [(rows, probe.pooled(frames, spans)) for frames, spans, rows in _batches(clips, examples, train)]
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    pooled = torch.cat([values for _, values in parts]).numpy()[order]
    candidates = []
    for dims in (pooled.shape[1], clips[0].shape[0]):
        linear = train_probe(pooled[:, :dims], examples.classes[train], validation[train], count, None, seed)
        with torch.no_grad():
            if dims == pooled.shape[1]:
                probe.mean.copy_(torch.from_numpy(linear.mean))
                probe.sd.copy_(torch.from_numpy(linear.sd))
            probe.head.weight.zero_()
            probe.head.weight[:, :dims].copy_(torch.from_numpy(linear.weights))
            probe.head.bias.copy_(torch.from_numpy(linear.biases))
        loss = _loss(probe, clips, examples, train & validation)
        candidates.append((loss, copy.deepcopy(probe.state_dict())))
    probe.load_state_dict(min(candidates, key=lambda one: one[0])[1])


def _batches(
    clips: Sequence[Tensor], examples: ClipSpans, mask: Flags, rng: np.random.Generator | None = None
) -> Iterator[tuple[Tensor, list[tuple[int, Span]], Codes]]:
    """Batches of the clips of the examples in `mask` [n], in random order if `rng` is given.

    Each batch: zero-padded frames (B, dims, frames), (clip of the batch, span) of each example, and the examples' rows.
    """
    rows = np.flatnonzero(mask)
    used = np.unique(examples.clip[rows])
    if rng is not None:
        rng.shuffle(used)
    for some in np.split(used, range(_BATCH_CLIPS, len(used), _BATCH_CLIPS)):
        longest = max(clips[clip].shape[1] for clip in some)
        frames = torch.stack([nn.functional.pad(clips[clip], (0, longest - clips[clip].shape[1])) for clip in some])
        places = {clip: place for place, clip in enumerate(some.tolist())}
        own = rows[np.isin(examples.clip[rows], some)]
        yield frames, [(places[int(examples.clip[row])], examples.spans[row]) for row in own], own


@torch.inference_mode()
def _predict(probe: FineTunedProbe, clips: Sequence[Tensor], examples: ClipSpans, mask: Flags) -> Values:
    """Log-probabilities of the examples in `mask`, in their order."""
    parts = [(rows, probe(frames, spans)) for frames, spans, rows in _batches(clips, examples, mask)]
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    predicted: Values = torch.cat([log_probabilities for _, log_probabilities in parts]).double().numpy()[order]
    return predicted


def _loss(probe: FineTunedProbe, clips: Sequence[Tensor], examples: ClipSpans, mask: Flags) -> float:
    predicted = _predict(probe, clips, examples, mask)
    return float(-np.take_along_axis(predicted, examples.classes[mask][:, None], 1).mean())
