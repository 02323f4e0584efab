"""The page reader of a checkout of chuviet, as benchmarks/pages_read.py asks it beside the others.

stdin: a JSON object {"threads": n, "weights": [detector, recogniser, ...] or []}, then paths of pages. stdout:
"ready", then for each path a JSON object {"seconds": s, "lines": [[text, corners], ...], "words": [...]}.
"""

import json
import sys
import time

from chuviet import Reader

task = json.loads(sys.stdin.readline())
detector, readers = task["weights"][:1], task["weights"][1:]
reader = Reader(*detector, **({"recognizer": readers} if readers else {}), threads=task["threads"])
print("ready", flush=True)
for path in sys.stdin:
    start = time.perf_counter()
    page = reader.read(path.strip())
    seconds = time.perf_counter() - start
    lines = [[line.text, line.corners.tolist()] for line in page.lines]
    words = [[word.text, word.corners.tolist()] for word in page.words]
    print(json.dumps({"seconds": seconds, "lines": lines, "words": words}), flush=True)
