"""The context network's recurrence, learnt at a fraction of the library's cost where there is no cuDNN."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


class GRU(nn.GRU):
    """`torch.nn.GRU` of one layer, batch first and from a state of zeros; on a CPU its gradient is worked out by hand.

    Autograd's takes a product for the gradient of the weights after every frame; this one takes a single product for
    all frames, and leaves four small operations to each.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__(inputs, hidden, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """(B, frames, inputs) -> (B, frames, hidden)."""
        output: Tensor
        if x.device.type == "cpu" and torch.is_grad_enabled():
            output = _GRU.apply(x, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
        else:
            output, _ = super().forward(x)
        return output


class _GRU(torch.autograd.Function):
    """Weights lie as in torch.nn.GRU: those of the reset gate r, the update gate z and the candidate n, in rows.

    h' = (1 - z) n + z h, where n = tanh(a_n + r m), m being what the state alone adds to the candidate. The products
    over all frames are taken in autocast's precision, those of one frame after another in that of the weights.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, w_input: Tensor, w_state: Tensor, b_input: Tensor, b_state: Tensor) -> Tensor:
        (batch, frames, _), hidden, kind = x.shape, w_state.shape[1], w_state.dtype
        precision = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else kind
        rows = x.transpose(0, 1).flatten(0, 1).to(precision)  # frame by frame
        gates = (rows @ w_input.to(precision).T).to(kind).view(frames, batch, 3 * hidden)
        gates += torch.cat([b_input[: 2 * hidden] + b_state[: 2 * hidden], b_input[2 * hidden :]])
        states = gates.new_zeros(frames + 1, batch, hidden)
        of_state = gates.new_empty(frames, batch, hidden)  # m
        added, b_candidate = gates.new_empty(batch, 3 * hidden), b_state[2 * hidden :]
        for frame in range(frames):
            state = states[frame]
            torch.mm(state, w_state.T, out=added)
            opened = gates[frame, :, : 2 * hidden].add_(added[:, : 2 * hidden]).sigmoid_()
            torch.add(added[:, 2 * hidden :], b_candidate, out=of_state[frame])
            candidate = gates[frame, :, 2 * hidden :].addcmul_(opened[:, :hidden], of_state[frame]).tanh_()
            torch.lerp(candidate, state, opened[:, hidden:], out=states[frame + 1])
        ctx.save_for_backward(rows, w_input, w_state, gates, states, of_state)
        return states[1:].transpose(0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_output: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        rows, w_input, w_state, gates, states, of_state = ctx.saved_tensors
        frames, batch, hidden = of_state.shape
        r, z, n = gates.split(hidden, 2)
        to_candidate = (1 - z) * (1 - n * n)
        # What a change of the state changes of the gates before they are squashed; with the gradient of the state,
        # frame by frame from the last, that becomes theirs.
        of_gates = torch.stack(
            [to_candidate * of_state * r * (1 - r), (states[:-1] - n) * z * (1 - z), to_candidate * r], 2
        )
        of_states = of_output.transpose(0, 1).contiguous().clone()
        carried = of_states.new_zeros(batch, hidden)
        for frame in reversed(range(frames)):
            of_states[frame] += carried
            of_gates[frame] *= of_states[frame, :, None]
            carried = torch.addmm(of_states[frame] * z[frame], of_gates[frame].flatten(1), w_state)
        from_state = of_gates.flatten(0, 1).flatten(1)
        of_gates = of_gates.clone()
        of_gates[:, :, 2] = of_states * to_candidate  # for what the input adds to it passes no reset gate
        from_input = of_gates.flatten(0, 1).flatten(1)

        precision, kind = rows.dtype, w_state.dtype
        passed = from_input.to(precision)
        of_x = (passed @ w_input.to(precision)).to(of_output.dtype).view(frames, batch, -1).transpose(0, 1)
        of_w_input = (passed.T @ rows).to(kind)
        of_w_state = (from_state.to(precision).T @ states[:-1].flatten(0, 1).to(precision)).to(kind)
        return of_x, of_w_input, of_w_state, from_input.sum(0), from_state.sum(0)
