import pytest
import torch

from chuviet.batch import Batch, Output
from chuviet.losses.cross_entropy import SequenceCrossEntropy
from chuviet.models.seq2seq import Seq2Seq, timm_backbone
from chuviet.vocab import EOS, SOS, SPECIALS


@pytest.mark.parametrize(
    ("backbone", "hidden", "parameters"),
    [("tf_efficientnetv2_b1.in1k", 384, 12_083_837), ("tf_efficientnetv2_b2.in1k", 256, 11_252_183)],
)
def test_design_card_sizes(backbone: str, hidden: int, parameters: int) -> None:
    model = Seq2Seq.Config(backbone=backbone, hidden=hidden, pretrained=False).build(229)
    assert sum(p.numel() for p in model.parameters()) == parameters


@pytest.fixture(scope="module")
def small() -> Seq2Seq:
    torch.manual_seed(0)
    return Seq2Seq.Config(backbone="mobilenetv3_small_050", hidden=16, pretrained=False).build(5).eval()


def make(n: int = 2) -> Batch:
    g = torch.Generator().manual_seed(0)
    return Batch(torch.rand(n, 1, 32, 128, generator=g), torch.tensor([128, 64][:n]), torch.arange(n),
                 torch.tensor([[0, 1, 2], [3, -1, -1]][:n]), torch.tensor([3, 1][:n]), ["abc", "d"][:n])  # fmt: skip


def test_teacher_forcing_equals_stepping(small: Seq2Seq) -> None:
    batch = make()
    forced = small(batch).logits
    state = small.encode(batch)
    for t, token in enumerate((SOS, 0 + SPECIALS, 1 + SPECIALS, 2 + SPECIALS)):
        logits, state = small.step(torch.tensor([token, token]), state)
        torch.testing.assert_close(logits[0], forced[0, t], rtol=1e-4, atol=1e-5)


def test_attention_does_not_look_at_padded_columns(small: Seq2Seq) -> None:
    batch = make()
    hidden, memory, keys, valid = small.encode(batch)
    assert valid[0].all() and valid[1].float().mean() == 0.5
    noisy = torch.where(valid[1][:, None], memory[1], 1e3)
    a, _ = small.step(torch.tensor([SOS]), (hidden[1:], memory[1:], keys[1:], valid[1:]))
    b, _ = small.step(torch.tensor([SOS]), (hidden[1:], noisy[None], keys[1:], valid[1:]))
    torch.testing.assert_close(a, b)


def test_missing_pretrained_weights_warn_and_start_random(monkeypatch: pytest.MonkeyPatch) -> None:
    import timm

    real = timm.create_model

    def offline(name: str, pretrained: bool, **kw: object) -> torch.nn.Module:
        if pretrained:
            raise OSError("no route to the weights")
        return real(name, pretrained=False, **kw)

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.warns(UserWarning, match="starting from random"):
        timm_backbone("mobilenetv3_small_050", pretrained=True, drop_path=0.0)


def test_smoothed_loss_by_hand_and_without_padding() -> None:
    logits = torch.zeros(2, 4, 9)
    loss = SequenceCrossEntropy(0.1)
    batch = make()
    torch.testing.assert_close(loss(Output(logits), batch)["loss"], torch.log(torch.tensor(9.0)))
    sharp = torch.full((2, 4, 9), 0.0)
    for row, ids in enumerate(([4, 5, 6, EOS], [7, EOS])):
        for t, c in enumerate(ids):
            sharp[row, t, c] = 2.0
    z = torch.log(torch.exp(torch.tensor(2.0)) + 8)
    expected = 0.9 * (z - 2) + 0.1 * (z - 2 / 8)  # of eight classes that are not padding, one has the 2
    result = loss(Output(sharp), batch)
    torch.testing.assert_close(result["loss"], expected)
    assert result["weight"] == 6  # 3 + 1 characters and two end marks
    longer = torch.cat((sharp, torch.randn(2, 5, 9)), dim=1)
    torch.testing.assert_close(loss(Output(longer), batch)["loss"], expected)
