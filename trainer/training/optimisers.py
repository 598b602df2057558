"""Muon for hidden matrices, AdamW for the rest, behind one Optimizer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from trainer.training.muon import muon_for

MATRIX_RATE = 2.5
"""Learning rate of hidden matrices relative to the rest. Muon's steps are equally large in all directions, which allows
a higher rate.
"""
_WEIGHT_DECAY = 0.01


class MuonAndAdamW(Optimizer):
    """Muon for `matrices` (Liu et al., arXiv 2502.16982, eq. 4: the RMS of its steps is AdamW's), AdamW for `others`.

    Both share this optimiser's parameter groups and state, so one checkpoint holds both.
    """

    def __init__(self, matrices: Sequence[Tensor], others: Sequence[Tensor], lr: float) -> None:
        group = {"params": list(matrices), "relative_rate": MATRIX_RATE, "lr": lr * MATRIX_RATE}
        muon = muon_for(matrices[0].device)([group], weight_decay=_WEIGHT_DECAY, adjust_lr_fn="match_rms_adamw")
        self._optimisers: tuple[Optimizer, Optimizer] = (muon, _adamw(others, lr))
        super().__init__([group for optimiser in self._optimisers for group in optimiser.param_groups], {})
        self._share_state()

    def _share_state(self) -> None:
        """Let both optimisers read and write the groups and the state of this one."""
        muon, adamw = self._optimisers
        muon.param_groups, adamw.param_groups = self.param_groups[:1], self.param_groups[1:]
        muon.state = adamw.state = self.state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As of Optimizer."""
        super().load_state_dict(state_dict)
        self._share_state()

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """As of Optimizer."""
        loss = None if closure is None else closure()
        for optimiser in self._optimisers:
            optimiser.step()
        return loss


def decoder_optimiser(objective: nn.Module, matrices: Sequence[Tensor], lr: float) -> Optimizer:
    """Optimiser of all parameters of `objective`: Muon for `matrices`, the hidden ones of the decoder, if any."""
    hidden = {id(matrix) for matrix in matrices}
    others = [parameter for parameter in objective.parameters() if id(parameter) not in hidden]
    return MuonAndAdamW(matrices, others, lr) if matrices else _adamw(others, lr)


def _adamw(parameters: Sequence[Tensor], lr: float) -> AdamW:
    return AdamW(parameters, lr=lr, betas=(0.8, 0.99), weight_decay=_WEIGHT_DECAY, fused=True)
