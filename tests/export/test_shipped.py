"""The shipped ONNX files give what PyTorch gives with the same weights."""

import os
from pathlib import Path

import numpy as np
import pytest

from chuviet.artifact.opening import open_artifact
from chuviet.export.lines import drawn_strings
from chuviet.inputs.images import list_images, read_image
from chuviet.pytorch.artifact import load_artifact
from chuviet.pytorch.network import as_artifact
from chuviet.reading.detector import Detector
from chuviet.reading.lines import LineReader

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CHUVIET_DATA", ROOT.parent / "shared" / "data"))
EXAMPLES = ROOT / "docs" / "examples"


def compared(name: str, images: list[np.ndarray]) -> None:
    """Reads, or finds text in, the images both ways."""
    path = ROOT / "weights" / f"{name}.onnx"
    both = as_artifact(load_artifact(path)), open_artifact(path)
    if both[0].charset is None:
        theirs, ours = ([d.quads for d in Detector(a).predict(images)] for a in both)
        assert all(len(a) == len(b) and np.abs(a - b).max(initial=0) < 0.5 for a, b in zip(theirs, ours, strict=True))
        return
    want, got = (LineReader(a).predict(images) for a in both)
    assert [(p.text, p.raw_text) for p in got] == [(p.text, p.raw_text) for p in want]
    assert [p.confidence for p in got] == pytest.approx([p.confidence for p in want], abs=1e-3)


SHIPPED = ["vi_text", "print_line", "scene_word", "micro_16", "page_det", "text_det", "text_det_db"]


@pytest.mark.parametrize("name", SHIPPED)
def test_drawn_images_give_the_same(name: str) -> None:
    lines = [read_image(p) for p in list_images(EXAMPLES / "lines")]
    compared(
        name, [read_image(EXAMPLES / "page.jpg")] if name.endswith(("_det", "_det_db")) else lines + drawn_strings(8)
    )


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "folder", "every"),
    [("vi_text", "vi_handwriting/images", 150), ("scene_word", "scene_words", 400), ("text_det", "sroie", 90)],
)
def test_real_images_give_the_same(name: str, folder: str, every: int) -> None:
    if not (DATA / folder).is_dir():
        pytest.skip(f"no {folder} in {DATA}")
    compared(name, [read_image(p) for p in list_images(DATA / folder)[::every]])
