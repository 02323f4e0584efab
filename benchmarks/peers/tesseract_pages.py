"""Tesseract as it comes, on whole pages: a process a page, as its command is used; see benchmarks/pages_read.py.

stdin: a JSON object {"threads": n, "language": "vie"}, then paths of pages. stdout: "ready", then for each path a JSON
object {"seconds": s, "lines": [[text, corners], ...], "words": [...]}.
"""

import csv
import json
import os
import subprocess
import sys
import time

task = json.loads(sys.stdin.readline())
environment = os.environ | {"OMP_THREAD_LIMIT": str(task["threads"])}
print("ready", flush=True)
for path in sys.stdin:
    command = ["tesseract", path.strip(), "-", "-l", task["language"], "tsv"]
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    seconds = time.perf_counter() - start
    words, lines = [], {}
    for row in csv.DictReader(done.stdout.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] != "5" or not row["text"].strip():
            continue
        left, top, width, height = (int(row[k]) for k in ("left", "top", "width", "height"))
        words.append((row["text"], (left, top, left + width, top + height)))
        lines.setdefault(tuple(row[k] for k in ("block_num", "par_num", "line_num")), []).append(words[-1])
    corners = [(0, 1), (2, 1), (2, 3), (0, 3)]
    answer = {"seconds": seconds, "lines": [], "words": [[t, [[b[x], b[y]] for x, y in corners]] for t, b in words]}
    for parts in lines.values():
        boxes = list(zip(*(b for _, b in parts), strict=True))
        around = (min(boxes[0]), min(boxes[1]), max(boxes[2]), max(boxes[3]))
        answer["lines"].append([" ".join(t for t, _ in parts), [[around[x], around[y]] for x, y in corners]])
    print(json.dumps(answer), flush=True)
