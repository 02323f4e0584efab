"""The front door: what `import chuviet` costs, what it offers, and reading every kind of source through it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import chuviet
from chuviet import front
from chuviet.artifact.metadata import Artifact
from chuviet.artifact.network import FrameNetwork
from chuviet.decode.ctc import CTCGreedy
from chuviet.preprocess.line import LinePreprocess
from chuviet.vocab import BLANK, Charset

Make = Callable[[Path], Any]


def test_importing_it_imports_nothing_else_of_ours_and_none_of_the_libraries() -> None:
    code = """
import sys
import chuviet
dir(chuviet), chuviet.__version__
print(sorted(m for m in sys.modules if m.split(".")[0] in ("numpy", "cv2", "onnxruntime", "torch", "PIL", "tqdm")))
print(sorted(m for m in sys.modules if m.startswith("chuviet")))
from chuviet import InputError, Page
print(sorted(m for m in sys.modules if m.split(".")[0] in ("cv2", "onnxruntime", "torch")))
import chuviet.cli
chuviet.cli.parser()
print(sorted(m for m in sys.modules if m.split(".")[0] in ("cv2", "onnxruntime", "torch")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['chuviet']", "[]", "[]"]


def test_every_name_is_there() -> None:
    assert set(chuviet.__all__) == set(chuviet._PLACES) <= set(dir(chuviet))
    for name in chuviet.__all__:
        found = getattr(chuviet, name)
        assert callable(found) and found.__name__ == name and found.__doc__
    everything: dict[str, Any] = {}
    exec("from chuviet import *", everything)
    assert set(chuviet.__all__) <= set(everything)
    with pytest.raises(AttributeError, match="module 'chuviet' has no attribute 'raed'"):
        chuviet.raed  # noqa: B018


@pytest.fixture
def picture() -> np.ndarray:
    """Black and white: the same in every type. Two dark bars with light strokes in them, one word each."""
    image = np.full((60, 400), 255, np.uint8)
    for left in (20, 220):
        image[15:45, left : left + 150] = 0
        image[20:40:4, left + 10 : left + 140 : 13] = 255
    return image


def saved(values: np.ndarray, path: Path) -> Path:
    Image.fromarray(values).save(path)
    return path


#: Every kind of source that one image may be, made from H W uint8 of 0 and 255 and a path to write to.
ONE: dict[str, Callable[[np.ndarray, Path], Any]] = {
    "path as text": lambda a, p: str(saved(a, p)),
    "path": saved,
    "bytes": lambda a, p: saved(a, p).read_bytes(),
    "bytearray": lambda a, p: bytearray(saved(a, p).read_bytes()),
    "memoryview": lambda a, p: memoryview(saved(a, p).read_bytes()),
    "file in memory": lambda a, p: io.BytesIO(saved(a, p).read_bytes()),
    "open file": lambda a, p: saved(a, p).open("rb"),
    "PIL grey": lambda a, p: Image.fromarray(a),
    "PIL RGB": lambda a, p: Image.fromarray(a).convert("RGB"),
    "PIL RGBA": lambda a, p: Image.fromarray(a).convert("RGBA"),
    "PIL black and white": lambda a, p: Image.fromarray(a).convert("1"),
    "PIL palette": lambda a, p: Image.fromarray(a).convert("P"),
    "H W": lambda a, p: a,
    "H W 1": lambda a, p: a[:, :, None],
    "H W 3": lambda a, p: np.repeat(a[:, :, None], 3, 2),
    "H W 4": lambda a, p: np.dstack([a, a, a, np.full_like(a, 255)]),
    "ink alone, transparent": lambda a, p: np.dstack([0 * a, 0 * a, 0 * a, 255 - a]),
    "bool": lambda a, p: a > 0,
    "uint16": lambda a, p: a.astype(np.uint16) * 257,
    "int64": lambda a, p: a.astype(np.int64),
    "float32 to 1": lambda a, p: (a / 255).astype(np.float32),
    "float64 to 255": lambda a, p: a.astype(np.float64),
    "not contiguous": lambda a, p: np.repeat(a[:, ::-1, None], 3, 2)[:, ::-1],
}


@pytest.mark.parametrize("kind", ONE)
def test_every_kind_of_source_reads_alike(kind: str, picture: np.ndarray, small_onnx: Any, tmp_path: Path) -> None:
    line, finder = chuviet.LineReader(small_onnx.line), chuviet.Detector(small_onnx.detector)
    pages = chuviet.Reader(finder, small_onnx.word, min_score=0)
    make, path = ONE[kind], tmp_path / "line.png"
    want = line.read(np.repeat(picture[:, :, None], 3, 2))
    got = line.read(make(picture, path))
    assert want.text and (got.text, got.confidence) == (want.text, want.confidence)
    assert got.corners.tolist() == [[0, 0], [399, 0], [399, 59], [0, 59]]
    (found,) = finder.predict(make(picture, path))
    assert len(found.quads) == 2 and found.index == 0
    page = pages.read(make(picture, path))
    assert (page.width, page.height, len(page)) == (400, 60, 2)
    assert page.name == (str(path) if kind.startswith("path") else "image 1")
    assert [str(each) for each in page] == [str(each) for each in pages.read(picture)]


def several(folder: Path, images: list[np.ndarray]) -> dict[str, Any]:
    """The same images in their order, in everything that holds several."""
    paths = [saved(image, folder / "all" / f"{i}.png") for i, image in enumerate(images)]
    tiff = folder / "all.tiff"
    pictures = [Image.fromarray(image) for image in images]
    pictures[0].save(tiff, save_all=True, append_images=pictures[1:])
    (folder / "all.csv").write_text("img_path\n" + "".join(f"all/{p.name}\n" for p in paths))

    def one_by_one() -> Iterator[Any]:
        yield from images

    return {
        "list of paths": paths, "tuple of texts": tuple(str(p) for p in paths), "list of arrays": images,
        "mixed list": [paths[0], images[1], pictures[2].convert("RGB")], "generator": one_by_one(),
        "iterator of files": iter([io.BytesIO(p.read_bytes()) for p in paths]), "folder": folder / "all",
        "folder as text": str(folder / "all"), "pattern": str(folder / "all" / "*.png"), "TIFF": tiff,
        "CSV": folder / "all.csv",
    }  # fmt: skip


def test_several_images_give_a_list_in_their_order(picture: np.ndarray, small_onnx: Any, tmp_path: Path) -> None:
    line, finder = chuviet.LineReader(small_onnx.line), chuviet.Detector(small_onnx.detector)
    pages = chuviet.Reader(finder, small_onnx.word, min_score=0)
    images = [picture, picture[:, :200], np.ascontiguousarray(picture[:, ::-1])]
    want = [line.read(image).text for image in images]
    assert len(set(want)) == 3
    (tmp_path / "all").mkdir()
    for name, source in several(tmp_path, images).items():
        lines = line.read(source)
        assert isinstance(lines, list) and [str(each) for each in lines] == want, name
    for name, source in several(tmp_path, images).items():
        assert [p.text for p in line.predict(source)] == want, name
    for name, source in several(tmp_path, images).items():
        found = finder.predict(source)
        assert [(d.index, len(d.quads)) for d in found] == [(0, 2), (1, 1), (2, 2)], name
    for name, source in several(tmp_path, images).items():
        read = pages.read(source)
        assert isinstance(read, list) and [len(page) for page in read] == [2, 1, 2], name
        assert len({page.name for page in read}) == 3
    assert isinstance(line.read([picture]), list) and line.read([]) == []
    for nothing in ({"a": picture}, 5, None, np.zeros((2, 2, 7)), "no such file", b"no image"):
        for read_it in (line.read, line.predict, finder.predict, pages.read):
            with pytest.raises(chuviet.InputError) as error:
                read_it(nothing)
            assert "\n" not in str(error.value)


@pytest.fixture
def shipped(small_onnx: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder whose weights/ has small files under the names of the shipped ones."""
    (tmp_path / "weights").mkdir()
    for name, file in (("vi_text", "line"), ("scene_word", "word"), ("page_det", "detector")):
        (tmp_path / "weights" / f"{name}.onnx").symlink_to(getattr(small_onnx, file))
    monkeypatch.chdir(tmp_path)
    front._shipped.cache_clear()
    yield
    front._shipped.cache_clear()


@pytest.mark.usefixtures("shipped")
def test_reading_without_naming_any_weights(picture: np.ndarray) -> None:
    page = chuviet.read(picture)
    named = chuviet.Reader("page_det", ("vi_text", "scene_word")).read(picture)
    assert isinstance(page, chuviet.Page) and page.text == named.text != ""
    assert [line.confidence for line in page] == [line.confidence for line in named]
    assert [p.text for p in chuviet.read([picture, picture])] == [page.text] * 2
    assert len(chuviet.read(picture, min_score=1.0)) == 0
    assert front._shipped.cache_info().misses == 1  # loaded once, whatever `min_score` is
    assert chuviet.LineReader().read(picture).text == chuviet.LineReader("vi_text").read(picture).text
    assert isinstance(chuviet.load("page_det"), chuviet.Detector)
    assert isinstance(chuviet.load(Path("weights/vi_text.onnx")), chuviet.LineReader)
    with pytest.raises(chuviet.InputError, match="vi_lime: no such file"):
        chuviet.load("vi_lime")


def test_what_was_read_becomes_json(picture: np.ndarray, small_onnx: Any) -> None:
    page = chuviet.Reader(small_onnx.detector, small_onnx.word, min_score=0).read(picture)
    back = json.loads(json.dumps(page.as_dict(), ensure_ascii=False))
    assert (back["name"], back["width"], back["height"], len(back["lines"])) == ("image 1", 400, 60, 2)
    for line, row in zip(page, back["lines"], strict=True):
        assert (row["text"], row["raw_text"]) == (line.text, line.raw_text) and 0 <= row["confidence"] <= 1
        assert np.abs(np.array(row["points"]) - line.corners).max() <= 0.05
        assert " ".join(w["text"] for w in row["words"]) == " ".join(line.text.split())
    assert len(page.words) == sum(len(line.words) for line in page)
    assert page.lines[0] != page.lines[1] and hash(page.lines[0])  # by identity: corners are arrays


def test_what_was_read_becomes_files(picture: np.ndarray, small_onnx: Any, tmp_path: Path) -> None:
    reader = chuviet.Reader(small_onnx.detector, small_onnx.word, min_score=0)
    paths = [saved(np.roll(picture, 10 * k, 1), tmp_path / f"{k}.png") for k in range(3)]
    pages = reader.read(paths)
    chuviet.write(pages[0], tmp_path / "new" / "a.txt")
    assert (tmp_path / "new" / "a.txt").read_text(encoding="utf-8") == pages[0].text + "\n"
    chuviet.write(pages, str(tmp_path / "a.txt"), "json")
    assert len(json.loads((tmp_path / "a.txt").read_text(encoding="utf-8"))["pages"]) == 3
    chuviet.write((page for page in pages), tmp_path / "a.txt")  # replaces it, page by page
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "\n\f".join(p.text for p in pages) + "\n"
    chuviet.write(pages, tmp_path / "a.pdf")  # the names of the pages are paths
    chuviet.write(reader.pages(iter(paths)), tmp_path / "b.pdf", images=paths)
    named = (tmp_path / "a.pdf").read_bytes()
    assert named.count(b"/Type /Page ") == 3 and named == (tmp_path / "b.pdf").read_bytes()
    left = sorted(p.name for p in tmp_path.iterdir())
    for wrong, message in (
        ((pages, tmp_path / "a.docx"), "path .*: what format is that"),
        ((pages, tmp_path / "c.txt", "docx"), "format 'docx': one of txt"),
        (([], tmp_path / "c.txt"), "there are no pages to write"),
        ((pages, tmp_path / "c.page.xml"), "holds one page"),
        ((reader.read(picture), tmp_path / "c.pdf"), "no image called image 1; give the images"),
    ):
        with pytest.raises(chuviet.InputError, match=message):
            chuviet.write(*wrong)
    for images, message in (
        (paths[:2], "fewer images than pages"),
        ([picture[:, :99]] * 3, "99 x 60 px, but the page"),
    ):
        with pytest.raises(chuviet.InputError, match=message):
            chuviet.write(pages, tmp_path / "c.pdf", images=images)
    with pytest.raises(chuviet.InputError, match="would be overwritten"):
        chuviet.write(pages[0], paths[0], "pdf")
    assert sorted(p.name for p in tmp_path.iterdir()) == left


class Known(FrameNetwork):
    """Frames that say `text` with each character in the frames that `spans` names, with the probability 0.9."""

    def __init__(self, text: str, spans: list[tuple[int, int]], frames: int, charset: Charset) -> None:
        classes = np.full(frames, BLANK)
        for c, (first, last) in zip(text, spans, strict=True):
            classes[first : last + 1] = charset.encode_exact(c)[0] + 1
        probs = np.full((frames, len(charset) + 1), 0.1 / len(charset))
        probs[np.arange(frames), classes] = 0.9
        self.log_probs = np.log(probs).astype(np.float32)

    def frames(self, images: np.ndarray, widths: np.ndarray, one_thread: bool = False) -> list[np.ndarray]:
        return [self.log_probs for _ in widths]


def reader_of(network: FrameNetwork, charset: Charset) -> chuviet.LineReader:
    artifact = Artifact(
        Path("known.onnx"), network, {"type": "line_ctc"}, LinePreprocess.Config(height=16), CTCGreedy.Config(),
        charset, {}, {}, "", "fp32", 0,
    )  # fmt: skip
    return chuviet.LineReader(artifact)


def test_words_of_a_line_lie_where_their_frames_are(scribbles: Callable[..., list[np.ndarray]]) -> None:
    """A line 200 px wide in 20 frames of 10 px: "ab" in the frames 2 to 6, the space in 7 to 9, "a" in 12."""
    charset = Charset("ab ")
    reader = reader_of(Known("ab a", [(2, 3), (5, 6), (7, 9), (12, 12)], 20, charset), charset)
    (image,) = scribbles((200,))
    line = reader.read(image)
    assert line.text == line.raw_text == "ab a" and line.confidence == pytest.approx(0.9, abs=1e-3)
    first, second = line.words
    assert (first.text, second.text) == ("ab", "a")
    # A word lies between the spaces beside it, or the ends of the line.
    assert first.corners == pytest.approx(np.array([(0, 0), (69.65, 0), (69.65, 31), (0, 31)]))
    assert second.corners == pytest.approx(np.array([(99.5, 0), (199, 0), (199, 31), (99.5, 31)]))
    assert first.confidence == pytest.approx(0.9, abs=1e-3) == second.confidence
    assert json.loads(json.dumps(line.as_dict()))["words"][1]["points"][0] == [99.5, 0.0]
    single = reader_of(Known("ba", [(3, 3), (8, 8)], 20, charset), charset).read(image)
    assert [w.text for w in single.words] == ["ba"] and np.array_equal(single.words[0].corners, single.corners)
    assert reader_of(Known("", [], 20, charset), charset).read(image).words == ()


def test_one_reader_serves_many_threads(
    scribbles: Callable[..., list[np.ndarray]], picture: np.ndarray, small_onnx: Any
) -> None:
    images = scribbles((40, 70, 100, 130, 160, 190, 220, 250)) * 3
    line = chuviet.LineReader(small_onnx.line, threads=1)
    pages = chuviet.Reader(chuviet.Detector(small_onnx.detector, threads=1), small_onnx.word, min_score=0)
    views = [np.roll(picture, k, 1) for k in range(8)]
    want, texts = [line.read(image).text for image in images], [pages.read(view).text for view in views]
    assert len(set(want)) == 8
    with ThreadPoolExecutor(8) as pool:
        assert [each.text for each in pool.map(line.read, images)] == want
        assert [p.text for batch in pool.map(line.predict, [images] * 8) for p in batch] == want * 8
        assert [page.text for page in pool.map(pages.read, views)] == texts


@pytest.mark.parametrize("file", ["line", "word"])
def test_what_is_read_does_not_depend_on_the_batch(
    file: str, scribbles: Callable[..., list[np.ndarray]], small_onnx: Any
) -> None:
    reader = chuviet.LineReader(getattr(small_onnx, file))
    images = scribbles((40, 300, 64, 90, 500, 48, 72, 120, 36, 88, 610))
    alone = [reader.read(image) for image in images]
    assert len({line.text for line in alone}) > 6
    for batch in (1, 3, 4, 100):
        together = reader.read(images, batch_size=batch)
        assert [line.text for line in together] == [line.text for line in alone]
        assert [line.confidence for line in together] == pytest.approx([line.confidence for line in alone], abs=1e-4)
        places = [[w.corners.tolist() for w in line.words] for line in together]
        assert places == [[w.corners.tolist() for w in line.words] for line in alone]
