"""A tiny run on seeded noise, as its own program, so that tests can kill it and start it under torchrun.

python toy_run.py OUT [--resume] [--kill-at BATCH] [--term-at BATCH] [--epochs N]: prints the final weights' digest.
"""

import argparse
import hashlib
import os
import signal
from pathlib import Path

import torch

from chuviet.decode.ctc import CTCGreedy
from chuviet.losses.ctc import CTCLoss
from chuviet.metrics.recognition import RecognitionMetric
from chuviet.models.ctc import LineCTC
from chuviet.train.engine import Interrupted, Task, Train, fit
from chuviet.train.optim import Optim
from chuviet.types import Batch
from chuviet.vocab import Charset

CHARSET = Charset("abc")


def sample(index: int, epoch: int) -> tuple[torch.Tensor, list[int]]:
    g = torch.Generator().manual_seed(index * 1000 + epoch)
    width = 32 + 4 * (index % 5)
    return torch.rand(1, 16, width, generator=g), [index % 3, (index + 1) % 3]


class NoiseData:
    """20 lines of noise; batches of 4, and a last one of 4 or fewer."""

    def __init__(self, kill_at: int = -1, term_at: int = -1, size: int = 18) -> None:
        self.kill_at, self.term_at, self.size, self.seen = kill_at, term_at, size, 0

    def batches(self, epoch: int) -> list[list[int]]:
        order = torch.randperm(self.size, generator=torch.Generator().manual_seed(epoch)).tolist()
        return [order[i : i + 4] for i in range(0, self.size, 4)]

    def make(self, rows: list[int], epoch: int) -> Batch:
        pairs = [sample(i, epoch) for i in rows]
        widths = torch.tensor([im.shape[2] for im, _ in pairs])
        images = torch.zeros(len(rows), 1, 16, int(widths.max()))
        for canvas, (im, _) in zip(images, pairs, strict=True):
            canvas[:, :, : im.shape[2]] = im
        targets = torch.tensor([t for _, t in pairs])
        texts = [CHARSET.decode(t) for _, t in pairs]
        return Batch(images, widths, torch.tensor(rows), targets, torch.full((len(rows),), 2), texts)

    def train_loader(self, epoch: int, skip: int = 0, rank: int = 0, world: int = 1):
        for rows in self.batches(epoch)[skip:]:
            self.seen += 1
            if self.seen == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.seen == self.term_at:
                os.kill(os.getpid(), signal.SIGTERM)
            yield self.make(rows[rank::world], epoch)

    def valid_loader(self, rank: int = 0, world: int = 1):
        batches = [[100 + i for i in range(k, min(k + 4, 7))] for k in range(0, 7, 4)]
        for rows in batches[rank::world]:
            batch = self.make(rows, 0)
            batch.index = batch.index - 100
            yield batch


def make_task(data: NoiseData, dropout: float = 0.1) -> Task:
    torch.manual_seed(0)
    tiny = LineCTC.Config(
        height=16, stem=4, widths=(8, 8, 12), depths=(1, 1, 1), heads=2, dropout=dropout, drop_features=dropout
    )
    model = tiny.build(len(CHARSET))
    return Task(model, CTCLoss.Config().build(), CTCGreedy.Config().build(CHARSET), RecognitionMetric(), data)


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("out", type=Path)
    p.add_argument("--resume", action="store_true")
    p.add_argument("--kill-at", type=int, default=-1)
    p.add_argument("--term-at", type=int, default=-1)
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--dropout", type=float, default=0.1)
    args = p.parse_args()
    torch.set_num_threads(1)
    task = make_task(NoiseData(args.kill_at, args.term_at), args.dropout)
    cfg = Train(epochs=args.epochs, device="cpu", precision="fp32", ema=0.9, average=(2, 3), keep="average",
                batchnorm_batches=3, checkpoint_minutes=0.0)  # fmt: skip
    try:
        result = fit(task, cfg, Optim(lr=1e-2, warmup=0.1), args.out, resume=args.resume)
    except Interrupted as e:
        print("interrupted:", e)
        raise SystemExit(143) from e
    if int(os.environ.get("RANK", 0)) == 0:
        state = b"".join(v.numpy().tobytes() for v in task.model.state_dict().values())
        print("digest", hashlib.sha256(state).hexdigest(), [p.text for p in result.predictions])


if __name__ == "__main__":
    main()
