"""asterocr on line crops, in an environment of its own: see benchmarks/readers.py and answering.py."""

from importlib.metadata import version
from pathlib import Path

import onnxruntime
from answering import answer, given
from asterocr import AsterOCR

task = given()
reader = AsterOCR(enable_telemetry=False)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = task["threads"]  # the package takes all cores and has no option
reader.session = onnxruntime.InferenceSession(reader.model_path, options, providers=["CPUExecutionProvider"])
answer(
    task,
    lambda paths: [reader.predict(p) for p in paths],
    {"version": version("asterocr"), "mb": Path(reader.model_path).stat().st_size / 1e6},
)
