"""Detectors as ONNX files: what a slim and an exported one find, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chuviet.artifact.network import MapNetwork
from chuviet.errors import InputError
from chuviet.export import detector as module
from chuviet.export.detector import export_detector
from chuviet.export.verdict import Refused
from chuviet.labels import LabelledPage
from chuviet.pytorch.artifact import load_artifact
from chuviet.pytorch.network import TorchMaps
from chuviet.reading.detector import Detector

WordsPage = tuple[Path, np.ndarray]


def test_a_slim_model_and_its_onnx_file_find_what_the_whole_one_finds(
    detector_file: Path, words_page: WordsPage, tmp_path: Path
) -> None:
    path, _ = words_page
    done = export_detector(load_artifact(detector_file), tmp_path / "det.onnx")
    assert done.different == 0 and done.pages == 4 and done.hmean == {}
    slim, exported = (Detector(p) for p in (detector_file, tmp_path / "det.onnx"))
    files = [d.predict([path])[0] for d in (slim, exported)]
    assert len(files[0].quads) == len(files[1].quads) > 0
    assert np.abs(files[0].quads - files[1].quads).max() < 1
    pixels, _ = slim.prepare(np.asarray(Image.open(path)))
    whole = TorchMaps(load_artifact(detector_file).model).maps(pixels)
    assert whole.shape[1] == 2
    for network in (slim.network, exported.network):
        assert isinstance(network, MapNetwork)
        assert np.allclose(network.maps(pixels), whole[:, :1], atol=1e-3)


def test_int8_needs_labels_and_is_judged_by_hmean(
    detector_file: Path, words_page: WordsPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, (path, quads) = load_artifact(detector_file), words_page
    with pytest.raises(InputError, match="give labelled ones with --check"):
        export_detector(saved, tmp_path / "x.onnx", "int8")
    page = LabelledPage(None, quads, list("abcd"), np.zeros(4, bool), str(path))
    done = export_detector(saved, tmp_path / "x.onnx", "int8", [page] * 5, tolerance=1.0)
    assert (done.calibrated, done.pages) == (1, 4) and done.size > 0
    assert list(done.hmean) == list(done.milliseconds) == ["PyTorch fp32", "ONNX fp32", "ONNX int8"]
    with pytest.raises(InputError, match="not judged on what it is calibrated on"):
        export_detector(saved, tmp_path / "x.onnx", "int8", [page])
    values = iter((0.9, 0.8, 0.5))
    monkeypatch.setattr(module, "_hmean", lambda found, pages: next(values))
    image = np.asarray(Image.open(path))
    with pytest.raises(Refused, match=r"hmean falls from 0\.9000 to 0\.5000") as refused:
        export_detector(saved, tmp_path / "y.onnx", "int8", [page], calibrate=[image])
    assert refused.value.report.hmean["ONNX fp32"] == 0.8
    assert not (tmp_path / "y.onnx").exists()
