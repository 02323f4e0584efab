from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chuviet.errors import InputError
from chuviet.reading.lines import LineReader
from chuviet.report.submission import find_weights, first_weights, read_folder

Save = Callable[..., Path]


def test_rows_ids_and_times(save: Save, pictures: list[Path], tmp_path: Path) -> None:
    reader = LineReader(save("a.safetensors"))
    out = read_folder(reader, tmp_path / "lines", progress=False)
    assert list(out.frame.columns) == ["id", "answer", "elapsed_time"]
    assert out.frame["id"].tolist() == ["0/0.png", "0/2.png", "0/4.png", "0/6.png", "1/1.png", "1/3.png", "1/5.png"]
    paths = [tmp_path / "lines" / i for i in out.frame["id"]]
    assert out.frame["answer"].tolist() == [p.text for p in reader.predict(paths)]
    assert (out.frame["elapsed_time"] > 0).all()
    assert 0 < out.latency()["p50"] <= out.latency()["p95"] <= out.latency()["max"]
    assert len(read_folder(reader, tmp_path / "lines", limit=2, progress=False).frame) == 2


def test_a_bad_image_costs_its_own_row_alone(save: Save, pictures: list[Path], tmp_path: Path) -> None:
    reader = LineReader(save("a.safetensors"))
    pictures[0].write_bytes(b"no image")
    out = read_folder(reader, tmp_path / "lines", progress=False)
    assert out.frame["answer"].iloc[0] == "" and all(out.frame["answer"].iloc[1:])
    assert "6 of 7 images read" in out.report() and "0.png: not an image" in out.report()


def test_no_images(save: Save, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no images"):
        read_folder(LineReader(save("a.safetensors")), tmp_path, progress=False)


def test_find_weights(tmp_path: Path) -> None:
    for name in ("fold1/w.safetensors", "fold0/w.safetensors"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    expected = [tmp_path / "fold0/w.safetensors", tmp_path / "fold1/w.safetensors"]
    assert find_weights("fold*/w.safetensors", tmp_path) == expected
    assert find_weights(f"{tmp_path}/fold*/w.safetensors") == expected
    assert find_weights("fold1/w.safetensors, fold*/w.safetensors", tmp_path) == expected[::-1]
    assert first_weights(["nothing*", "fold1/*"], tmp_path) == expected[1:]
    with pytest.raises(InputError, match="no weights found"):
        find_weights("none/*.safetensors", tmp_path)
    with pytest.raises(InputError, match="looked for a, b"):
        first_weights(["a", "b"], tmp_path)
