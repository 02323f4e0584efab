"""BackboneCTC and its guides: shapes, independence of padding, and a shipped model without the guide."""

import pytest
import torch

from chuviet import config
from chuviet.batch import Batch
from chuviet.models.attention_heads import NRTR, SAR
from chuviet.models.backbone_ctc import BackboneCTC, ColumnBackbone
from chuviet.models.ctc import LineCTC
from chuviet.models.gtc import GTC, Mutual

SMALL = BackboneCTC.Config(backbone="resnet10t", pretrained=False, hidden=24, dims=16)


def batch() -> Batch:
    torch.manual_seed(0)
    targets = torch.tensor([[1, 2, 3], [4, -1, -1]])
    return Batch(torch.randn(2, 3, 48, 160), torch.tensor([160, 61]), torch.arange(2), targets, torch.tensor([3, 1]),
                 ["bcd", "e"])  # fmt: skip


@pytest.mark.parametrize("name", ["resnet34", "resnet10t", "resnet26d"])
def test_backbone_keeps_four_pixels_a_column(name: str) -> None:
    net = ColumnBackbone(name, pretrained=False).eval()
    assert net(torch.zeros(1, 3, 48, 320)).shape == (1, net.channels, 2, 80)


@pytest.mark.parametrize("changes", [{}, {"head": "conv"}, {"neck": "svtr"}])
def test_logits_and_frames(changes: dict[str, str]) -> None:
    model = config.replace(SMALL, **changes).build(10).eval()
    output = model(batch())
    assert output.logits.shape == (2, 40, 11) and output.lengths is not None
    assert output.lengths.tolist() == [40, 16]  # ceil(61 / 4)


@pytest.mark.parametrize("guide", [SAR.Config(hidden=16), NRTR.Config(hidden=16, layers=1, heads=2)])
def test_guide_is_teacher_forced_and_blind_to_padding_and_to_what_comes_later(guide: config.Config) -> None:
    torch.manual_seed(1)
    built = guide.build(8, 10).eval()  # type: ignore[attr-defined]
    features, lengths, b = torch.randn(2, 8, 2, 12), torch.tensor([12, 5]), batch()
    logits = built(features, lengths, b)
    assert logits.shape == (2, 4, 14)
    changed = features.clone()
    changed[1, :, :, 6:] = 9.0  # columns beyond the second sample's length, and beyond the reach of a 3x3 convolution
    assert torch.allclose(built(changed, lengths, b)[1], logits[1], atol=1e-5)
    b.targets[0, 2] = 9  # type: ignore[index]
    later = built(features, lengths, b)
    assert torch.allclose(later[0, :3], logits[0, :3], atol=1e-5) and not torch.allclose(later[0, 3], logits[0, 3])


def test_gtc_trains_the_backbone_by_the_guide_alone() -> None:
    cfg = GTC.Config(student=config.replace(SMALL, neck="svtr"), guide=SAR.Config(hidden=16))
    model = cfg.build(10)
    output = model(batch())
    output.logits.sum().backward()
    assert all(p.grad is None for p in model.student.backbone.parameters())
    model(batch()).extra["guide"].sum().backward()
    assert all(p.grad is not None for p in model.student.backbone.parameters())
    model.eval()
    plain = model(batch())
    assert not plain.extra and torch.equal(plain.logits, model.student(batch()).logits)
    shipped = cfg.shipped.build(10)
    shipped.load_state_dict(model.candidates()[0].state_dict())
    assert torch.allclose(shipped.eval()(batch()).logits, plain.logits)


def test_mutual_members_differ_and_see_the_same_batch() -> None:
    model = Mutual.Config(member=GTC.Config(student=SMALL, guide=SAR.Config(hidden=16))).build(10)
    extra = model(batch()).extra
    assert {"guide", "features", "guide2", "features2", "logits2"} == set(extra)
    assert not torch.allclose(extra["features"], extra["features2"])
    assert len(model.candidates()) == 2


def test_a_line_recogniser_may_be_guided_too() -> None:
    cfg = GTC.Config(
        student=LineCTC.Config(widths=(8, 12, 12), heads=2), guide=NRTR.Config(hidden=16, heads=2), detach=False
    )
    model = cfg.build(10)
    lines = batch()
    lines.images = torch.rand(len(lines), 1, 40, lines.images.shape[3])
    output = model(lines)
    assert output.extra["guide"].shape[:2] == (len(lines), lines.targets.shape[1] + 1)  # type: ignore[union-attr]
    output.extra["guide"].sum().backward()
    assert model.student.stem1.conv.weight.grad is not None and model.student.classify.weight.grad is None
    shipped = cfg.shipped.build(10)  # type: ignore[attr-defined]
    shipped.load_state_dict(model.candidates()[0].state_dict())
    assert torch.equal(shipped.eval()(lines).logits, model.eval()(lines).logits)


@pytest.mark.parametrize("name", ["lcnet_050", "repvit_m0_9", "resnet10t"])
def test_backbones_keep_a_column_for_four_pixels(name: str) -> None:
    features = ColumnBackbone(name, pretrained=False).eval()(torch.rand(1, 1, 40, 100))
    assert features.shape[2:] == (2, 25)
