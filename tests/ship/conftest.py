from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from chuviet.data.transforms import LinePreprocess
from chuviet.decode.attention import AttentionGreedy
from chuviet.decode.ctc import CTCGreedy
from chuviet.models.ctc import LineCTC
from chuviet.models.seq2seq import Seq2Seq
from chuviet.ship.artifact import save_artifact
from chuviet.types import Batch
from chuviet.vocab import Charset

CHARSET = Charset("abcdeố 123")


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """save(name, kind="ctc", seed=0, height=16, charset=CHARSET, **options): a small random model as an artifact."""

    def make(
        name: str, kind: str = "ctc", seed: int = 0, height: int = 16, charset: Charset = CHARSET, **options: Any
    ) -> Path:
        model, model_cfg = small_model(kind, seed, height, charset)
        decoder = CTCGreedy.Config() if kind == "ctc" else AttentionGreedy.Config(max_length=6)
        save_artifact(
            tmp_path / name, model=model, model_cfg=model_cfg, preprocess_cfg=LinePreprocess.Config(height=height),
            decoder_cfg=decoder, charset=charset, **({"metrics": {"cer": 0.25}, "notes": {"run": "t"}} | options),
        )  # fmt: skip
        return tmp_path / name

    return make


def small_model(kind: str, seed: int, height: int = 16, charset: Charset = CHARSET) -> tuple[torch.nn.Module, Any]:
    torch.manual_seed(seed)
    if kind == "ctc":
        cfg: Any = LineCTC.Config(height=height, stem=8, widths=(8, 8, 24), depths=(1, 1, 1), heads=2, expand=1)
        model = cfg.build(len(charset)).eval()
        torch.nn.init.normal_(model.classify.weight, std=2.0)
        _centre(model, height)
        return model, cfg
    cfg = Seq2Seq.Config(backbone="test_efficientnet", hidden=16, pretrained=False)
    model = cfg.build(len(charset))
    torch.nn.init.normal_(model.classify.weight, std=2.0)
    return model, cfg


@torch.no_grad()
def _centre(model: Any, height: int) -> None:
    """Sets the last bias so that no class wins everywhere: else a random model reads the same in every image."""
    images = (torch.rand(4, 1, height, 120) < 0.2).float()
    logits = model(Batch(images=images, widths=torch.full((4,), 120), index=torch.arange(4))).logits
    model.classify.bias -= logits.mean((0, 1))
    model.classify.weight *= 4 / (logits - logits.mean((0, 1))).std()
    model.classify.bias *= 4 / (logits - logits.mean((0, 1))).std()


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Seven lines of scribble, each of another width, as files."""
    rng = np.random.default_rng(3)
    paths = []
    for i, width in enumerate((130, 60, 200, 90, 61, 180, 75)):
        pixels = np.full((32, width, 3), 250, np.uint8)
        for _ in range(width // 4):
            y, x = int(rng.integers(2, 24)), int(rng.integers(2, width - 8))
            pixels[y : y + int(rng.integers(2, 7)), x : x + int(rng.integers(2, 6))] = rng.integers(0, 120)
        paths.append(tmp_path / "lines" / str(i % 2) / f"{i}.png")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(paths[-1])
    return paths
