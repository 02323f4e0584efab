"""vietocr's `vgg_transformer` on line crops, in an environment of its own: see benchmarks/readers.py and answering.py.

Its settings and weights are downloaded when it starts. It was never run where these can be had: correct this script
where it fails there.
"""

import tempfile
from importlib.metadata import version
from pathlib import Path

import torch
from answering import answer, given, weights_from
from PIL import Image
from vietocr.tool.config import Cfg
from vietocr.tool.predictor import Predictor

task = given()
torch.set_num_threads(task["threads"])
with weights_from("vocr.vn"):
    config = Cfg.load_config_from_name("vgg_transformer")
    config["device"] = "cpu"
    reader = Predictor(config)
weights = Path(tempfile.gettempdir(), config["weights"].rpartition("/")[2])
answer(
    task,
    lambda paths: [reader.predict(Image.open(p).convert("RGB")) for p in paths],
    {"version": version("vietocr"), "mb": weights.stat().st_size / 1e6},
)
