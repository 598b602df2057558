"""What the modules above can be brought to read off a module: a copy of them, and a linear answer over time-pooled
frames, trained further on a label while the module itself stays as it is. The widest family of probes of Choi, Jung and
Watanabe (arXiv 2312.10019): each of its held-out cross-entropies bounds I(Y; Z) as any other probe's does.
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
from trainer.model import Model

Values = NDArray[np.float64]
Codes = NDArray[np.int64]
Flags = NDArray[np.bool_]
_EPOCHS, _PATIENCE, _CLIPS_A_BATCH = 12, 2, 8
_LEARNING_RATE, _ANSWER_LEARNING_RATE, _WEIGHT_DECAY = 3e-4, 1e-2, 1e-2
_FALL = 1e-4  # nats, that count as such


@dataclass(frozen=True)
class ClipSpans:
    """Stretches of clips to be told apart: the `clip` that each is of [n], its `spans`, and its class [n]."""

    clip: Codes
    spans: Sequence[Span]
    classes: Codes


class FineTunedProbe(nn.Module):
    """Copies of the modules above `module`, the mean over a span's frames of the deepest, and a linear answer."""

    mean: Tensor
    sd: Tensor

    def __init__(self, model: Model, module: int, classes: int) -> None:
        super().__init__()
        self.above = nn.ModuleList(
            copy.deepcopy(model.encoder.stack[index]) for index in range(module, len(model.geometry))
        )
        self.above.requires_grad_(True)
        dims = model.dims(len(model.geometry))
        self.geometry: ModuleGeometry = model.geometry[-1]
        self.answer = nn.Linear(dims, classes)
        self.register_buffer("mean", torch.zeros(dims))
        self.register_buffer("sd", torch.ones(dims))

    def pooled(self, frames: Tensor, placed: Sequence[tuple[int, Span]]) -> Tensor:
        """Frames of the module (B, dims, frames), and which clip of the batch and span each example is [n] -> [n, dims
        of the deepest].
        """
        for module in self.above:
            frames = module(frames.mT).mean
        count = frames.shape[2]
        return torch.stack([frames[clip][:, self.geometry.frame_span(*span, count)].mean(1) for clip, span in placed])

    def forward(self, frames: Tensor, placed: Sequence[tuple[int, Span]]) -> Tensor:
        """Log-probabilities (nats) [n, classes]."""
        scores: Tensor = self.answer((self.pooled(frames, placed) - self.mean) / self.sd)
        return scores.log_softmax(1)


def fine_tuned_log_probabilities(
    model: Model, module: int, clips: Sequence[Tensor], examples: ClipSpans, train: Flags, aside: Flags, seed: int = 0
) -> Values:
    """Log-probabilities (nats) [n, classes] of the examples that are not of `train` [n], from a reader that learnt from
    those that are; of these `aside` [n] say when to stop. `clips`: the latents [dims, frames] of `module` as trained.
    The same seed gives the same answers.

    Raises ValueError for the deepest module, above which there is none: that is the linear probe.
    """
    if module >= len(model.geometry):
        raise ValueError(f"there is no module above module {module}; a linear probe reads the deepest one")
    examples = _ended(examples, clips, model.geometry[module - 1])
    count = int(examples.classes.max()) + 1
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        reader = FineTunedProbe(model, module, count)
    # Batch norm keeps the statistics it has: a batch of few clips would only blur them
    reader.eval()
    learnt = train & ~aside
    _begin(reader, clips, examples, learnt, count)
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(
        [
            {"params": reader.above.parameters(), "lr": _LEARNING_RATE},
            {"params": reader.answer.parameters(), "lr": _ANSWER_LEARNING_RATE},
        ],
        weight_decay=_WEIGHT_DECAY,
    )
    best, best_state, since = _loss(reader, clips, examples, train & aside), copy.deepcopy(reader.state_dict()), 0
    for _ in range(_EPOCHS):
        for frames, placed, rows in _batches(clips, examples, learnt, rng):
            optimiser.zero_grad()
            loss = nn.functional.nll_loss(reader(frames, placed), torch.from_numpy(examples.classes[rows]))
            torch.autograd.backward(loss)
            optimiser.step()
        loss_aside = _loss(reader, clips, examples, train & aside)
        since += 1
        if loss_aside < best - _FALL:
            best, best_state, since = loss_aside, copy.deepcopy(reader.state_dict()), 0
        if since == _PATIENCE:
            break
    reader.load_state_dict(best_state)
    return _answers(reader, clips, examples, ~train)


def _ended(examples: ClipSpans, clips: Sequence[Tensor], geometry: ModuleGeometry) -> ClipSpans:
    """The same, each span that has no end ending with its clip: in a batch there may be silence after it."""
    hop = geometry.hop / geometry.sample_rate
    spans = [
        (start, clips[clip].shape[1] * hop if end is None else end)
        for clip, (start, end) in zip(examples.clip.tolist(), examples.spans, strict=True)
    ]
    return ClipSpans(examples.clip, spans, examples.classes)


def _begin(reader: FineTunedProbe, clips: Sequence[Tensor], examples: ClipSpans, learnt: Flags, count: int) -> None:
    """Standardise as what is learnt from has it, and at first answer with how frequent the classes are."""
    with torch.inference_mode():
        parts = [reader.pooled(frames, placed) for frames, placed, _ in _batches(clips, examples, learnt)]
    pooled = torch.cat(parts).clone()
    spread = pooled.std(0, correction=0)
    share = (np.bincount(examples.classes[learnt], minlength=count) + 1) / (learnt.sum() + count)
    with torch.no_grad():
        reader.mean.copy_(pooled.mean(0))
        reader.sd.copy_(torch.where(spread > 0, spread, torch.ones_like(spread)))
        reader.answer.weight.zero_()
        reader.answer.bias.copy_(torch.from_numpy(np.log(share)))


def _batches(
    clips: Sequence[Tensor], examples: ClipSpans, wanted: Flags, rng: np.random.Generator | None = None
) -> Iterator[tuple[Tensor, list[tuple[int, Span]], Codes]]:
    """The clips of the examples `wanted` [n], a few at a time, in a random order where there is an `rng`: their frames,
    silence after the shorter ones, where their examples lie, and the rows of these.
    """
    rows = np.flatnonzero(wanted)
    homes = np.unique(examples.clip[rows])
    if rng is not None:
        rng.shuffle(homes)
    for some in np.split(homes, range(_CLIPS_A_BATCH, len(homes), _CLIPS_A_BATCH)):
        longest = max(clips[home].shape[1] for home in some)
        frames = torch.stack([nn.functional.pad(clips[home], (0, longest - clips[home].shape[1])) for home in some])
        places = {home: place for place, home in enumerate(some.tolist())}
        own = rows[np.isin(examples.clip[rows], some)]
        yield frames, [(places[int(examples.clip[row])], examples.spans[row]) for row in own], own


@torch.inference_mode()
def _answers(reader: FineTunedProbe, clips: Sequence[Tensor], examples: ClipSpans, wanted: Flags) -> Values:
    """In the order of the examples."""
    parts = [(rows, reader(frames, placed)) for frames, placed, rows in _batches(clips, examples, wanted)]
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    answers: Values = torch.cat([said for _, said in parts]).double().numpy()[order]
    return answers


def _loss(reader: FineTunedProbe, clips: Sequence[Tensor], examples: ClipSpans, wanted: Flags) -> float:
    said = _answers(reader, clips, examples, wanted)
    return float(-np.take_along_axis(said, examples.classes[wanted][:, None], 1).mean())
