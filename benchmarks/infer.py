"""Is an attention ensemble read fast? Ours beside the way of the original notebook, same weights, same strings.

The ensemble is the design card's: tf_efficientnetv2_b1, hidden 384, at 160 x 1664, and tf_efficientnetv2_b2, hidden
256, at 128 x 2048, 229 characters. The peer, written here: PyTorch fp32 in its default layout, one image at a time,
the attention's layer over all columns at every character, a full softmax of both models, 40 characters a line. Ours:
`StepEnsemble` of the PyTorch models with `AttentionGreedy`, as `LineReader` reads with two .safetensors files. Both
begin with prepared images, so that reading and cleaning the file are in neither.

Without --weights they are random (seed 0): speed does not depend on their values. A random model ends its lines at once
or never, so the end is biased away: 40 characters on both sides. The rounds alternate; a round of the peer reads
--peer-images lines one by one, and its time for a batch of 32 is 32 times its time for one.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from chuviet.decode.attention import AttentionGreedy, StepEnsemble
from chuviet.export.lines import drawn_strings
from chuviet.inputs.images import read_image
from chuviet.models.seq2seq import Seq2Seq
from chuviet.preprocess.line import LinePreprocess
from chuviet.pytorch.artifact import load_artifact
from chuviet.pytorch.network import TorchSteps
from chuviet.vocab import EOS, MASK, PAD, SOS, SPECIALS, VIETNAMESE, Charset

CARD = (("tf_efficientnetv2_b1.in1k", 384, 160, 1664), ("tf_efficientnetv2_b2.in1k", 256, 128, 2048))
LENGTH = 40
Prepared = tuple[np.ndarray, np.ndarray]  # images N 1 H W and widths N, of one member


class Peer:
    """The original's loop over one image at a time."""

    def __init__(self, models: Sequence[Any], charset: Charset) -> None:
        self.models = [copy.deepcopy(m).to(memory_format=torch.contiguous_format) for m in models]
        self.charset = charset

    @torch.no_grad()
    def __call__(self, images: Sequence[Tensor]) -> str:
        """`images`: 1 1 H W, one a member."""
        states = [self.encode(m, x) for m, x in zip(self.models, images, strict=True)]
        written = [SOS]
        for _ in range(LENGTH):
            token, probabilities = torch.tensor([written[-1]]), []
            for k, model in enumerate(self.models):
                logits, states[k] = self.step(model, token, states[k])
                probabilities.append(logits.softmax(-1))
            mean = torch.stack(probabilities).mean(0)
            mean[:, [PAD, SOS, MASK]] = 0.0
            written.append(int(mean.argmax(-1)))
        return self.charset.decode(t - SPECIALS for t in written[1:])

    @staticmethod
    def encode(m: Any, image: Tensor) -> tuple[Tensor, Tensor]:
        features = m.project(m.backbone((image.repeat(1, 3, 1, 1) - 0.5) / 0.5))
        memory, last = m.encoder(features.transpose(-1, -2).flatten(2).permute(0, 2, 1))
        return torch.tanh(m.bridge(torch.cat((last[0], last[1]), dim=-1))), memory

    @staticmethod
    def step(m: Any, token: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        hidden, memory = state
        embedded = m.embedding(token)
        both = torch.cat((hidden[:, None].repeat(1, memory.shape[1], 1), memory), dim=-1)
        weights = m.score(torch.tanh(m.attention(both)))[..., 0].softmax(-1)
        context = torch.bmm(weights[:, None], memory)[:, 0]
        hidden = m.decoder(torch.cat((embedded, context), dim=-1), hidden)
        return m.classify(torch.cat((hidden, context, embedded), dim=-1)), (hidden, memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-w", "--weights", nargs=2, help="two attention models (default: the card's, random)")
    parser.add_argument("--images", nargs="*", default=[], help="line images (default: drawn strings)")
    parser.add_argument("--threads", type=int, default=2, help="%(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="%(default)s")
    parser.add_argument("--batch", type=int, default=32, help="%(default)s")
    parser.add_argument("--peer-images", type=int, default=4, help="lines the peer reads in a round (%(default)s)")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    models, sizes, charset = members(args.weights)
    lines = [read_image(p) for p in args.images] or drawn_strings(48)[-args.batch :]
    batches = prepared(sizes, [lines[i % len(lines)] for i in range(args.batch)])
    few = [[(pixels[i : i + 1], widths[i : i + 1]) for pixels, widths in batches] for i in range(args.peer_images)]
    peer, decoder = Peer(models, charset), AttentionGreedy.Config(max_length=LENGTH).build(charset)
    networks = [TorchSteps(model) for model in models]
    ensemble = StepEnsemble(networks)

    def read(given: list[Prepared]) -> list[str]:
        state = tuple(network.encode(*own) for network, own in zip(networks, given, strict=True))
        return [p.text for p in decoder(ensemble, state, len(given[0][1]))]

    times: dict[str, list[tuple[float, float]]] = {"peer": [], "one": [], "batch": []}
    peer(tensors(few[0]))
    read(few[0])
    for _ in range(args.rounds):
        theirs = timed(times["peer"], len(few), lambda: [peer(tensors(one)) for one in few])
        alone = timed(times["one"], len(few), lambda: [read(one)[0] for one in few])
        together = timed(times["batch"], args.batch, lambda: read(batches))
    n = len(few)
    print(f"{args.threads} threads, {args.rounds} alternating rounds, medians; {len(theirs[0])} characters a line; "
          f"the same strings as the peer: {same(theirs, alone)} of {n} alone, {same(theirs, together[:n])} of {n} in "
          f"the batch, e.g. {theirs[0][:12]!r}, {theirs[-1][:12]!r}")  # fmt: skip
    print("                         ms an image  times as fast   CPU ms  times as little")
    for name, what in (
        ("peer", "peer, one at a time"),
        ("one", "ours, one image"),
        ("batch", f"ours, {args.batch} at once"),
    ):
        (wall, cpu), (faster, less) = (
            medians(times[name]),
            medians([(p[0] / o[0], p[1] / o[1]) for p, o in zip(times["peer"], times[name], strict=True)]),
        )
        print(f"{what:24} {wall:11.1f} {faster:14.2f} {cpu:8.1f} {less:16.2f}")


def medians(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    first, second = zip(*pairs, strict=True)
    return statistics.median(first), statistics.median(second)


def members(weights: Sequence[str] | None) -> tuple[list[Any], list[tuple[int, int]], Charset]:
    """Models, (height, width) of each, their charset; the end of a line can't come."""
    models: list[nn.Module]
    if weights:
        found = [load_artifact(w) for w in weights]
        charset, models = found[0].charset, [a.model for a in found]
        preprocess: list[Any] = [a.preprocess_cfg for a in found]
        sizes = [(p.height, p.width) for p in preprocess]
    else:
        torch.manual_seed(0)
        charset, sizes = Charset(VIETNAMESE), [(h, w) for _, _, h, w in CARD]
        configs = [Seq2Seq.Config(backbone=name, hidden=hidden, pretrained=False) for name, hidden, _, _ in CARD]
        models = [c.build(len(charset)) for c in configs]
        for model, size in zip(models, sizes, strict=True):
            enliven(model, *size)
    assert charset is not None
    for model in models:
        model.eval().classify.bias.data[EOS] = -1e4  # type: ignore[operator, union-attr, index]
    return models, sizes, charset


@torch.no_grad()
def enliven(model: Any, height: int, width: int) -> None:
    """Makes a random model's characters depend on the image and the column: its features differ too little to."""
    (images,) = tensors(prepared([(height, width)], drawn_strings(24)[-2:]))
    features = model.eval().backbone((images.expand(-1, 3, -1, -1) - 0.5) / 0.5)
    mean, std = features.mean((0, 2, 3)), features.std((0, 2, 3)) + 1e-6
    weight = model.project.weight[:, :, 0, 0] / std
    model.project.weight.copy_(weight[:, :, None, None])
    model.project.bias.copy_(-weight @ mean)
    for layer in (model.attention, model.score):
        layer.weight *= 8


def prepared(sizes: Sequence[tuple[int, int]], lines: Sequence[np.ndarray]) -> list[Prepared]:
    batches = []
    for height, width in sizes:
        prepare = LinePreprocess.Config(height=height, width=width).build()
        batches.append(prepare.collate([prepare(line) for line in lines]))
    return batches


def tensors(given: Sequence[Prepared]) -> list[Tensor]:
    return [torch.from_numpy(pixels) for pixels, _ in given]


def timed(times: list[tuple[float, float]], images: int, call: Callable[[], list[str]]) -> list[str]:
    """Adds the milliseconds an image by the clock, and of this process's CPU time (which other work hardly changes when
    there is one thread; threads that wait for each other burn it).
    """
    start, cpu = time.perf_counter(), time.process_time()
    texts = call()
    times.append((1e3 * (time.perf_counter() - start) / images, 1e3 * (time.process_time() - cpu) / images))
    return texts


def same(a: Sequence[str], b: Sequence[str]) -> int:
    return sum(x == y for x, y in zip(a, b, strict=True))


if __name__ == "__main__":
    main()
