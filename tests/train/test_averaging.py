import torch
from torch import nn

from chuviet.batch import Batch, Output
from chuviet.train.averaging import EpochMean, WeightEMA, recompute_batchnorm


def test_epoch_mean_is_the_arithmetic_mean() -> None:
    model, mean = nn.Linear(1, 1, bias=False), EpochMean()
    for value in (1.0, 2.0, 6.0):
        model.weight.data.fill_(value)
        mean.add(model)
    assert mean.state["weight"].item() == 3.0


def test_ema_follows_the_recursion() -> None:
    model = nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(0.0)
    ema = WeightEMA(model, decay=0.5)
    model.weight.data.fill_(11.0)
    ema.update(model)  # decay min(0.5, 2/11)
    assert abs(ema.state["weight"].item() - 9.0) < 1e-5
    for _ in range(30):
        ema.update(model)
    assert abs(ema.state["weight"].item() - 11.0) < 1e-3


def test_batchnorm_is_recomputed_not_averaged() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm2d(1)

        def forward(self, batch: Batch) -> Output:
            return Output(self.norm(batch.images))

    net = Net()
    net.norm.running_mean.fill_(99.0)
    images = torch.stack([torch.full((1, 2, 2), v) for v in (1.0, 3.0, 5.0, 7.0)])
    batches = [Batch(images[i : i + 2], torch.tensor([2, 2]), torch.arange(2)) for i in (0, 2)]
    assert recompute_batchnorm(net, batches, torch.device("cpu")) == 2
    assert net.norm.running_mean.item() == 4.0
    assert net.norm.momentum == 0.1 and net.training
