"""The recogniser of rapidocr 3.10 on line crops, in an environment of its own: see benchmarks/read.py.

stdin: a JSON object {"paths": [...], "threads": n}, then lines such as "one 0 40" or "all 0 549": the paths 0 to 39, 0
to 548. stdout: "ready", then a JSON object {"ms": [...], "texts": [...]} for each.
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
    engine(task["paths"][0], use_det=False, use_cls=False, use_rec=True)
print("ready", flush=True)
for command in sys.stdin:
    _, start, end = command.split()
    times, texts = [], []
    for path in task["paths"][int(start) : int(end)]:
        began = time.perf_counter()
        read = engine(path, use_det=False, use_cls=False, use_rec=True)
        times.append(1e3 * (time.perf_counter() - began))
        texts.append(" ".join(read.txts or ()))
    print(json.dumps({"ms": times, "texts": texts}), flush=True)
