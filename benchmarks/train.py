"""Is training on a CPU fast? Images a second of our step beside the plain loop of the original, same model and lines.

The model is LineCTC of the config `line_192_f0` (1.7 M parameters); the lines are the real ones of DATA/vi_handwriting,
else drawn ones. Ours is what `chuviet train` does: rows from `LineData` (uint8 to the last, batches by width, prefetch
by --workers processes), channels last, bf16 where the processor multiplies it, the optimiser, clipping and moving
average of the config. The peer is written here: every image of a batch of 32 padded to the width of the widest
distorted line of all (--width sets another), read, trimmed to its ink as ours is, and distorted one after another in
float64 in the same process, fp32, PyTorch's default layout, no moving average. The rounds alternate; each starts a
fresh loader, and the first step of each is not counted.

With --old CHECKOUT the peer is that revision of chuviet, run by this Python: the loop of both (`fit`, without
validation), each with its own configs, on `micro_16`, `line_192_f0` and `page_lite0`, data loaded in the same process.
The sets: synthetic_data/printed (gendata_captcha.py --task printed), and DATA's vi_handwriting, icdar2015 and sroie.
The two take turns; the ratio is the median over the rounds, of processor time, which other programs disturb less.
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch
from peers.process import PEERS, Process
from torch import Tensor, nn

from chuviet import config
from chuviet.batch import Batch
from chuviet.data.recognition import LineData, LineDataset
from chuviet.experiment import Experiment
from chuviet.inputs.images import read_image
from chuviet.train.averaging import WeightEMA
from chuviet.train.engine import make_fabric

SIZE = 32

_PAGES = (
    "data.train=(('words:icdar2015/text_localization/train_icdar2015_label.txt',1),('lines:sroie/train_label.txt',1))"
)
_LINES = "data.csv=vi_handwriting/train_folds.csv"
#: Config, its options here, batches that are not counted (those of `micro_16`'s first epoch read the images), batches a
#: round.
STEPS: tuple[tuple[str, list[str], int, int], ...] = (
    ("micro_16", [], 157, 60),
    ("line_192_f0", [_LINES, "data.sources=()", "data.draw=()", "data.workers=0"], 2, 2),
    ("page_lite0", [_PAGES, "data.valid=()", "model.pretrained=false", "data.workers=0"], 2, 2),
)


class Ours:
    """Steps as `chuviet.train.engine.fit` makes them."""

    def __init__(self, exp: Experiment, data: LineData) -> None:
        task = exp.build()[1]
        self.loss, self.data, self.epoch = task.loss, data, 0
        self.fabric = make_fabric(exp.train)
        self.raw = task.model.to(memory_format=torch.channels_last)
        self.model, self.optimizer = self.fabric.setup(self.raw, exp.optim.build(self.raw))
        self.clip, self.ema = exp.train.clip, WeightEMA(self.raw, exp.train.ema or 0.998)
        self.model.train()

    def batches(self) -> Iterator[Batch]:
        self.epoch += 1
        return iter(self.data.train_loader(self.epoch))

    def step(self, batch: Batch) -> float:
        losses = self.loss(self.model(batch), batch)
        self.fabric.backward(losses["loss"])
        self.fabric.clip_gradients(self.model, self.optimizer, max_norm=self.clip, error_if_nonfinite=False)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.ema.update(self.raw)
        return float(losses["loss"].detach())


class Plain:
    """The original's loop: no workers, one width, float64 images, fp32."""

    def __init__(self, exp: Experiment, data: LineData, width: int) -> None:
        task = exp.build()[1]
        preprocess: Any = exp.data.preprocess
        self.prepare = preprocess.build().prepare
        self.model, self.loss, self.data, self.round = task.model.train(), task.loss, data, 0
        use_plain_layout(self.model)
        self.optimizer = exp.optim.build(self.model)
        self.height, self.width, self.clip = preprocess.height, width, exp.train.clip

    def batches(self) -> Iterator[Batch]:
        self.round += 1
        rng = np.random.default_rng((7, self.round))
        rows = rng.permutation(len(self.data.train))
        for i in range(0, len(rows) - SIZE + 1, SIZE):
            yield self.collate(rows[i : i + SIZE], rng)

    def collate(self, rows: np.ndarray, rng: np.random.Generator) -> Batch:
        images, widths, ids = [], [], []
        for row in self.data.train.iloc[rows].itertuples():
            image, width = self.fitted(distorted(self.prepare(read_image(row.file)) / 255.0, rng))
            images.append(torch.from_numpy(1.0 - image)[None])
            widths.append(width)
            ids.append(self.data.charset.encode(row.text))
        lengths = [len(x) for x in ids]
        targets = [torch.tensor(x + [-1] * (max(lengths) - len(x))) for x in ids]
        return Batch(
            torch.stack(images).float(), torch.tensor(widths), torch.from_numpy(rows), torch.stack(targets),
            torch.tensor(lengths),
        )  # fmt: skip

    def fitted(self, image: np.ndarray) -> tuple[np.ndarray, int]:
        """The image in the common size, paper on the right, and its own width."""
        h, w = image.shape
        width = min(round(w * self.height / h), self.width)
        canvas = np.ones((self.height, self.width))
        canvas[:, :width] = cv2.resize(image, (width, self.height), interpolation=cv2.INTER_AREA)
        return canvas, self.width  # the whole canvas is read, as the original does

    def step(self, batch: Batch) -> float:
        self.optimizer.zero_grad()
        losses = self.loss(self.model(batch), batch)
        losses["loss"].backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        return float(losses["loss"].detach())


