"""Label files of text detection: hand-made files of every format, round trips, and one line for every mistake."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import loadmat, savemat

from chuviet.data.formats.lpcv import lpcv_line
from chuviet.data.pages import FORMATS, format_of, read_pages, write_pages
from chuviet.errors import InputError
from chuviet.labels import LabelledPage

DATA = Path(os.environ.get("CHUVIET_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
A = [[10, 10], [60, 12], [60, 30], [10, 28]]
B = [[5.25, 40], [70, 35], [71, 50], [6, 55.5]]


def image(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (100, 80)).save(path)
    return path


def cell(*values: object) -> np.ndarray:
    out = np.empty((1, len(values)), object)
    for i, value in enumerate(values):
        out[0, i] = value
    return out


def test_tsv(tmp_path: Path) -> None:
    image(tmp_path / "set" / "a.jpg"), image(tmp_path / "set" / "b.jpg")
    regions = [
        {"transcription": "Hà Nội, [1]", "points": A}, {"transcription": "*", "points": B}, {"points": A},
        {"transcription": "round", "points": [[10, 20], [30, 10], [50, 10], [50, 30], [10, 30], [10, 10]]},
        {"transcription": "blurred", "points": A, "difficult": True},
    ]  # fmt: skip
    text = f"set/a.jpg\t{json.dumps(regions)}\r\n\r\nset/b.jpg\t[]\n"
    (tmp_path / "labels.txt").write_bytes(b"\xef\xbb\xbf" + text.encode())
    page, empty = read_pages(tmp_path / "labels.txt", source="shop")
    assert page.image is None and page.path == str(tmp_path / "set" / "a.jpg") and page.source == "shop"
    assert page.texts == ["Hà Nội, [1]", "###", "", "round", "###"]
    assert page.ignore.tolist() == [False, True, False, False, True] and page.ignore.dtype == bool
    assert page.quads.shape == (5, 4, 2) and page.quads.dtype == np.float64
    assert page.quads[0].tolist() == A and page.quads[1].tolist() == B
    np.testing.assert_allclose(page.quads[3], [[10, 10], [50, 10], [50, 30], [10, 30]], atol=1e-4)
    assert empty.quads.shape == (0, 4, 2) and empty.texts == [] and empty.ignore.shape == (0,)
    (tmp_path / "other").mkdir()
    (tmp_path / "labels.txt").rename(tmp_path / "other" / "labels.txt")
    assert read_pages(tmp_path / "other" / "labels.txt", images=tmp_path)[0].path == page.path


def test_icdar(tmp_path: Path) -> None:
    gt = tmp_path / "gt"
    gt.mkdir()
    lines = "10,10,60,12,60,30,10,28,a,b, c\r\n5.25,40,70,35,71,50,6,55.5,###\r\n\r\n"
    lines += "1,2,3,2,3,4,1,4\r\n1,2,3,2,3,4,1,4,\r\n"
    (gt / "gt_img_10.txt").write_bytes(b"\xef\xbb\xbf" + lines.encode())
    (gt / "gt_img_2.txt").write_bytes(b"")
    for name in ("img_2.png", "img_10.jpg", "img_3.jpg"):
        image(tmp_path / "photos" / name)
    image(tmp_path / "others" / "img_2.jpg")
    empty, page = read_pages(gt)  # photos/ is the one folder beside it that has both images
    assert [Path(p.path) for p in (empty, page)] == [tmp_path / "photos" / n for n in ("img_2.png", "img_10.jpg")]
    assert page.texts == ["a,b, c", "###", "", ""] and page.ignore.tolist() == [False, True, False, False]
    assert page.quads[:2].tolist() == [A, B] and len(empty.quads) == 0
    image(tmp_path / "others" / "img_10.jpg")
    with pytest.raises(InputError, match="2 folders beside it have an image for each of its 2 label files; --images"):
        read_pages(gt)
    assert Path(read_pages(gt, images=tmp_path / "others")[0].path) == tmp_path / "others" / "img_2.jpg"


def test_synthtext(tmp_path: Path) -> None:
    """As the original: 2 x 4 boxes of images with one word, texts of several lines padded with spaces."""
    boxes = np.array([A, B], np.float32).transpose(2, 1, 0)  # 2 4 words
    texts = (np.array(["two\nwords  "]), np.array(["###"]), np.array(["one  ", " two "]))
    matrix = {"imnames": cell("8/a.jpg", "8/b.jpg", "9/c.jpg"), "wordBB": cell(boxes, boxes[..., 0], boxes),
              "txt": cell(*texts), "charBB": cell(1, 2, 3)}  # fmt: skip
    savemat(tmp_path / "gt.mat", matrix)
    with pytest.raises(InputError, match=r"gt\.mat: row 1: .*a\.jpg: no such image"):
        read_pages(tmp_path)
    for name in ("8/a.jpg", "8/b.jpg", "9/c.jpg"):
        image(tmp_path / name)
    one, two, three = read_pages(tmp_path)
    assert one.texts == ["two", "words"] and two.texts == ["###"] and three.texts == ["one", "two"]
    assert one.quads.tolist() == [A, B] and two.quads.tolist() == [A] and two.ignore.all()
    assert one.path == str(tmp_path / "8" / "a.jpg") and one.quads.dtype == np.float64
    matrix["txt"] = cell(texts[0], np.array(["too many"]), texts[2])
    savemat(tmp_path / "gt.mat", matrix)
    with pytest.raises(InputError, match=r"row 2: 8/b\.jpg: 1 boxes but 2 words"):
        read_pages(tmp_path / "gt.mat")
    matrix.pop("wordBB")
    savemat(tmp_path / "gt.mat", matrix)
    with pytest.raises(InputError, match="no cell wordBB"):
        read_pages(tmp_path / "gt.mat")
    whole = (tmp_path / "gt.mat").read_bytes()
    for broken in (b"", b"no mat file at all" * 20, whole[: len(whole) // 2]):
        (tmp_path / "gt.mat").write_bytes(broken)
        with pytest.raises(InputError, match=r"gt\.mat: no MAT file"):
            read_pages(tmp_path / "gt.mat")


def test_lpcv(tmp_path: Path) -> None:
    for split, names in (("train", ("f1", "f10", "f2")), ("test", ("f1",))):
        folder = tmp_path / f"sample_{split}_annotation_txt"
        folder.mkdir()
        for name in names:
            image(tmp_path / f"{split}_images1" / f"{name}.jpg")
            (folder / f"{name}.txt").write_text("10,10,60,12,60,30,10,28,STOP, now\n" if name != "f2" else "")
    pages = read_pages(tmp_path)
    assert [(p.meta["split"], Path(p.path).name) for p in pages] == [
        ("train", "f1.jpg"), ("train", "f2.jpg"), ("train", "f10.jpg"), ("test", "f1.jpg")]  # fmt: skip
    assert pages[0].texts == ["STOP, now"] and pages[0].quads[0].tolist() == A and len(pages[1].quads) == 0
    (test,) = read_pages(tmp_path / "sample_test_annotation_txt")
    assert test.path == str(tmp_path / "test_images1" / "f1.jpg")
    image(tmp_path / "test_images1" / "new.jpg")
    with pytest.raises(InputError, match=r"1 images without a label file, first .*new\.jpg"):
        read_pages(tmp_path)


def test_lines_of_lpcv() -> None:
    box = [(1, 2), (3, 2), (3, 4), (1, 4)]
    quad = [(1, 2), (3, 4), (5, 6), (7, 8.5)]
    for line, wanted in (
        ("1,2,3,4,5,6,7,8.5,a, b", (quad, "a, b")), ("1 2 3 4 5 6 7 8.5 a, b", (quad, "a, b")),
        ("1,2,3,4,5,6,7,8.5", (quad, "")), ("1, 2, 3, 4, 5, 6, 7, 8.5, 9", (quad, " 9")),
        ("1,2,3,4,a, b", (box, "a, b")), ("1 2 3 4", (box, "")), ("1 2 3 4 12", (box, "12")),
        ("1,2,3,4,5th, left", (box, "5th, left")),
    ):  # fmt: skip
        assert lpcv_line(line) == wanted, line
    for line in ("1,2,3", "a b c d", "1,2,3,4,5,6,7", "1 2 3 4 5 6", "1;2;3;4"):
        with pytest.raises(ValueError, match="neither eight numbers nor four"):
            lpcv_line(line)


@pytest.fixture
def pages(tmp_path: Path) -> list[LabelledPage]:
    """Images in two folders; no word, one, and several, with whatever is hard to write."""
    texts = [["Hà Nội, [1]", "###", "đường\u3000漢字"], [], ["x"], ["", '"###",', "a ␣"]]
    made = []
    for i, words in enumerate(texts):
        quads = np.array([A, B, np.add(A, 0.125)][: len(words)], float).reshape(-1, 4, 2)
        path = image(tmp_path / "in" / f"{i % 2}" / f"page {i}.jpg")
        meta = {"split": "test" if i == 3 else "train"}
        made.append(LabelledPage(None, quads, words, np.array([w == "###" for w in words], bool), str(path), meta=meta))
    return made


OUT = {"tsv": "labels.txt", "icdar": "gt", "synthtext": "synth/gt.mat", "lpcv": "sample"}


@pytest.mark.parametrize(("first", "second"), list(itertools.product(FORMATS, FORMATS)))
def test_round_trips(tmp_path: Path, pages: list[LabelledPage], first: str, second: str) -> None:
    found = pages
    for turn, format in enumerate((first, second)):
        out = tmp_path / f"out{turn}" / OUT[format]
        write_pages(found, out, format)
        assert format_of(out) == format
        found = read_pages(out, images=tmp_path / "in" if format == "icdar" else None)
    found.sort(key=lambda p: Path(p.path).name)
    blank = "synthtext" in (first, second)  # all blanks of a word become the plain one there
    for page, again in zip(pages, found, strict=True):
        texts = [t.replace("\u3000", " ").replace("␣", " ").strip() if blank else t for t in page.texts]
        assert again.texts == texts and again.ignore.tolist() == page.ignore.tolist()
        np.testing.assert_allclose(again.quads, page.quads, atol=1e-3)
        assert again.quads.shape == page.quads.shape and Path(again.path).name == Path(page.path).name
        assert "lpcv" in (first, second) or Path(again.path).samefile(page.path)


def test_written_files(tmp_path: Path, pages: list[LabelledPage]) -> None:
    write_pages(pages, tmp_path / "lists" / "l.txt", "tsv")
    line = (tmp_path / "lists" / "l.txt").read_text(encoding="utf-8").split("\n")[2]
    assert line == f'../in/0/page 2.jpg\t[{{"transcription": "x", "points": {A}}}]'
    write_pages(pages, tmp_path / "gt", "icdar")
    assert (tmp_path / "gt" / "gt_page 0.txt").read_text(encoding="utf-8").split("\n")[:2] == [
        "10,10,60,12,60,30,10,28,Hà Nội, [1]", "5.25,40,70,35,71,50,6,55.5,###"]  # fmt: skip
    write_pages(pages, tmp_path / "in", "synthtext")
    mat = loadmat(tmp_path / "in" / "gt.mat")  # as code written for SynthText looks into it
    assert mat["imnames"][0, 2][0] == "0/page 2.jpg"
    assert [b.shape for b in mat["wordBB"][0]] == [(2, 4, 3), (2, 4, 0), (2, 4), (2, 4, 3)]
    assert mat["wordBB"][0, 0].dtype == np.float32 and mat["wordBB"][0, 0][1, 2, 0] == A[2][1]
    assert " ".join(mat["txt"][0, 0]).split() == ["Hà␣Nội,␣[1]", "###", "đường␣漢字"]
    before = (tmp_path / "in" / "gt.mat").read_bytes()
    write_pages(pages, tmp_path / "in", "synthtext")
    assert (tmp_path / "in" / "gt.mat").read_bytes() == before
    write_pages(pages[2:], tmp_path / "sample", "lpcv")
    assert sorted(p.relative_to(tmp_path / "sample").as_posix() for p in (tmp_path / "sample").rglob("*.*")) == [
        "sample_test_annotation_txt/page 3.txt", "sample_train_annotation_txt/page 2.txt",
        "test_images1/page 3.jpg", "train_images1/page 2.jpg"]  # fmt: skip


def test_what_cannot_be_written(tmp_path: Path, pages: list[LabelledPage]) -> None:
    with pytest.raises(InputError, match="no pages to write"):
        write_pages([], tmp_path / "l.txt", "tsv")
    with pytest.raises(InputError, match="'xml' is no label format; known: tsv, icdar"):
        write_pages(pages, tmp_path / "l.txt", "xml")
    with pytest.raises(InputError, match=r"page 0\.jpg and .*page 0\.jpg would share a label file"):
        write_pages([pages[0], pages[0]], tmp_path / "gt", "icdar")
    write_pages(pages[:2], tmp_path / "gt", "icdar")
    with pytest.raises(InputError, match=r"gt: holds 2 label files of other images \(gt_page 0\.txt"):
        write_pages(pages[2:], tmp_path / "gt", "icdar")
    pages[0].quads[0, 0, 0] = np.nan
    with pytest.raises(InputError, match=r"page 0\.jpg: coordinates that are not finite"):
        write_pages(pages, tmp_path / "l.txt", "tsv")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a.jpg []", "not seen to be tsv"),
        ('a.jpg\t[]\na.jpg\t[{"points": ', r"row 2: a\.jpg: broken JSON"),
        ('a.jpg\t{"points": []}', r"row 1: a\.jpg: not a JSON list of regions"),
        (f"a.jpg\t[{{}}, {json.dumps({'points': A[:3]})}]", r"row 1: a\.jpg: region 1: points are \(\), not four"),
        (f"a.jpg\t[{json.dumps({'points': A[:3]})}]", r"region 1: points are \(3, 2\), not four or more"),
        ('a.jpg\t[{"points": [[1, 2], [3, 4], [5], [6, 7]]}]', "region 1: points are not pairs of numbers"),
        ('a.jpg\t[{"points": "abc"}]', "region 1: points are not pairs of numbers"),
        (f"a.jpg\t[{json.dumps({'points': A, 'transcription': 7})}]", "transcription 7 is no text"),
        ("a.jpg\t[]\n\nb.jpg\t[]", r"row 3: .*b\.jpg: no such image; --images"),
        ("\n\n", "an empty list"),
    ],
)
def test_bad_lists(tmp_path: Path, line: str, message: str) -> None:
    image(tmp_path / "a.jpg")
    (tmp_path / "labels.txt").write_text(line)
    with pytest.raises(InputError, match=message) as e:
        read_pages(tmp_path / "labels.txt")
    assert str(e.value).startswith(str(tmp_path / "labels.txt")) and "\n" not in str(e.value)


def test_bad_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gone: no such file or folder"):
        read_pages(tmp_path / "gone")
    with pytest.raises(InputError, match="not seen to be tsv, icdar, synthtext or lpcv"):
        read_pages(tmp_path)
    for format, message in (("icdar", "no label files"), ("lpcv", "neither has nor is"), ("synthtext", "no such file"),
                            ("tsv", "cannot be read"), ("xml", "is no label format")):  # fmt: skip
        with pytest.raises(InputError, match=message):
            read_pages(tmp_path, format)
    with pytest.raises(InputError, match="no such folder of images"):
        read_pages(tmp_path, images=tmp_path / "gone")
    label = tmp_path / "gt" / "gt_a.txt"
    label.parent.mkdir()
    for content, message in (("1,2,3,4,5,6,7,8,x\n1,2,3,4,5,6,7", "row 2: .*fewer than eight numbers"),
                             ("1,2,3,4,5,6,7,text", "row 1: .*could not convert")):  # fmt: skip
        label.write_text(content)
        with pytest.raises(InputError, match="neither it nor a folder beside it has an image"):
            read_pages(label.parent)
        picture = image(tmp_path / "photos" / "a.jpg")
        with pytest.raises(InputError, match=rf"gt_a\.txt: {message}"):
            read_pages(label.parent)
        with pytest.raises(InputError, match=r"gt_a\.txt: no image a\.\* for it"):
            read_pages(label.parent, images=label.parent)
        picture.unlink()


@pytest.mark.real_data
def test_icdar2015_reads_the_same_from_its_list_and_its_folder() -> None:
    root = DATA / "icdar2015" / "text_localization"
    if not root.is_dir():
        pytest.skip(f"no ICDAR2015 photos in {DATA}")
    listed = {p.path: p for p in read_pages(root / "train_icdar2015_label.txt")}
    pages = read_pages(root / "ch4_training_localization_transcription_gt")
    assert len(pages) == len(listed) == 600 and sum(len(p.texts) for p in pages) == 7139
    for page in pages:
        other = listed[page.path]
        assert np.array_equal(page.quads, other.quads) and page.texts == other.texts
        assert np.array_equal(page.ignore, other.ignore)
