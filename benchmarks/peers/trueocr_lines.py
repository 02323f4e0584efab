"""The recogniser of trueocr on line crops, in an environment of its own: see benchmarks/readers.py and answering.py."""

from importlib.metadata import version

from answering import answer, given
from trueocr import load_model

task = given()
reader = load_model(mode="line", threads=task["threads"])
size = (reader.model_dir / "rec.onnx").stat().st_size
answer(
    task,
    lambda paths: [reader.predict(p, mode="line").text for p in paths],
    {"version": version("trueocr"), "mb": size / 1e6},
)
