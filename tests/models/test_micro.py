"""MicroOCR: the parameter counts of its paper table, frames, and the summary that prints them."""

from pathlib import Path

import pytest
import torch

from chuviet import config
from chuviet.batch import Batch
from chuviet.models.micro import MicroOCR

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize(("width", "parameters"), [(16, 9_548), (64, 44_156), (128, 104_636)])
def test_parameters_for_60_classes(width: int, parameters: int) -> None:
    cfg = config.load(f"micro_{width}", CONFIGS)
    assert cfg.model == MicroOCR.Config(width=width) and len(cfg.data.charset) == 59
    assert sum(p.numel() for p in cfg.model.build(59).parameters()) == parameters


def test_a_frame_is_a_patch_and_sees_no_farther_than_its_neighbours() -> None:
    torch.manual_seed(0)
    model = MicroOCR.Config(width=8, depth=2).build(5).eval()
    image = torch.randn(1, 3, 32, 128)
    changed = image.clone()
    changed[:, :, :, 40:44] += 1.0  # the patch of frame 10

    def read(images: torch.Tensor) -> torch.Tensor:
        output = model(Batch(images, torch.tensor([125]), torch.tensor([0])))
        assert output.lengths is not None and output.lengths.tolist() == [32]  # ceil(125 / 4)
        return output.logits[0]

    frames = (read(image) - read(changed)).abs().amax(1) > 0
    assert frames.nonzero().flatten().tolist() == [8, 9, 10, 11, 12]  # two blocks of 3x3: two frames to each side
