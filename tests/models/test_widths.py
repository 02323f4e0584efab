"""Other widths of the same model: shapes, attributes, and the way into JSON and back."""

import pytest
import torch
from torch import nn

from chuviet import config
from chuviet.batch import Batch
from chuviet.config import ConfigError
from chuviet.models.backbone_ctc import BackboneCTC
from chuviet.models.micro import MicroOCR
from chuviet.models.widths import Widths, apply_widths, read_widths


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(8, eps=1e-3)
        self.depthwise = nn.Conv2d(8, 8, 3, groups=8, bias=False)
        self.up = nn.ConvTranspose2d(8, 4, 2, stride=2)
        self.scale = nn.Parameter(torch.arange(4.0).view(4, 1, 1))
        self.read = nn.Linear(4, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.read((self.scale * self.up(self.depthwise(self.norm(self.conv(x))))).mean((2, 3)))


HALF: Widths = (
    ("scale", (2, 0, 0)), ("conv", (0, 5, 0)), ("norm", (5,)), ("depthwise", (5, 5, 5)), ("up", (5, 2, 0)),
    ("read", (2, 0)),
)  # fmt: skip


def test_layers_get_their_widths_and_keep_all_else() -> None:
    full = Net()
    net = apply_widths(Net(), HALF)
    assert net.conv.weight.shape == (5, 3, 3, 3) and net.conv.bias.shape == (5,) and net.conv.stride == (2, 2)
    assert net.norm.running_var.shape == (5,) and net.norm.eps == 1e-3 and net.norm.num_batches_tracked == 0
    assert net.depthwise.weight.shape == (5, 1, 3, 3) and net.depthwise.groups == 5
    assert net.up.weight.shape == (5, 2, 2, 2) and net.up.bias.shape == (2,)  # of a turned convolution: in, out
    assert net.scale.flatten().tolist() == [0, 1] and net.read.weight.shape == (6, 2)
    assert net(torch.zeros(1, 3, 12, 12)).shape == (1, 6)
    assert all(p.requires_grad for p in net.parameters())
    assert read_widths(net, full) == HALF and read_widths(full, full) == ()
    assert repr(net.conv) == repr(nn.Conv2d(3, 5, 3, stride=2, padding=1))


@pytest.mark.parametrize(("widths", "words"), [
    ((("stem", (0, 4, 0)),), "Net has no layer 'stem'"),
    ((("conv", (0, 9, 0)),), r"conv cannot have the widths \(0, 9, 0\): without pruning they are \(3, 8, 1\)"),
    ((("norm", (4, 4)),), "norm cannot have"),
    ((("norm", (-1,)),), "norm cannot have"),
])  # fmt: skip
def test_widths_of_another_model_are_an_error(widths: Widths, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        apply_widths(Net(), widths)


def test_a_config_with_widths_survives_json_and_builds_the_model() -> None:
    cfg = MicroOCR.Config(width=8, depth=1, pruned=(("blocks.0.depthwise.1", (4,)),))
    again = config.from_json(config.to_json(cfg))
    assert again == cfg
    assert again.build(5).blocks[0].depthwise[1].num_features == 4


def test_a_narrower_classifier_fits_any_charset() -> None:
    cfg = BackboneCTC.Config(backbone="resnet10t", pretrained=False, neck="svtr", pruned=(
        ("neck.out.0", (0, 24, 0)), ("neck.out.1", (24,)), ("classify", (24, 0)),
    ))  # fmt: skip
    for characters in (5, 90):
        model = cfg.build(characters).eval()
        batch = Batch(torch.zeros(1, 3, 32, 40), torch.tensor([40]), torch.tensor([0]))
        assert model(batch).logits.shape == (1, 10, characters + 1)
