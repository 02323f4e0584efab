"""The greedy decoder of attention models as a part of an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper
from onnx.compose import add_prefix_graph
from torch import Tensor, nn

from chuviet.export.graph import trace
from chuviet.vocab import EOS, MASK, PAD, SOS


def decoder_loop(
    encoder: nn.Module,
    inputs: tuple[Tensor, ...],
    names: list[str],
    axes: dict[str, dict[int, str]],
    model: Any,
    longest: int,
) -> onnx.ModelProto:
    """The graph of `encoder` (`inputs`, called `names` and free in `axes` -> a state), then a Loop over `model.step`.

    Outputs: ids N L (pad after the end), log_probs N L of the chosen characters; L is at most `longest`.
    """
    with torch.no_grad():
        state = encoder(*inputs)
        first = torch.full((len(inputs[0]),), SOS, dtype=torch.int64)
        done = torch.zeros_like(first, dtype=torch.bool)
        after = model.step(first, state)[1]
    changing = [i for i, (old, new) in enumerate(zip(state, after, strict=True)) if old is not new]
    states = [f"state{i}" for i in range(len(state))]
    free = {name: _free(s, name) for name, s in zip(states, state, strict=True)}
    outer = trace(
        _Begin(encoder), inputs, names, [*states, "start", "ended"],
        {**axes, "start": {0: "batch"}, "ended": {0: "batch"}, **free},
    )  # fmt: skip
    body_out = ["going", "next", "done_after", *(f"{states[i]}_after" for i in changing), "written", "chosen"]
    body = trace(
        _Step(model, changing), (first, done, *state), ["tokens", "done", *states], body_out,
        {"tokens": {0: "batch"}, "done": {0: "batch"}, **free},
    )  # fmt: skip
    return _loop(outer, body, [states[i] for i in changing], states, longest)


class _Begin(nn.Module):
    """An encoder's state, and what `AttentionGreedy`'s loop begins with."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        state = self.encoder(*inputs)
        zeros = state[0][:, 0] * 0
        return (*state, zeros.long() + SOS, zeros > 1)


class _Step(nn.Module):
    """One turn of `AttentionGreedy`'s loop."""

    def __init__(self, model: Any, changing: Sequence[int]) -> None:
        super().__init__()
        self.model, self.changing = model, changing

    def forward(self, tokens: Tensor, done: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        logits, after = self.model.step(tokens, state)
        log_probs = logits.float().log_softmax(-1)
        never = torch.zeros(log_probs.shape[-1])
        never[[PAD, SOS, MASK]] = -1e9
        best, tokens = (log_probs + never).max(-1)
        done = done | (tokens == EOS)
        written = torch.where(done, torch.full_like(tokens, PAD), tokens)
        chosen = torch.where(done, torch.zeros_like(best), best)
        return (~done.all(), tokens, done, *(after[i] for i in self.changing), written, chosen)


def _loop(
    outer: onnx.ModelProto, body: onnx.ModelProto, changing: list[str], states: list[str], longest: int
) -> onnx.ModelProto:
    """Puts `body`'s graph into `outer`'s as a Loop; states that do not change are read from the graph around it."""
    graph = add_prefix_graph(body.graph, "loop/")
    for node in graph.node:
        for k, name in enumerate(node.input):
            state = name.removeprefix("loop/")
            if state in states and state not in changing:
                node.input[k] = state
    carried = ["loop/tokens", "loop/done", *(f"loop/{s}" for s in changing)]
    inputs = {i.name: i for i in graph.input}
    head = [helper.make_tensor_value_info("loop/i", TensorProto.INT64, []),
            helper.make_tensor_value_info("loop/go", TensorProto.BOOL, [])]  # fmt: skip
    del graph.input[:]
    graph.input.extend([*head, *(inputs[name] for name in carried)])
    graph.name = "step"
    count, go = helper.make_tensor("longest", TensorProto.INT64, [], [longest]), helper.make_tensor("go", 9, [], [True])
    outer.graph.initializer.extend([count, go])
    last = ["last_tokens", "last_done", *(f"last_{s}" for s in changing)]
    outer.graph.node.append(
        helper.make_node(
            "Loop", ["longest", "go", "start", "ended", *changing], [*last, "written", "chosen"], body=graph
        )
    )
    outer.graph.node.append(helper.make_node("Transpose", ["written"], ["ids"], perm=[1, 0]))
    outer.graph.node.append(helper.make_node("Transpose", ["chosen"], ["log_probs"], perm=[1, 0]))
    del outer.graph.output[:]
    outer.graph.output.extend([
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "length"]),
        helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["batch", "length"]),
    ])  # fmt: skip
    onnx.checker.check_model(outer)
    return outer


def _free(state: Tensor, name: str) -> dict[int, str]:
    return {0: "batch"} if state.ndim == 2 and state.is_floating_point() else {0: "batch", 1: f"columns of {name}"}
