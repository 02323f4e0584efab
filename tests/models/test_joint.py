import pytest
import torch

from chuviet.batch import Batch, Output
from chuviet.losses.cross_entropy import SequenceCrossEntropy
from chuviet.losses.ctc import CTCLoss
from chuviet.losses.joint import JointCTCLoss
from chuviet.models.joint import JointCTC
from chuviet.models.protocols import candidates_of, shipped_config
from chuviet.models.seq2seq import Seq2Seq

READER = Seq2Seq.Config(backbone="mobilenetv3_small_050", hidden=16, pretrained=False, dropout=0.0, drop_path=0.0)


def make() -> Batch:
    """Lines of 6 and 3 encoder columns with 3 and 1 characters."""
    g = torch.Generator().manual_seed(0)
    images, targets = torch.rand(2, 1, 32, 192, generator=g), torch.tensor([[0, 1, 2], [3, -1, -1]])
    return Batch(images, torch.tensor([192, 96]), torch.arange(2), targets, torch.tensor([3, 1]), ["abc", "d"])


@pytest.fixture
def joint() -> JointCTC:
    torch.manual_seed(0)
    return JointCTC.Config(reader=READER).build(5)


def test_ctc_reads_the_encoder_beside_the_decoder_in_training_alone(joint: JointCTC) -> None:
    batch = make()
    output = joint.train()(batch)
    assert output.extra["ctc"].shape == (2, 6, 6) and output.lengths is not None
    assert output.lengths.tolist() == [6, 3] and output.logits.shape[1] == 4

    read, alone = joint.eval()(batch), joint.reader(batch)
    assert not read.extra and torch.equal(read.logits, alone.logits)
    assert candidates_of(joint) == [joint.reader] and shipped_config(joint.cfg) == READER


def test_loss_is_that_of_the_decoder_and_the_share_of_ctc() -> None:
    g, batch = torch.Generator().manual_seed(1), make()
    logits, ctc, frames = torch.randn(2, 4, 9, generator=g), torch.randn(2, 6, 6, generator=g), torch.tensor([6, 3])
    output = Output(logits, frames, {"ctc": ctc})
    losses = JointCTCLoss.Config(ctc=0.5).build()(output, batch)
    decoder = SequenceCrossEntropy(0.1)(Output(logits), batch)
    columns = CTCLoss()(Output(ctc, frames), batch)
    assert float(losses["loss"]) == pytest.approx(float(decoder["loss"] + 0.5 * columns["loss"]), rel=1e-6)
    assert losses["weight"].tolist() == [6.0, 2.0]  # characters and end marks; lines
    assert JointCTCLoss.Config().build()(Output(logits), batch)["loss"] == decoder["loss"]


def test_a_text_of_more_characters_than_columns_is_left_to_the_decoder() -> None:
    g, batch = torch.Generator().manual_seed(1), make()
    logits, frames = torch.randn(2, 4, 9, generator=g), torch.tensor([2, 3])
    ctc = torch.randn(2, 6, 6, generator=g, requires_grad=True)
    losses = JointCTCLoss.Config().build()(Output(logits, frames, {"ctc": ctc}), batch)
    losses["loss"].backward()
    assert losses["loss"].isfinite() and losses["weight"].tolist() == [6.0, 1.0]
    assert ctc.grad is not None and not ctc.grad[0].any() and ctc.grad[1].any() and ctc.grad.isfinite().all()
