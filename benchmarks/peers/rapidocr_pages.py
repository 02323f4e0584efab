"""rapidocr 3.10 as it comes, on whole pages, in an environment of its own: see benchmarks/pages_read.py.

stdin: a JSON object {"threads": n, "words": whether lines are cut to words, too}, then paths of pages. stdout: "ready",
then for each path a JSON object {"seconds": s, "lines": [[text, corners], ...], "words": [...]}.
"""

import contextlib
import json
import logging
import sys
import time

logging.disable(logging.CRITICAL)
from rapidocr import RapidOCR  # noqa: E402 - after its log is silenced

task = json.loads(sys.stdin.readline())
with contextlib.redirect_stdout(sys.stderr):
    engine = RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": task["threads"]})
print("ready", flush=True)
for path in sys.stdin:
    start = time.perf_counter()
    with contextlib.redirect_stdout(sys.stderr):
        found = engine(path.strip(), **({"return_word_box": True} if task["words"] else {}))
    seconds = time.perf_counter() - start
    lines, words = [], []
    if found.boxes is not None:
        lines = [[text, box.tolist()] for text, box in zip(found.txts, found.boxes, strict=True)]
    if lines and task["words"]:
        words = [[text, [[float(v) for v in p] for p in box]]
                 for line in found.word_results or () for text, _, box in line if box is not None]  # fmt: skip
    print(json.dumps({"seconds": seconds, "lines": lines, "words": words}), flush=True)
