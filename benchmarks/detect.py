"""Is finding text cheap and good? Our detector beside the one of rapidocr-onnxruntime 1.4.4 (PP-OCRv4 mobile, 4.7 MB).

The peer has an environment of its own (fetched by uv at the first run, kept in its cache). Both run in ONNX Runtime, on
the same labelled images, in alternating rounds: first images scaled to 640 x 640 on one and on two threads, then the
images as they are, each with its own default size, for hmean (ICDAR2015's rules, IoU 0.5). Without --data the images
are drawn: those say how fast both are, and little about how good.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from peers.process import PEERS, Process

from chuviet.artifact.onnx_file import load_onnx
from chuviet.artifact.opening import find_weights
from chuviet.data.detection import read_set
from chuviet.export.detector import export_detector
from chuviet.inputs.images import read_image
from chuviet.metrics.detection import DetectionMetric
from chuviet.preprocess.page import PagePreprocess
from chuviet.pytorch.artifact import load_artifact
from chuviet.reading.detector import Detector
from chuviet.results import Detection
from chuviet.synth.corpus import Addresses, load_wards
from chuviet.synth.fonts import find_fonts
from chuviet.synth.pages import Kind, PageRecipe
from chuviet.vocab import ASCII, VIETNAMESE

PEER = [
    sys.executable, "-m", "uv", "run", "--no-project", "--quiet",
    "--python", f"{sys.version_info[0]}.{sys.version_info[1]}",
    "--with", "rapidocr-onnxruntime==1.4.4", "--with", "opencv-python-headless",
    "python", str(PEERS / "rapidocr_detect.py"),
]  # fmt: skip
SIDE = 640


def peer_of(paths: list[str]) -> Process:
    """The other detector's process, with its images loaded."""
    return Process(PEER, paths, hint="it needs uv and a network at the first run")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", help="labels of pages, repeatable (default: a few drawn ones)")
    parser.add_argument("-w", "--weights", default="text_det", help="%(default)s")
    parser.add_argument("--images", type=int, default=20, help="of each set (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="%(default)s")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        names = args.data or drawn(Path(folder))
        sets = {name: read_set(name)[: args.images] for name in names}
        file = Path(folder, "det.onnx")
        artifact = load_artifact(find_weights(args.weights))
        export_detector(artifact, file, pages=next(iter(sets.values()))[:3])
        squares = []
        for i, page in enumerate(p for pages in sets.values() for p in pages):
            squares.append(str(Path(folder, f"{i}.png")))
            cv2.imwrite(squares[-1], cv2.resize(read_image(page.path)[:, :, ::-1], (SIDE, SIDE)))
        speed(file, squares, args.rounds)
        for name, pages in sets.items():
            quality(file, name, pages)


def drawn(folder: Path, pages: int = 6) -> list[str]:
    """Scenes and receipts of a seed that nothing is trained on, with their words in printed fonts; the label files."""
    fonts, _ = find_fonts(Path("fonts_printed"), "".join(dict.fromkeys(ASCII + VIETNAMESE)))
    kinds: tuple[Kind, ...] = ("scene", "receipt")
    for kind in kinds:
        recipe, lines = PageRecipe(fonts, Addresses(load_wards(None)), kind, seed=987_654), []
        for i in range(pages):
            row, data = recipe.job(i)
            Path(folder, f"{kind}{i}.jpg").write_bytes(data)
            lines.append(f"{kind}{i}.jpg\t{row['text']}\n")
        Path(folder, f"{kind}.txt").write_text("".join(lines), encoding="utf-8")
    return [str(folder / f"{kind}.txt") for kind in kinds]


def speed(file: Path, squares: list[str], rounds: int) -> None:
    peer, images = peer_of(squares), [read_image(p) for p in squares]
    for threads in (1, 2):
        cv2.setNumThreads(threads)
        detector = Detector(load_onnx(file, threads=threads))
        detector.preprocess = PagePreprocess.Config(longest=SIDE).build()
        detector.find(images[0])
        ours, theirs = [], []
        for _ in range(rounds):
            theirs.append(statistics.median(peer.ask(f"{threads} {SIDE}")["ms"]))
            ours.append(statistics.median(timed(detector, images)[0]))
        ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        print(f"{SIDE} x {SIDE}, {threads} thread{'s'[: threads > 1]}: {statistics.median(ours):.0f} ms an image, "
              f"rapidocr {statistics.median(theirs):.0f} ms: {ratio:.2f} times as fast ({rounds} rounds)")  # fmt: skip
    peer.close()


def quality(file: Path, name: str, pages: list) -> None:
    peer = peer_of([p.path for p in pages])
    answer = peer.ask("2 0")
    peer.close()
    detector = Detector(load_onnx(file, threads=2))
    times, found = timed(detector, [read_image(p.path) for p in pages])
    quads = [np.array(q, float).reshape(-1, 4, 2) for q in answer["quads"]]
    theirs = [Detection(i, q, np.ones(len(q))) for i, q in enumerate(quads)]
    for who, ms, what in (("chuviet", times, found), ("rapidocr", answer["ms"], theirs)):
        metric = DetectionMetric()
        metric.update(what, pages)
        m = metric.compute()
        print(f"{name}, {len(pages)} images, {who}: precision {m['precision']:.3f}, recall {m['recall']:.3f}, "
              f"hmean {m['hmean']:.3f}, {statistics.median(ms):.0f} ms an image")  # fmt: skip


def timed(detector: Detector, images: list[np.ndarray]) -> tuple[list[float], list[Detection]]:
    times, found = [], []
    for i, image in enumerate(images):
        start = time.perf_counter()
        found.append(detector.find(image, i))
        times.append(1e3 * (time.perf_counter() - start))
    return times, found


if __name__ == "__main__":
    main()
