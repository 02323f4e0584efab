"""Which image models of timm can be backbones, and what is said of those that cannot."""

import pytest
import torch

from chuviet.config import ConfigError
from chuviet.models.backbone import timm_backbone, timm_features
from chuviet.models.backbone_ctc import ColumnBackbone
from chuviet.models.seq2seq import Seq2Seq


@pytest.mark.parametrize("name", ["resnet18", "mobilenetv3_small_100", "mobilenetv4_conv_small", "lcnet_050"])
def test_networks_that_the_documentation_names_fit_lines(name: str) -> None:
    net = ColumnBackbone(name, pretrained=False).train()
    assert net.training and net(torch.rand(2, 1, 40, 720)).shape == (2, net.channels, 2, 180)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("convnext_atto", r"of an image of 64 x 128 it makes \[320, 2, 7\], not 320 channels and 32 columns"),
        ("vit_tiny_patch16_224", "Input height"),
        ("efficientvit_b0", "can't be a backbone: Cannot disable pooling"),
        ("mobilnetv3_small_100", "no image model of timm .*; did you mean mobilenetv3_small_100"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_in_one_line(name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as e:
        ColumnBackbone(name, pretrained=False)
    assert "\n" not in str(e.value)


def test_an_attention_reader_wants_a_map_too() -> None:
    with pytest.raises(ConfigError, match="vit_tiny_patch16_224 can't be a backbone: Input height"):
        Seq2Seq.Config(backbone="vit_tiny_patch16_224", pretrained=False).build(5)


def test_a_mistyped_name_is_nobodys_backbone() -> None:
    for make in (lambda: timm_backbone("resnet81", False, 0.0), lambda: timm_features("resnet81", False, {})):
        with pytest.raises(ConfigError, match="did you mean resnet"):
            make()


def test_a_detector_wants_maps_of_four_sizes() -> None:
    with pytest.raises(ConfigError, match=r"a detector needs maps at 1/4 to 1/32"):
        timm_features("vit_tiny_patch16_224", False, {})


def test_looking_at_the_map_draws_no_random_numbers() -> None:
    torch.manual_seed(3)
    timm_backbone("lcnet_050", False, 0.0)
    after = torch.rand(1)
    torch.manual_seed(3)
    ColumnBackbone("lcnet_050", pretrained=False)
    assert torch.equal(torch.rand(1), after)
