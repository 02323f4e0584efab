"""This checkout's line reader, beside others: see benchmarks/read.py, readers.py and, for the requests, answering.py.

The task may also hold "weights" and "decoder", as `LineReader` takes them. About: MB of the weights (without their
language model where the decoder is greedy), whether a language model was used, the fold that training left out (by the
notes in the file), SHA-256 of the file.
"""

import hashlib

from answering import answer, given

from chuviet.reading.lines import DEFAULT, LineReader

task = given()
decoder = task.get("decoder")
reader = LineReader(task.get("weights") or DEFAULT, decoder=decoder, threads=task["threads"])
artifact = reader.artifacts[0]
model = artifact.lm
spared = sum(a.nbytes for a in model.to_tensors().values()) if model and decoder == "greedy" else 0
about = {
    "mb": (artifact.size - spared) / 1e6,
    "language_model": model is not None and decoder != "greedy",
    "left_out": artifact.notes.get("fold"),
    "sha256": hashlib.sha256(artifact.path.read_bytes()).hexdigest(),
}
answer(task, lambda paths: [p.text for p in reader.predict(list(paths))], about)
