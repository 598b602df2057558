"""Statistics of one module's latents over a corpus, accumulated clip by clip."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from trainer.model import Posterior


@dataclass
class LatentStatistics:
    """Mean, sd and KL per dimension over all frames, and a segment from the middle of each clip.

    `segments`: posterior means [dims, frames], one per clip.
    """

    segments: list[Tensor] = field(default_factory=list)
    _frames: int = 0
    _sums: dict[str, Tensor] = field(default_factory=dict)

    def add(self, posterior: Posterior, segment_frames: int) -> None:
        """Add a clip's posterior [dims, frames]; keep at most `segment_frames` frames from its middle."""
        mean = posterior.mean
        first = max(0, (mean.shape[1] - segment_frames) // 2)
        self.segments.append(mean[:, first : first + segment_frames].clone())
        self._frames += mean.shape[1]
        kl = posterior.kl()
        wide = mean.double()
        sums = {"mean": wide.sum(1), "square": wide.square().sum(1)}
        if kl is not None:
            sums["kl"] = kl.double().sum(1)
        self._sums = {name: self._sums.get(name, 0) + value for name, value in sums.items()}

    @property
    def mean(self) -> Tensor:
        """Mean of the posterior mean [dims]."""
        return self._sums["mean"] / self._frames

    @property
    def sd(self) -> Tensor:
        """Standard deviation of the posterior mean [dims]."""
        return (self._sums["square"] / self._frames - self.mean.square()).clamp_min(0).sqrt()

    @property
    def kl(self) -> Tensor | None:
        """KL in nats per frame [dims]; None for a deterministic encoder."""
        return self._sums["kl"] / self._frames if "kl" in self._sums else None

    def top(self, count: int) -> list[int]:
        """The `count` dimensions with the largest KL, or the largest sd for a deterministic encoder."""
        weight = self.sd if self.kl is None else self.kl
        return [int(dim) for dim in weight.argsort(descending=True, stable=True)[:count]]
