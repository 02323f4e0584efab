"""Attention models that read together in ONNX Runtime: the greedy strings of PyTorch, in a fraction of its time.

Each member's backbone is a graph that sees one image at a time: its maps then stay in the cache, and several images
(or the members, of a single image) are seen at once on as many threads, which scales better than splitting each layer.
What remains is small and is done for the whole batch in one graph: the members' recurrent encoders, the attention keys
(once a line, not once a character), and an ONNX Loop over joint steps that stops when every line has ended.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from chuviet.decode.attention import StepEnsemble
from chuviet.ship.graph import trace
from chuviet.ship.loop import decoder_loop
from chuviet.types import Batch, Output


class FastEnsemble(nn.Module):
    """What `StepEnsemble` and `AttentionGreedy` give, as `WrittenText` takes it: characters from one batch a member.

    `models` are `Seq2Seq` on the CPU, which are traced here (some seconds); `batches` are examples, one a member.
    """

    def __init__(
        self, models: Sequence[nn.Module], batches: Sequence[Batch], max_length: int, threads: int = 0
    ) -> None:
        """`threads`: 0 takes all cores."""
        super().__init__()
        threads = threads or os.cpu_count() or 1
        share = max(threads // len(models), 1)
        self._sight = [_session(_sight_graph(m, b), share) for m, b in zip(models, batches, strict=True)]
        seen = [_Sight(m)(b.images[:2], b.widths[:2]) for m, b in zip(models, batches, strict=True)]
        self._writing = _session(_writing_graph(models, seen, max_length), threads)
        self._pool = ThreadPoolExecutor(max(threads // share, 1))

    @torch.inference_mode()
    def forward(self, batches: Sequence[Batch]) -> Output:
        """`batches`: the same lines, as each member wants them. Returns ids and log probabilities (N L)."""
        n = len(batches[0])
        pixels = [np.ascontiguousarray(b.images.numpy()) for b in batches]
        widths = [b.widths.numpy() for b in batches]
        jobs = [(k, i) for i in range(n) for k in range(len(batches))]

        def see(job: tuple[int, int]) -> list[np.ndarray]:
            k, i = job
            return self._sight[k].run(None, {"images": pixels[k][i : i + 1], "widths": widths[k][i : i + 1]})

        seen = list(self._pool.map(see, jobs))
        feed: dict[str, np.ndarray] = {}
        for k in range(len(batches)):
            features, valid = zip(*seen[k :: len(batches)], strict=True)
            feed |= {f"features{k}": np.concatenate(features), f"valid{k}": np.concatenate(valid)}
        ids, log_probs = self._writing.run(None, feed)
        return Output(logits=torch.from_numpy(log_probs), extra={"ids": torch.from_numpy(ids)})


class _Sight(nn.Module):
    """`Seq2Seq.see`, which does not look along the line: images, widths -> features N T H, validity N T."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    @torch.no_grad()
    def forward(self, images: Tensor, widths: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.see(Batch(images, widths, widths))


class _Memory(nn.Module):
    """`Seq2Seq.remember` of all members: (features, validity) of each -> their states one after another."""

    def __init__(self, models: Sequence[Any]) -> None:
        super().__init__()
        self.models = nn.ModuleList(models)

    def forward(self, *seen: Tensor) -> tuple[Tensor, ...]:
        pairs = zip(self.models, seen[::2], seen[1::2], strict=True)
        return tuple(t for model, features, valid in pairs for t in model.remember(features, valid))  # type: ignore[operator]


class _Joint(StepEnsemble):
    """A `StepEnsemble` that got its state from elsewhere."""

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__(models)
        self._sizes = [4] * len(models)


def _sight_graph(model: nn.Module, batch: Batch) -> onnx.ModelProto:
    """images N 1 H W, widths N -> features N T H, valid N T."""
    return trace(
        _Sight(model), (batch.images[:1], batch.widths[:1]), ["images", "widths"], ["features", "valid"],
        {"images": {0: "batch", 3: "width"}, "widths": {0: "batch"}, "features": {0: "batch", 1: "columns"},
         "valid": {0: "batch", 1: "columns"}},
    )  # fmt: skip


def _writing_graph(
    models: Sequence[nn.Module], seen: Sequence[tuple[Tensor, Tensor]], max_length: int
) -> onnx.ModelProto:
    """features and valid of every member -> ids N L (pad after the end), log_probs N L of the chosen characters."""
    inputs = tuple(t for pair in seen for t in pair)
    names = [f"{what}{k}" for k in range(len(models)) for what in ("features", "valid")]
    memory = _Memory(models)
    axes = {n: {0: "batch", 1: f"columns{n[-1]}"} for n in names}
    return decoder_loop(memory, inputs, names, axes, _Joint(models), max_length)


def _session(graph: onnx.ModelProto, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
