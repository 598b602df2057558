"""What moves a decoder's weights: two optimisers that look like one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer

MATRIX_RATE = 2.5
"""How much faster hidden matrices learn than the rest: Muon's steps are even in all directions, and bear it."""
_WEIGHT_DECAY = 0.01


class MuonAndAdamW(Optimizer):
    """Muon for hidden `matrices` (Liu et al., arXiv 2502.16982, eq. 4: its steps as large as those of AdamW), AdamW for
    `others`. Its groups and its state are theirs, so that it is stopped and resumed as one.
    """

    def __init__(self, matrices: Sequence[Tensor], others: Sequence[Tensor], lr: float) -> None:
        group = {"params": list(matrices), "relative_rate": MATRIX_RATE, "lr": lr * MATRIX_RATE}
        muon = Muon([group], weight_decay=_WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw")
        self._parts: tuple[Optimizer, Optimizer] = (muon, _adamw(others, lr))
        super().__init__([group for part in self._parts for group in part.param_groups], {})
        self._share()

    def _share(self) -> None:
        """Have both parts read and write the groups and the state of the whole."""
        muon, adamw = self._parts
        muon.param_groups, adamw.param_groups = self.param_groups[:1], self.param_groups[1:]
        muon.state = adamw.state = self.state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._share()

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        loss = None if closure is None else closure()
        for part in self._parts:
            part.step()
        return loss


def decoder_optimiser(objective: nn.Module, matrices: Sequence[Tensor], lr: float) -> Optimizer:
    """For all parameters of `objective`, of which `matrices` are the decoder's hidden ones (none: AdamW alone)."""
    chosen = {id(matrix) for matrix in matrices}
    others = [parameter for parameter in objective.parameters() if id(parameter) not in chosen]
    return MuonAndAdamW(matrices, others, lr) if matrices else _adamw(others, lr)


def _adamw(parameters: Sequence[Tensor], lr: float) -> AdamW:
    return AdamW(parameters, lr=lr, betas=(0.8, 0.99), weight_decay=_WEIGHT_DECAY, fused=True)
