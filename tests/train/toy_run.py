"""A tiny run on seeded noise, as its own program, so that tests can kill it and start it under torchrun.

python toy_run.py OUT [--resume] [--kill-at BATCH] [--term-at BATCH] [--epochs N] ...: prints the final weights' digest.
"""

import argparse
import hashlib
import os
import signal
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from chuviet.batch import Batch
from chuviet.decode.ctc import CTCGreedy
from chuviet.errors import InputError
from chuviet.losses.ctc import CTCLoss
from chuviet.losses.db import DBLoss
from chuviet.losses.east import EastLoss
from chuviet.losses.guided import GuidedCTCLoss, MutualLoss
from chuviet.losses.line_word import LineWordLoss
from chuviet.metrics.recognition import RecognitionMetric
from chuviet.models.attention_heads import SAR
from chuviet.models.backbone_ctc import BackboneCTC
from chuviet.models.ctc import LineCTC
from chuviet.models.dbnet import DBNet
from chuviet.models.fots import FOTS
from chuviet.models.fpn import FPN
from chuviet.models.gtc import GTC, Mutual
from chuviet.pytorch.decoding import TorchDecoder
from chuviet.train.configs import Optim
from chuviet.train.engine import Interrupted, Task, Train, fit
from chuviet.vocab import Charset

CHARSET = Charset("abc")


def sample(index: int, epoch: int) -> tuple[torch.Tensor, list[int]]:
    g = torch.Generator().manual_seed(index * 1000 + epoch)
    width = 32 + 4 * (index % 5)
    return torch.rand(1, 16, width, generator=g), [index % 3, (index + 1) % 3]


class NoiseData:
    """Lines of noise; batches of 4, and a last one of 4 or fewer. `colour`: three channels, texts of 1 to 4 characters.
    `term_at` is meant for the process `term_rank` alone, for all with -1.
    """

    def __init__(
        self, kill_at: int = -1, term_at: int = -1, size: int = 18, valid: int = 7, colour: bool = False,
        term_rank: int = -1, kill_rank: int = -1,
    ) -> None:  # fmt: skip
        self.kill_at, self.term_at, self.size, self.seen = kill_at, term_at, size, 0
        self.valid, self.colour, self.term_rank, self.kill_rank = valid, colour, term_rank, kill_rank

    def batches(self, epoch: int) -> list[list[int]]:
        order = torch.randperm(self.size, generator=torch.Generator().manual_seed(epoch)).tolist()
        return [order[i : i + 4] for i in range(0, self.size, 4)]

    def batch_sizes(self, epoch: int) -> list[int]:
        return [len(batch) for batch in self.batches(epoch)]

    def make(self, rows: list[int], epoch: int) -> Batch:
        pairs = [sample(i, epoch) for i in rows]
        widths = torch.tensor([im.shape[2] for im, _ in pairs])
        images = torch.zeros(len(rows), 1, 16, int(widths.max()))
        for canvas, (im, _) in zip(images, pairs, strict=True):
            canvas[:, :, : im.shape[2]] = im
        texts = [[(i + k) % 3 for k in range(1 + i % 4)] for i in rows] if self.colour else [t for _, t in pairs]
        targets = torch.tensor([t + [-1] * (max(map(len, texts)) - len(t)) for t in texts])
        images = images.expand(-1, 3, -1, -1) if self.colour else images
        lengths, texts = torch.tensor([len(t) for t in texts]), [CHARSET.decode(t) for t in texts]
        return Batch(images, widths, torch.tensor(rows), targets, lengths, texts)

    def train_loader(self, epoch: int, skip: int = 0, rank: int = 0, world: int = 1):
        for rows in self.batches(epoch)[skip:]:
            self.seen += 1
            if self.seen == self.kill_at and self.kill_rank in (-1, rank):
                os.kill(os.getpid(), signal.SIGKILL)
            if self.seen == self.term_at and self.term_rank in (-1, rank):
                os.kill(os.getpid(), signal.SIGTERM)
            yield self.make(rows[rank::world], epoch)

    def valid_loader(self, rank: int = 0, world: int = 1):
        batches = [[100 + i for i in range(k, min(k + 4, self.valid))] for k in range(0, self.valid, 4)]
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
    return Task(
        model, CTCLoss.Config().build(), TorchDecoder(CTCGreedy.Config().build(CHARSET)), RecognitionMetric(), data
    )


