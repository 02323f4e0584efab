"""What does a language model cost? Lines a second of the CTC decoders on drawn frames: greedy, beam search, and beam
search with the n-gram model and the gazetteer of a weights file.

The frames are drawn: every character of an address has a sure peak between blanks, and some noise, with an unsure one
here and there, about as many likely characters a frame as real lines have (1.8). All decoders take the same lines, one
a call, in alternating rounds; times are of the processor, medians. Nothing of the network is in them.
"""

import argparse
import statistics
import time
from collections.abc import Sequence

import numpy as np

from chuviet.artifact.opening import find_weights, open_artifact
from chuviet.decode.ctc import CTCBeam, CTCGreedy
from chuviet.decode.prefix_search import likely_classes
from chuviet.language.gazetteer import Gazetteer
from chuviet.language.rescore import rescorers_of
from chuviet.reading.lines import DEFAULT
from chuviet.vocab import BLANK, Charset


def draw_text(gazetteer: Gazetteer, rng: np.random.Generator) -> str:
    """An address of the gazetteer."""
    while True:
        district = gazetteer.districts[int(rng.integers(len(gazetteer.districts)))]
        if district.wards and district.streets:
            kind, ward = district.wards[int(rng.integers(len(district.wards)))]
            street = district.streets[int(rng.integers(len(district.streets)))]
            number = int(rng.integers(1, 400))
            return f"{number} {street}, {kind} {ward}, {district.kind} {district.name}, {district.province}"


def draw_frames(text: str, charset: Charset, rng: np.random.Generator) -> np.ndarray:
    """Log probabilities T V, about five frames a character, as a CTC network gives them for a text."""
    classes = len(charset) + 1
    logits = []
    for character in charset.encode(text):
        gap = int(rng.integers(2, 6))
        frames = rng.normal(0, 1.0, (gap + 1, classes))
        frames[:gap, BLANK] += rng.uniform(10, 14)
        frames[gap, character + 1] += 12
        for other in rng.integers(1, classes, 2):  # what it could be taken for
            frames[gap - 1 :, other] += rng.uniform(0, 9)
        frames[gap - 1, character + 1] += rng.uniform(0, 9)
        logits.append(frames)
    joined = np.concatenate(logits)
    return (joined - np.logaddexp.reduce(joined, axis=1, keepdims=True)).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=60, help="different lines a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="%(default)s")
    parser.add_argument("--weights", default=DEFAULT, help="a reader with a language model (%(default)s)")
    args = parser.parse_args()
    start = time.perf_counter()
    artifact = open_artifact(find_weights(args.weights))
    loading = time.perf_counter() - start
    lm, charset, cfg = artifact.lm, artifact.charset, artifact.decoder_cfg
    if lm is None or lm.gazetteer is None or charset is None or not isinstance(cfg, CTCBeam.Config):
        parser.error(f"{args.weights}: no reader with a language model and a gazetteer")
    decoders = {
        "greedy": CTCGreedy(charset),
        f"beam {cfg.width}": cfg.build(charset),
        "with language model": cfg.build(charset, *rescorers_of(lm, cfg)),
    }
    rng = np.random.default_rng(0)
    texts = [t for t in (draw_text(lm.gazetteer, rng) for _ in range(args.lines * args.rounds)) if lm.knows(t)]
    lines = [draw_frames(text, charset, rng) for text in texts]
    counts = [len(c) for frames in lines[:50] for c in likely_classes(np.exp(frames), cfg.top, cfg.min_prob)]
    frames = statistics.mean(map(len, lines))
    print(f"{len(lines)} lines of {frames:.0f} frames, {statistics.mean(counts):.2f} likely characters a frame")
    print(f"network, language models and gazetteer ready in {1e3 * loading:.0f} ms")
    report(decoders, lines, texts, args.rounds)


def report(
    decoders: dict[str, CTCGreedy | CTCBeam], lines: Sequence[np.ndarray], texts: Sequence[str], rounds: int
) -> None:
    """Times the decoders on the lines, a part of them in every round, and prints medians over all lines."""
    times: dict[str, list[float]] = {name: [] for name in decoders}
    right = dict.fromkeys(decoders, 0)
    for part in range(rounds):
        for name, decoder in decoders.items():
            for frames, text in zip(lines[part::rounds], texts[part::rounds], strict=True):
                start = time.process_time()
                (prediction,) = decoder([[frames]])
                times[name].append(time.process_time() - start)
                right[name] += prediction.text == text
    base = statistics.median(times["greedy"])
    for name, values in times.items():
        middle = statistics.median(values)
        print(
            f"{name:20} {1e3 * middle:6.2f} ms a line, {1 / statistics.mean(values):5.0f} lines/s, "
            f"{middle / base:5.1f} times greedy; {right[name]} of {len(lines)} right"
        )


if __name__ == "__main__":
    main()