def use_plain_layout(model: nn.Module) -> None:
    """LineCTC asks for channels last, which the plain loop does not know of: its first layer gets the usual layout."""

    def usual(_: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:
        return (args[0].clone(memory_format=torch.contiguous_format),)

    next(m for m in model.modules() if isinstance(m, nn.Conv2d)).register_forward_pre_hook(usual)  # type: ignore[arg-type]


def widest(data: LineData, samples: int = 256) -> int:
    """Pixels that the widest of the first lines of an epoch has after our distortions."""
    rows = list(itertools.islice(itertools.chain.from_iterable(data.batches(0)), samples))
    lines = LineDataset(data.train, data.charset, data.cfg, (data.seed, 0), distort=True, images=data.images)
    return max(lines[int(row)][0].shape[1] for row in rows)


def distorted(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Our training-time distortions' families, each with its usual probability, on a float64 image (paper 1)."""
    h, w = image.shape
    if rng.random() < 0.9:
        angle, shear = np.deg2rad(rng.normal(0, 0.75)) * 12 * h / w, rng.normal(0, 0.17)
        scale, stretch = rng.uniform(0.85, 1.15), rng.uniform(0.8, 1.2)
        matrix = np.array([[scale * stretch, -shear, shear * h / 2], [np.sin(angle), scale, (1 - scale) * h / 2]])
        image = cv2.warpAffine(image, matrix, (max(round(w * scale * stretch), 8), h), borderValue=1.0)
        if rng.random() < 0.7:
            image = elastic(image, rng)
        if rng.random() < 0.5:
            image = cv2.erode(image, np.ones((2, 2)))
        if rng.random() < 0.5:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.3))
            image = np.clip(image ** np.exp(rng.uniform(-0.7, 0.7)) + rng.normal(0, 0.03, image.shape), 0, 1)
    return image


