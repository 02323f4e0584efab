"""FOTS: its size, the shape of its map for any image, and what it says before training."""

import pytest
import torch

from chuviet import config
from chuviet.batch import Batch
from chuviet.losses.east import read_logits
from chuviet.models.fots import FIRST_DISTANCE, FOTS

LIGHT = FOTS.Config(
    backbone="resnet18", pretrained=False, options=(("channels", (32, 64, 128, 192)),), centre=(128, 256),
    decoder=(128, 64, 32, 16), out=32,
)  # fmt: skip


def batch(n: int, h: int, w: int) -> Batch:
    images = torch.rand(n, 3, h, w, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return Batch(images, torch.full((n,), w), torch.arange(n), shapes=torch.tensor([[h, w, h, w]] * n))


def parameters(model: torch.nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_sizes() -> None:
    full = FOTS.Config(pretrained=False)
    with torch.device("meta"):
        model = full.build()
    assert parameters(model) == 36_256_966
    assert (
        round((parameters(model) + 512 * 1000 + 1000) / 1e6, 1) == 36.8
    )  # as published: with ResNet's unused classifier
    assert parameters(LIGHT.build()) == 3_038_054


@pytest.mark.parametrize("size", [(64, 64), (96, 160), (32, 96), (100, 150)])
def test_map_is_a_quarter_of_any_image(size: tuple[int, int]) -> None:
    model = LIGHT.build().eval()
    with torch.inference_mode():
        logits = model(batch(2, *size)).logits
    assert logits.shape == (2, 6, -(-size[0] // 4), -(-size[1] // 4)) and logits.dtype == torch.float32


def test_first_boxes_have_the_size_of_words_whatever_the_crop() -> None:
    torch.manual_seed(0)
    for crop in (640.0, 320.0):
        model = config.replace(LIGHT, crop=crop).build().eval()
        with torch.inference_mode():
            score, distances, angle = read_logits(model(batch(1, 64, 64)).logits, crop)
        assert distances.min() > FIRST_DISTANCE / 4 and distances.max() < FIRST_DISTANCE * 4
        assert angle.abs().max() < 0.6 and score.abs().max() < 3


def test_weights_fit_a_model_rebuilt_from_its_config() -> None:
    torch.manual_seed(0)
    model, b = LIGHT.build().eval(), batch(1, 64, 96)
    again = config.from_json(config.to_json(LIGHT)).build().eval()
    again.load_state_dict(model.state_dict())
    with torch.inference_mode():
        assert torch.equal(again(b).logits, model(b).logits)


def test_every_parameter_learns_and_logits_stay_float_under_autocast() -> None:
    model = LIGHT.build()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(batch(2, 64, 64)).logits
    assert logits.dtype == torch.float32
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
