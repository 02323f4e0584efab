"""The size of the detectors that are named by their size."""

from pathlib import Path
from typing import Any

import pytest
import torch

from chuviet import config
from chuviet.experiment import Experiment
from chuviet.pytorch.artifact import save_artifact

ROOT = Path(__file__).resolve().parents[2]


def test_repvit_db_has_three_million_parameters_and_fits_its_file(tmp_path: Path) -> None:
    exp = config.load(str(ROOT / "configs" / "repvit_db.py"))
    assert isinstance(exp, Experiment)
    cfg: Any = exp.model
    model = cfg.build().eval()
    # OpenOCR's has 3.15 M: `chuviet summary -C repvit_db` lists the parts.
    assert 2.9e6 < sum(p.numel() for p in model.parameters()) < 3.3e6
    size = save_artifact(
        tmp_path / "db.onnx", model=model, model_cfg=cfg, preprocess_cfg=exp.data.preprocess,
        decoder_cfg=exp.decoder, charset=None, metrics={},
    )  # fmt: skip
    assert size <= 6.3e6
    images = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        want = model.detect(model.backbone(images)).logits
        slim = model.slim().detect(model.backbone(images)).logits
    assert want.shape == (1, 2, 64, 96) and slim.shape == (1, 1, 64, 96)
    torch.testing.assert_close(slim, want[:, :1], rtol=1e-4, atol=1e-4)
    assert sum(p.numel() for p in model.parameters()) < 3.1e6


@pytest.mark.parametrize("name", ["text_det", "text_det_db"])
def test_the_shipped_detectors_fit_their_budget(name: str) -> None:
    assert (ROOT / "weights" / f"{name}.onnx").stat().st_size <= 7e6
