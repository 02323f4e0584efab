"""The line reader of chuviet 0.1 (955d130), in that checkout's own environment: see benchmarks/read.py and
answering.py.
"""

import torch
from answering import answer, given
from chuviet.ship.inference import find_weights, load

task = given()
torch.set_num_threads(task["threads"])
reader = load(find_weights("vi_line"))
answer(task, lambda paths: [p.text for p in reader.predict(list(paths))])
