"""A spectral decoder whose network ONNX Runtime runs, and what follows it: for a second of sound the same within
rounding, in about half of torch's time. For inference alone.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import onnxruntime
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor, nn

from trainer.model.decoder import MAX_LOG_MAGNITUDE, Decoder, FrameBlock, SpectralDecoder
from trainer.model.kernels.inverse_stft import inverse_stft

_OPSET, _IR_VERSION = 20, 9  # the first with GELU
_LONG_FRAMES = 1000
"""What more frames than these took in memory is given back: it would be held as long as the model."""


class GraphDecoder(Decoder):
    """The same function as `decoder`, whose weights are read when it is first called."""

    def __init__(self, decoder: SpectralDecoder) -> None:
        super().__init__()
        self.decoder = decoder
        self.grain, self.grain_samples, self.reach = decoder.grain, decoder.grain_samples, decoder.reach

    def forward(self, latents: Tensor, samples: int) -> Tensor:
        aligned = self.decoder.align(latents, samples)
        options = onnxruntime.RunOptions()
        if aligned.shape[2] > _LONG_FRAMES:
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        predicted = self._session.run(None, {"aligned": aligned.contiguous().numpy()}, options)
        magnitude, phase = map(torch.from_numpy, predicted)
        # What SpectralDecoder.synthesise does, in place and from frames side by side.
        size = magnitude.clamp_(max=MAX_LOG_MAGNITUDE).exp_()
        spectrum = torch.complex(phase.cos().mul_(size), phase.sin().mul_(size))
        return inverse_stft(spectrum, self.decoder.hop)[:, :samples]

    @cached_property
    def _session(self) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = torch.get_num_threads(), 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # It sets this of the thread that it runs on, where numbers next to nothing are slow.
        options.add_session_config_entry("session.set_denormal_as_zero", "1")
        graph = _spectral(self.decoder)
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


class _Graph:
    """Nodes and weights, as they are added; each node is known by its output's name."""

    def __init__(self) -> None:
        self._nodes: list[NodeProto] = []
        self._weights: list[TensorProto] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"node{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def weight(self, values: Tensor) -> str:
        name = f"weight{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(values.detach().float().contiguous().numpy(), name))
        return name

    def linear(self, x: str, weight: Tensor, bias: Tensor) -> str:
        return self.add("Add", self.add("MatMul", x, self.weight(weight.T)), self.weight(bias))

    def norm(self, x: str, layer: nn.LayerNorm) -> str:
        return self.add(
            "LayerNormalization", x, self.weight(layer.weight), self.weight(layer.bias), axis=-1, epsilon=layer.eps
        )

    def convolution(self, x: str, layer: nn.Conv1d) -> str:
        assert layer.bias is not None
        return self.add(
            "Conv",
            x,
            self.weight(layer.weight),
            self.weight(layer.bias),
            kernel_shape=list(layer.kernel_size),
            strides=list(layer.stride),
            pads=[int(layer.padding[0])] * 2,
            group=layer.groups,
        )

    def turned(self, x: str) -> str:
        """(B, channels, frames) <-> (B, frames, channels)"""
        return self.add("Transpose", x, perm=[0, 2, 1])

    def serialised(self, dims: int, outputs: list[str]) -> bytes:
        inputs = [helper.make_tensor_value_info("aligned", TensorProto.FLOAT, ["batch", dims, "frames"])]
        told = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self._nodes, "decoder", inputs, told, self._weights)
        opsets = [helper.make_opsetid("", _OPSET)]
        return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION).SerializeToString())


def _spectral(decoder: SpectralDecoder) -> bytes:
    """SpectralDecoder.predict as an ONNX model, with frames before bins."""
    graph = _Graph()
    x = graph.norm(graph.turned(graph.convolution("aligned", decoder.stem)), decoder.norm)
    for block in decoder.blocks:
        assert isinstance(block, FrameBlock)
        change = graph.norm(graph.turned(graph.convolution(graph.turned(x), block.mix)), block.norm)
        change = graph.add("Gelu", graph.linear(change, block.widen.weight, block.widen.bias))
        change = graph.linear(change, block.narrow.weight, block.narrow.bias)
        x = graph.add("Add", x, graph.add("Mul", change, graph.weight(block.gain)))
    x = graph.norm(x, decoder.final_norm)
    weights, biases = decoder.head.weight.chunk(2), decoder.head.bias.chunk(2)
    magnitude, phase = (graph.linear(x, *half) for half in zip(weights, biases, strict=True))
    if decoder.direct is not None:
        magnitude = graph.add("Add", magnitude, graph.turned(graph.convolution("aligned", decoder.direct)))
    return graph.serialised(decoder.stem.in_channels, [magnitude, phase])
