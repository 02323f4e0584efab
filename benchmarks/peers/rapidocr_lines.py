"""The recogniser of rapidocr 3.10 on line crops, in an environment of its own: see benchmarks/read.py, readers.py and,
for the requests, answering.py.

The task may name a "language": "latin" is PP-OCRv5's model for Latin letters, which the package downloads. Without one
it is the model in the package, PP-OCRv6 small, whose characters are Chinese and Latin but no Vietnamese vowel with a
tone.
"""

import logging
from importlib.metadata import version
from pathlib import Path

from answering import answer, given, weights_from

logging.disable(logging.CRITICAL)
import rapidocr  # noqa: E402 - after its log is silenced
from rapidocr.utils.download_file import DownloadFileException  # noqa: E402

task = given()
params = {"EngineConfig.onnxruntime.intra_op_num_threads": task["threads"]}
file = "PP-OCRv6_rec_small.onnx"
if task.get("language") == "latin":
    file = "latin_PP-OCRv5_rec_mobile.onnx"
    params |= {
        "Rec.lang_type": rapidocr.LangRec.LATIN, "Rec.ocr_version": rapidocr.OCRVersion.PPOCRV5,
        "Rec.model_type": rapidocr.ModelType.MOBILE,
    }  # fmt: skip


def read(path: str) -> str:
    return " ".join(engine(path, use_det=False, use_cls=False, use_rec=True).txts or ())


with weights_from("modelscope.cn", DownloadFileException):
    engine = rapidocr.RapidOCR(params=params)
    read(task["paths"][0])  # the download, if there is one
size = (Path(rapidocr.__file__).parent / "models" / file).stat().st_size
answer(task, lambda paths: [read(p) for p in paths], {"version": version("rapidocr"), "mb": size / 1e6})