def elastic(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    h, w = image.shape
    x, y = np.meshgrid(np.arange(w, dtype=np.float64), np.arange(h, dtype=np.float64))
    dx, dy = (cv2.resize(rng.normal(0, 2.0, (3, max(w // 24, 2))), (w, h)) for _ in range(2))
    return cv2.remap(image, (x + dx).astype(np.float32), (y + dy).astype(np.float32), cv2.INTER_LINEAR, borderValue=1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="vi_handwriting/train_folds.csv", help="CSV of real lines (%(default)s)")
    parser.add_argument("--steps", type=int, default=12, help="counted steps a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="%(default)s")
    parser.add_argument("--threads", type=int, default=2, help="%(default)s")
    parser.add_argument("--workers", type=int, default=2, help="%(default)s")
    parser.add_argument("--width", type=int, help="pixels of the peer's images (default: none is squeezed)")
    parser.add_argument("--old", metavar="CHECKOUT", help="another revision, to compare the training loops of both")
    parser.add_argument("--only", help="with --old: one of the three configs")
    args = parser.parse_args()
    if args.old:
        for name, options, first, steps in STEPS:
            if args.only in (None, name):
                compare(args, name, options, first, steps)
        return
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        exp = experiment(args, Path(folder))
        data = exp.data.build(exp.fold, exp.train.seed)
        width = args.width or widest(data)
        ours, plain = Ours(exp, data), Plain(exp, data, width)
        speeds: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(args.rounds):
            for name, loop in (("plain", plain), ("ours", ours)):
                speeds[name].append(speed(loop, args.steps))
    widths = data.train["width"]
    print(f"{len(data.train)} lines, {widths.min()}-{widths.max()} px wide at height 40 before they are distorted, the "
          f"peer's all {width}; batches of {SIZE}; {args.threads} threads, {args.workers} loading processes; "
          f"{args.rounds} rounds of {args.steps} steps; {ours.fabric.strategy.precision.precision}")  # fmt: skip
    ratio = statistics.median(a / b for a, b in zip(speeds["ours"], speeds["plain"], strict=True))
    for name, values in speeds.items():
        print(f"{name:6} {statistics.median(values):6.1f} images/s (median; {min(values):.1f}-{max(values):.1f})")
    print(f"ours is {ratio:.2f} times as fast")


def compare(args: argparse.Namespace, name: str, options: list[str], first: int, steps: int) -> None:
    """Prints how many batches a second the loops of --old and of this checkout take."""
    here = Path(__file__).parents[1]
    sides: dict[str, Process] = {}
    took: dict[str, list[dict[str, float]]] = {"old": [], "new": []}
    for side, root in (("old", Path(args.old).resolve()), ("new", here)):
        given = [*options, f"train.threads={args.threads}", "train.epochs=1000", "train.validate_every=0"]
        task = {"config": name, "configs": str(root / "configs"), "options": given, "first": first}
        path = {"PYTHONPATH": os.pathsep.join((str(root / "src"), str(PEERS)))}
        sides[side] = Process([sys.executable, str(PEERS / "chuviet_steps.py")], task, path)
    for _ in range(args.rounds):
        for side, process in sides.items():
            took[side].append(process.ask(str(steps)))
    for process in sides.values():
        process.close()
    print(f"{name}: {args.rounds} rounds of {steps} batches, {args.threads} threads")
    for side, rounds in took.items():
        speeds = [statistics.median(steps / r[clock] for r in rounds) for clock in ("seconds", "cpu")]
        print(f"  {side}  {speeds[0]:7.2f} batches a second, {speeds[1]:7.2f} a second of processor time")
    ratio = statistics.median(a["cpu"] / b["cpu"] for a, b in zip(took["old"], took["new"], strict=True))
    print(f"  new is {ratio:.2f} times as fast")


def experiment(args: argparse.Namespace, folder: Path) -> Experiment:
    """The config on the real lines, or on lines drawn into `folder` where there are none."""
    exp = config.load("line_192_f0")
    root = Path(os.environ.get("CHUVIET_DATA", "."))
    found = next((p for p in (Path(args.data), root / args.data) if p.is_file()), None)
    if found is None:
        draw = ["synthetic_data/gendata_address.py", "--count", "480", "--out", str(folder)]
        subprocess.run([sys.executable, *draw], check=True, stdout=subprocess.DEVNULL)
        found = folder / "drawn.csv"
        (manifest,) = folder.rglob("manifest.csv")
        rows = pd.read_csv(manifest)
        rows["img_path"] = [str(manifest.parent / name) for name in rows["img_path"]]
        rows.assign(fold=0).to_csv(found, index=False)
    data = replace(exp.data, csv=str(found), mix=(), batch=SIZE, workers=args.workers)
    return replace(exp, data=data, train=replace(exp.train, threads=args.threads), fold=5)


def speed(loop: Any, steps: int) -> float:
    """Images a second, data included, after a first step."""
    start, images = 0.0, 0
    for batch in itertools.islice(loop.batches(), steps + 1):
        if start:
            images += len(batch)
        loop.step(batch)
        start = start or time.perf_counter()
    return images / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
