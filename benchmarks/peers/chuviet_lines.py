"""This checkout's line reader, as benchmarks/read.py asks it beside the others.

stdin: a JSON object {"paths": [...], "threads": n}, then lines such as "one 0 40" (the paths 0 to 39, each alone) or
"all 0 549" (together, as a folder is read). stdout: "ready", then a JSON object {"ms": [...], "texts": [...]} for each.
"""

import json
import sys
import time

from chuviet.reading.lines import LineReader

task = json.loads(sys.stdin.readline())
reader = LineReader(threads=task["threads"])
reader.predict(task["paths"][:1])
print("ready", flush=True)
for command in sys.stdin:
    how, start, end = command.split()
    paths = task["paths"][int(start) : int(end)]
    groups = [[p] for p in paths] if how == "one" else [paths]
    times, texts = [], []
    for group in groups:
        began = time.perf_counter()
        texts += [p.text for p in reader.predict(group)]
        times.append(1e3 * (time.perf_counter() - began) / len(group))
    print(json.dumps({"ms": times, "texts": texts}), flush=True)
