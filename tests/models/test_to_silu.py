"""SiLU in place of GELU: the same network but for the stand-in x * sigmoid(2 x), by an independent forward pass."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from chuviet.commands import deepening
from chuviet.decode.ctc import CTCGreedy
from chuviet.models.ctc import LineCTC
from chuviet.models.to_silu import to_silu
from chuviet.preprocess.line import LinePreprocess
from chuviet.pytorch.artifact import load_artifact, save_artifact
from chuviet.vocab import Charset

CFG = LineCTC.Config(height=16, stem=4, widths=(8, 8, 12), depths=(1, 1, 1), heads=2)


class StandIn(nn.Module):
    """x * sigmoid(2 x)."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(2 * x)


def drawn(cfg: LineCTC.Config = CFG) -> LineCTC:
    """A model whose every parameter and statistic differs from its initial value."""
    torch.manual_seed(0)
    model = LineCTC(cfg, 9).eval()
    for value in model.parameters():
        nn.init.normal_(value, 0.1, 0.3)
    for name, value in model.named_buffers():
        if name.endswith("running_mean"):
            value.normal_()
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
    return model


def test_logits_are_those_of_the_stand_in() -> None:
    model, images = drawn(), torch.rand(2, 1, 16, 60)
    swift = to_silu(model, 9)
    for part in model.modules():
        if hasattr(part, "activate"):
            part.activate = StandIn()
    for block in model.mixing:
        block.mlp[1] = StandIn()
    wanted = model.read_unpadded(images)
    assert wanted.std() > 0.1
    torch.testing.assert_close(swift.read_unpadded(images), wanted, rtol=1e-4, atol=1e-4)


def test_a_model_with_silu_is_refused() -> None:
    with pytest.raises(ValueError, match="GELU is expected"):
        to_silu(LineCTC(dataclasses.replace(CFG, activation="silu"), 9), 9)


def test_command_writes_what_a_run_starts_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "gelu.safetensors", tmp_path / "silu.safetensors"
    save_artifact(
        old, model=drawn(), model_cfg=CFG, preprocess_cfg=LinePreprocess.Config(height=16),
        decoder_cfg=CTCGreedy.Config(), charset=Charset("abcdefghi"), metrics={}, precision="fp32",
    )  # fmt: skip
    monkeypatch.setattr("sys.argv", ["deepening", str(old), str(new), "--silu"])
    assert deepening.main() == 0
    made = load_artifact(new)
    assert made.model_cfg == dataclasses.replace(CFG, activation="silu")
    images = torch.rand(1, 1, 16, 40)
    torch.testing.assert_close(made.model.read_unpadded(images), to_silu(drawn(), 9).read_unpadded(images))  # type: ignore[operator]