class NoisePages(NoiseData):
    """Pages of noise with maps of text, every fourth without any; nothing to validate on."""

    def make(self, rows: list[int], epoch: int) -> Batch:
        g = [torch.Generator().manual_seed(i * 1000 + epoch) for i in rows]
        images = torch.stack([torch.rand(3, 64, 64, generator=one) for one in g])
        text = torch.zeros(len(rows), 64, 64)
        for page, i in zip(text, rows, strict=True):
            page[8 : 8 + 4 * (i % 4) * (1 + i % 3), 16:48] = 1
        mask, half = torch.ones_like(text), F.avg_pool2d(text[:, None], 5, 1, 2)[:, 0]
        border = ((half > 0) & (half < 1)).float()
        maps = {"text": text, "text_mask": mask, "threshold": 0.3 + 0.4 * half, "threshold_mask": border, "lines": text,
                "lines_mask": mask, "words": text.flip(1), "words_mask": mask,
                "lines_weight": 1 + 3 * text.float(), "words_weight": torch.ones_like(half)}  # fmt: skip
        small, cells = text[:, ::4, ::4], torch.rand(len(rows), 5, 16, 16, generator=g[0])
        maps |= {"score": small, "mask": torch.ones_like(small), "geometry": 20 * small[:, None] + 0 * cells}
        return Batch(images, torch.full((len(rows),), 64), torch.tensor(rows), maps=maps)

    def valid_loader(self, rank: int = 0, world: int = 1):
        return []


def make_detector(data: NoiseData, loss: str) -> Task:
    """DBNet with one of DB's losses or that of lines and words, or FOTS with EAST's, which draws no cells here."""
    torch.manual_seed(0)
    losses: dict[str, Any] = {
        "db": DBLoss.Config(), "db_each": DBLoss.Config(each_image=True), "db_bce": DBLoss.Config(probability="bce"),
        "line_word": LineWordLoss.Config(),
        "east": EastLoss.Config(random_negatives=0, random_boxes=0, hard_negatives=40, hard_boxes=10, crop=64.0),
    }  # fmt: skip
    backbone: Any = {"backbone": "resnet10t", "pretrained": False, "options": (("channels", (8, 16, 24, 32)),),
                     "neck": FPN.Config(width=16)}  # fmt: skip
    if loss == "east":
        model = FOTS.Config(backbone="resnet10t", pretrained=False, crop=64.0).build()
    else:
        model = DBNet.Config(**backbone).build()
    return Task(model, losses[loss].build(), TorchDecoder(CTCGreedy.Config().build(CHARSET)), RecognitionMetric(), data)


def make_guided(data: NoiseData, kind: str) -> Task:
    """A guided recogniser ("gtc"), or two ("mutual"), without dropout."""
    torch.manual_seed(0)
    student = BackboneCTC.Config(backbone="resnet10t", pretrained=False, neck="svtr", dims=16, hidden=16, depth=1)
    gtc = GTC.Config(student=student, guide=SAR.Config(hidden=16))
    cfg, loss = (gtc, GuidedCTCLoss.Config()) if kind == "gtc" else (Mutual.Config(member=gtc), MutualLoss.Config())
    model = cfg.build(len(CHARSET))
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return Task(model, loss.build(), TorchDecoder(CTCGreedy.Config().build(CHARSET)), RecognitionMetric(), data)


def main() -> None:
    p = argparse.ArgumentParser()
    p.add_argument("out", type=Path)
    p.add_argument("--resume", action="store_true")
    p.add_argument("--kill-at", type=int, default=-1)
    p.add_argument("--term-at", type=int, default=-1)
    p.add_argument("--epochs", type=int, default=3)
    p.add_argument("--dropout", type=float, default=0.1)
    p.add_argument("--term-rank", type=int, default=-1)
    p.add_argument("--minutes", type=float, default=0.0)
    p.add_argument("--size", type=int, default=18)
    p.add_argument("--valid", type=int, default=7)
    p.add_argument("--guided", choices=("gtc", "mutual"))
    p.add_argument("--detector", choices=("db", "db_each", "db_bce", "line_word", "east"))
    p.add_argument("--kill-rank", type=int, default=-1)
    args = p.parse_args()
    torch.set_num_threads(1)
    kind = NoisePages if args.detector else NoiseData
    data = kind(args.kill_at, args.term_at, args.size, args.valid, bool(args.guided), args.term_rank, args.kill_rank)
    if args.detector:
        task = make_detector(data, args.detector)
    else:
        task = make_guided(data, args.guided) if args.guided else make_task(data, args.dropout)
    average = tuple(range(2, args.epochs + 1)) or (1,)
    cfg = Train(epochs=args.epochs, device="cpu", precision="fp32", ema=0.9, average=average, keep="average",
                batchnorm_batches=3, checkpoint_minutes=args.minutes)  # fmt: skip
    try:
        result = fit(task, cfg, Optim(lr=1e-2, warmup=0.1), args.out, resume=args.resume)
    except InputError as e:
        print("error:", e)
        raise SystemExit(2) from e
    except Interrupted as e:
        print("interrupted:", e, flush=True)
        if torch.distributed.is_initialized():
            torch.distributed.barrier()  # torchrun ends the others as soon as one leaves
        raise SystemExit(143) from e
    if int(os.environ.get("RANK", 0)) == 0:
        state = b"".join(v.numpy().tobytes() for v in task.model.state_dict().values())
        print("digest", hashlib.sha256(state).hexdigest(), [p.text for p in result.predictions])


if __name__ == "__main__":
    main()
