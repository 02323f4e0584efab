"""Are drawn lines cheap? Lines a second on one core, ours beside TRDG's (trdg 1.8.0), same texts, fonts and height.

TRDG needs an old Pillow, so it gets an environment of its own (fetched by uv at the first run, kept in its cache).
Both draw in one process with one thread; the rounds alternate; start-up and font loading are left out by a warm-up.
Ours ends with JPEG bytes, TRDG's with a Pillow image: the comparison is a little in its favour. TRDG is measured plain
(upright text on white) and distorted (slant, blur, sine waves, noisy paper), which is nearer to what ours draws.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from chuviet.synth.corpus import Addresses, load_wards
from chuviet.synth.dataset import LineRecipe
from chuviet.synth.fonts import find_fonts
from chuviet.vocab import VIETNAMESE

PEER = [
    sys.executable, "-m", "uv", "run", "--no-project", "--quiet",
    "--python", f"{sys.version_info[0]}.{sys.version_info[1]}",
    "--with", "trdg==1.8.0", "--with", "arabic-reshaper==2.1.3", "--with", "setuptools<80", "--with", "pillow<10",
    "--with", "numpy<2", "--with", "opencv-python-headless<4.12",
    "python", str(Path(__file__).parent / "peers" / "trdg_lines.py"),
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=100, help="lines a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="%(default)s")
    parser.add_argument("--fonts", type=Path, default=Path("fonts"), help="%(default)s")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    fonts, said = find_fonts(args.fonts, VIETNAMESE)
    recipe = LineRecipe(Addresses(load_wards(None)), fonts, "address", VIETNAMESE, shortest=10)
    indices = range(args.lines)
    texts = [recipe.job(i)[0]["text"] for i in indices]  # warms up ours
    rng = np.random.default_rng(0)
    work = {"texts": texts, "fonts": [fonts[int(rng.integers(len(fonts)))].path for _ in texts]}
    peer = subprocess.Popen(PEER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert peer.stdin and peer.stdout
    peer.stdin.write(json.dumps(work) + "\n")
    peer.stdin.flush()
    if not any(line.strip() == "ready" for line in peer.stdout):  # TRDG says other things first
        sys.exit("TRDG could not be started: it needs uv and a network at the first run")
    speeds: dict[str, list[float]] = {"chuviet": [], "trdg plain": [], "trdg distorted": []}
    for _ in range(args.rounds):
        start = time.process_time()
        for i in indices:
            recipe.job(i)
        speeds["chuviet"].append(args.lines / (time.process_time() - start))
        for look in ("plain", "distorted"):
            peer.stdin.write(look + "\n")
            peer.stdin.flush()
            drawn, seconds = peer.stdout.readline().split()
            speeds[f"trdg {look}"].append(int(drawn) / float(seconds))
    peer.stdin.close()
    peer.wait()
    print(f"{said}; {args.lines} address lines of height 64, {args.rounds} alternating rounds, one core, CPU time")
    for name, values in speeds.items():
        ratio = statistics.median(a / b for a, b in zip(speeds["chuviet"], values, strict=True))
        spread = f"median; {min(values):.0f}-{max(values):.0f}"
        print(f"{name:15} {statistics.median(values):6.0f} lines/s ({spread}); chuviet is {ratio:.2f} times as fast")


if __name__ == "__main__":
    main()
