"""The other side of benchmarks/synth.py: draws the given texts with TRDG; prints CPU seconds a round.

stdin: one JSON line {"texts": [...], "fonts": [...]}, then "plain" or "distorted" for every round; stdout: lines drawn
and CPU seconds. Of the distorted ones it draws a tenth.
"""

import json
import sys
import time

from trdg.generators import GeneratorFromStrings

LOOKS: dict[str, dict[str, object]] = {
    "plain": {"background_type": 1},
    "distorted": {
        "background_type": 0, "skewing_angle": 2, "random_skew": True, "blur": 1, "random_blur": True,
        "distorsion_type": 1,
    },
}  # fmt: skip


def draw(texts: list[str], fonts: list[str], look: str) -> int:
    for text, font in zip(texts, fonts, strict=True):
        next(GeneratorFromStrings([text], count=1, fonts=[font], size=64, text_color="#202060", **LOOKS[look]))
    return len(texts)


work = json.loads(sys.stdin.readline())
every = {"plain": 1, "distorted": 10}
draw(work["texts"][:20], work["fonts"][:20], "plain")
print("ready", flush=True)
for request in sys.stdin:
    name = request.strip()
    start = time.process_time()
    drawn = draw(work["texts"][:: every[name]], work["fonts"][:: every[name]], name)
    print(drawn, time.process_time() - start, flush=True)
