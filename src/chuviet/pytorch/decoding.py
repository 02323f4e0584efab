"""The decoders, which take numpy arrays, as the engine calls them: `decoder(model, batch, output)`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from chuviet.batch import Batch, Output
from chuviet.decode.attention import AttentionBeam, AttentionGreedy
from chuviet.decode.ctc import CTCBeam, CTCGreedy
from chuviet.pytorch.network import TorchSteps, frame_log_probs


class TorchDecoder:
    """Predictions of a batch, with its row numbers as `index`."""

    def __init__(self, decoder: Any) -> None:
        self.decoder = decoder

    @torch.no_grad()
    def __call__(self, model: nn.Module, batch: Batch, output: Output | None = None) -> list[Any]:
        """What `model` reads or finds in `batch`. `output` is what it gave for the batch, where that is known; an
        attention model is asked again, for its output is teacher-forced.
        """
        found = self._decoded(model, batch, output)
        return [replace(p, index=i) for p, i in zip(found, batch.index.tolist(), strict=True)]

    def _decoded(self, model: nn.Module, batch: Batch, output: Output | None) -> list[Any]:
        if isinstance(self.decoder, (AttentionGreedy, AttentionBeam)):
            network = TorchSteps(model)
            return self.decoder(network, network.model.encode(batch), len(batch))
        output = model(batch) if output is None else output
        if isinstance(self.decoder, (CTCGreedy, CTCBeam)):
            return self.decoder([[frames] for frames in frame_log_probs(output)])
        assert batch.shapes is not None
        return self.decoder(output.logits.float().cpu().numpy(), batch.shapes.tolist())
