"""Are drawn pages cheap? Words a second on one core, ours on whole scenes beside SynthTIGER's word crops (1.2.1).

SynthTIGER (https://arxiv.org/abs/2107.09313) needs NumPy 1 and an old Pillow, so it gets an environment of its own
(fetched by uv at the first run, kept in its cache). Both draw in one process with one thread; the rounds alternate,
every round draws pages that no round drew before, and start-up is left out by a warm-up. The peer draws every n-th word
of our pages, in a font that has its characters and a size from the same distribution.

The comparison is in SynthTIGER's favour: a page of ours has 960 x 640 pixels of background, is photographed and ends as
JPEG bytes with a quad for each word; a crop of its is as small as the word, and is counted before any encoding. What
its own example does besides is left out: the check that the text can be seen, the second text behind, letters' boxes.
Its photographs are replaced by 320 x 240 drawn ones (it reads one from disk for half of the layers), its colours by a
short list.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from chuviet.synth.corpus import Addresses, load_wards
from chuviet.synth.fonts import Font, find_fonts
from chuviet.synth.pages import PageRecipe
from chuviet.synth.scenery import scenery
from chuviet.vocab import ASCII, VIETNAMESE

PEER = [
    sys.executable, "-m", "uv", "run", "--no-project", "--quiet",
    "--python", f"{sys.version_info[0]}.{sys.version_info[1]}",
    "--with", "synthtiger==1.2.1", "--with", "numpy<2", "--with", "pillow<10", "--with", "opencv-python<4.12",
    "--with", "scipy<1.16", "--with", "scikit-image<0.26",
    "python", str(Path(__file__).parent / "peers" / "synthtiger_words.py"),
]  # fmt: skip
#: Grey levels with their standard deviations: text and ground, or text, ground and border.
COLOURS = "40 12 200 20\n90 15 180 15\n20 8 120 25\n60 20 240 8\n40 12 200 20 120 30\n20 8 150 20 240 8\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40, help="pages a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="%(default)s")
    parser.add_argument("--every", type=int, default=4, help="the peer draws one of so many words (%(default)s)")
    parser.add_argument("--fonts", type=Path, default=Path("fonts_printed"), help="%(default)s")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    fonts, said = find_fonts(args.fonts, "".join(dict.fromkeys(ASCII + VIETNAMESE)))
    recipe = PageRecipe(fonts, Addresses(load_wards(None)))
    rng = np.random.default_rng(0)
    speeds: dict[str, list[float]] = {"chuviet": [], "synthtiger": []}
    words = 0
    with tempfile.TemporaryDirectory() as folder:
        peer = started(folder, rng)
        assert peer.stdin and peer.stdout
        for k in range(args.rounds + 1):
            start = time.process_time()
            rows = [recipe.job(i)[0]["text"] for i in range(k * args.pages, (k + 1) * args.pages)]
            ours = time.process_time() - start
            texts = [word["transcription"] for row in rows for word in json.loads(row)]
            peer.stdin.write(json.dumps([task(t, fonts, rng) for t in texts[:: args.every]]) + "\n")
            peer.stdin.flush()
            drawn, seconds = peer.stdout.readline().split()
            if k:  # the first round warms both up
                speeds["chuviet"].append(len(texts) / ours)
                speeds["synthtiger"].append(int(drawn) / float(seconds))
                words += len(texts)
        peer.stdin.close()
        peer.wait()
    print(f"{said}; {args.rounds} alternating rounds of {args.pages} scenes of 960 x 640, one core, CPU time")
    print(f"{words} words ({words / args.pages / args.rounds:.1f} a page); load {os.getloadavg()[0]:.1f}")
    for name, values in speeds.items():
        print(f"{name:10} {statistics.median(values):6.1f} words/s (median; {min(values):.1f}-{max(values):.1f})")
    ratio = statistics.median(speeds["chuviet"]) / statistics.median(speeds["synthtiger"])
    print(f"chuviet is {ratio:.2f} times as fast (ratio of the medians)")


def started(folder: str, rng: np.random.Generator) -> subprocess.Popen[str]:
    """The peer's process, with 20 textures and the colours in the folder."""
    for i in range(20):
        cv2.imwrite(str(Path(folder, f"{i}.jpg")), scenery(240, 320, rng).clip(0, 255).astype(np.uint8))
    Path(folder, "colours.txt").write_text(COLOURS, encoding="utf-8")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    peer = subprocess.Popen([*PEER, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert peer.stdout
    if not any(line.strip() == "ready" for line in peer.stdout):  # its packages may say other things first
        sys.exit("SynthTIGER could not be started: it needs uv and a network at the first run")
    return peer


def task(text: str, fonts: list[Font], rng: np.random.Generator) -> tuple[str, str, int]:
    """The word, a font that can write it, and a size in pixels as `PageRecipe` draws it."""
    able = [font.path for font in fonts if font.can_write(text)]
    return text, able[int(rng.integers(len(able)))], int(np.exp(rng.uniform(np.log(9), np.log(90))))


if __name__ == "__main__":
    main()
