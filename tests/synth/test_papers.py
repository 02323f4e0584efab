"""Letters, forms, documents, pictures without text: the same again, true quads, reading order, label files."""

import csv
import itertools
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from chuviet.commands.pages_synthesis import FoldLines, pages_main, split
from chuviet.data.pages import read_pages
from chuviet.errors import InputError
from chuviet.geometry import signed_area
from chuviet.synth.camera import framed
from chuviet.synth.corpus import Addresses, load_wards
from chuviet.synth.document import document
from chuviet.synth.fonts import default_fonts
from chuviet.synth.form import form
from chuviet.synth.letter import letter
from chuviet.synth.notes import annotate
from chuviet.synth.papers import PAPER_KINDS, PaperKind, PaperRecipe
from chuviet.synth.regions import box_line
from chuviet.synth.sentences import Sentences, load_sentences
from chuviet.synth.surface import Surface, Type, families
from chuviet.synth.typesetting import set_text, wrap
from chuviet.vocab import VIETNAMESE

FONTS = default_fonts(VIETNAMESE)
FAMILIES = families(FONTS, VIETNAMESE)
TEXTS = Sentences(Addresses(load_wards(None)[:200], cover=False), ["Hôm nay trời đẹp, chúng tôi đi chơi xa."])


def recipe(kind: PaperKind, **options: object) -> PaperRecipe:
    return PaperRecipe(kind, TEXTS, FAMILIES, FONTS, seed=2, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", PAPER_KINDS)
def test_a_page_is_the_same_again(kind: PaperKind) -> None:
    made = recipe(kind, turned=0.5)
    row, data = made.job(1)
    assert made.job(1) == (row, data) != made.job(2)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    for region in json.loads(row["text"]):
        points = np.array(region["points"])
        assert signed_area(points) > 0 and region["transcription"]
        assert " ".join(w["transcription"] for w in region["words"]) == region["transcription"]
        corners = np.array(region.get("polygon", points))
        assert (corners > -3).all() and (corners < np.array(image.shape[1::-1]) + 2).all()


def flat(kind: str, seed: int) -> Surface:
    rng = np.random.default_rng(seed)
    if kind == "letter":
        return letter(TEXTS, FONTS, FAMILIES, rng)[0]
    return form(TEXTS, FONTS, FAMILIES, rng) if kind == "form" else document(TEXTS, FAMILIES, rng)


@pytest.mark.parametrize("kind", ["letter", "form", "document"])
def test_there_is_ink_in_every_word(kind: str) -> None:
    """And both kinds of writing where they belong."""
    hands: set[bool] = set()
    for seed in range(3):
        surface = flat(kind, seed)
        grey = surface.image.mean(2)
        for line in surface.lines:
            hands.add(line.handwritten)
            for word in line.words:
                (left, top), (right, bottom) = np.floor(word.quad.min(0)), np.ceil(word.quad.max(0)) + 1
                part = grey[max(int(top), 0) : int(bottom), max(int(left), 0) : int(right)]
                assert part.size and np.ptp(part) > 12, (seed, word)
    assert hands == {"letter": {True}, "form": {False, True}, "document": {False}}[kind] or kind == "letter"


def test_blocks_are_numbered_in_reading_order() -> None:
    for kind in ("letter", "form", "document"):
        for seed in range(3):
            blocks = [line.block for line in flat(kind, seed).lines if line.text != "###"]
            assert blocks == sorted(blocks) and len(set(blocks)) > 1


def test_lines_of_a_paragraph_go_down_and_fit() -> None:
    surface = Surface(np.full((400, 300, 3), 255, np.float32))
    type = Type(FONTS[0].path, 16)
    words = ("một hai ba bốn năm sáu bảy tám chín mười " * 4).split()
    end = set_text(surface, words, type, (20, 30, 200), 24.0, 0, "justified", indent=30)
    rights = [float(line.quad[:, 0].max()) for line in surface.lines]
    lefts = [float(line.quad[:, 0].min()) for line in surface.lines]
    assert " ".join(line.text for line in surface.lines).split() == words
    assert max(rights) < 222 and np.ptp(rights[:-1]) < 4 and min(rights[:-1]) > 216
    assert lefts[0] > 49 and np.ptp(lefts[1:]) < 4
    assert np.diff([line.quad[:, 1].max() for line in surface.lines]) == pytest.approx(24, abs=6)
    assert end == 30 + 24 * len(surface.lines)


def test_rows_are_as_long_as_they_can_be() -> None:
    type = Type(FONTS[0].path, 16)
    words = "a bb ccc dddd eeeee ffffff ggggggg hhhhhhhh i jj kkk".split()
    rows = wrap(words, type, 120)
    assert [w for row in rows for w in row] == words
    wide = [sum(type.width(w) for w in row) + type.space * (len(row) - 1) for row in rows]
    for k, row in enumerate(rows[:-1]):
        assert wide[k] <= 120 < wide[k] + type.space + type.width(rows[k + 1][0]), row
    assert wrap(["i", "m" * 99, "i"], type, 120) == [["i", "i"]]


def test_two_columns_are_read_one_after_the_other() -> None:
    """In some documents a line is read after one that stands lower, to its left: the next column."""
    jumps = 0
    for seed in range(12):
        lines = [line.quad for line in flat("document", seed).lines if line.text != "###"]
        for before, after in itertools.pairwise(lines):
            jumps += bool(after[0, 1] < before[0, 1] - 100 and after[0, 0] > before[0, 0] + 100)
    assert jumps > 2


def test_sentences_of_other_characters_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Một câu.\nДа.\n\nHai ca\u0302\u0309u.\n", encoding="utf-8")
    texts, said = load_sentences([tmp_path / "a.txt"], TEXTS.addresses)
    assert list(texts.lines) == ["Một câu.", "Hai cẩu."] and said.startswith("2 of 4")
    (tmp_path / "b.txt").write_text("Да\n", encoding="utf-8")
    for name in ("b.txt", "none.txt"):
        with pytest.raises(InputError, match=name):
            load_sentences([tmp_path / name], TEXTS.addresses)


def line_table(folder: Path) -> Path:
    """Six lines, two a fold, drawn on white."""
    with (folder / "lines.csv").open("w", newline="", encoding="utf-8") as f:
        rows = csv.writer(f)
        rows.writerow(["img_path", "text", "fold"])
        for k in range(6):
            image = np.full((64, 300, 3), 255, np.uint8)
            for word in range(3):
                cv2.putText(image, "abc", (10 + 95 * word, 45), 0, 1.1, (0, 0, 0), 2, cv2.LINE_AA)
            cv2.imwrite(str(folder / f"{k}.png"), image)
            rows.writerow([f"{k}.png", "abc abc abc", k // 2])
    return folder / "lines.csv"


def test_real_lines_of_the_fold_are_left_out(tmp_path: Path) -> None:
    table = line_table(tmp_path)
    lines = FoldLines(table, 1)
    assert [lines.name(k) for k in range(len(lines))] == ["0.png", "1.png", "4.png", "5.png"]
    strip = lines.strip(2)
    assert [box[0] for box in strip.words] == ["abc"] * 3 and len(FoldLines(table, 5)) == 6
    starts = [box[1] for box in strip.words]
    assert np.diff(starts) == pytest.approx([95, 95], abs=1.5)


def draw(monkeypatch: pytest.MonkeyPatch, out: Path, *options: str) -> None:
    monkeypatch.setattr(sys, "argv", [
        "gendata_pages.py", "--count", "3", "--out", str(out), "--fonts", str(out / "none"), "--hand-fonts",
        str(out / "none"), *options,
    ])  # fmt: skip
    assert pages_main("") == 0


def test_label_files_hold_lines_and_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = line_table(tmp_path)
    options = ("--kind", "letter", "--lines", str(table), "--fold", "1", "--turned", "1", "--seed", "1")
    draw(monkeypatch, tmp_path / "one", *options, "--workers", "1")
    draw(monkeypatch, tmp_path / "two", *options, "--workers", "2")
    for path in (p for p in (tmp_path / "one").rglob("*") if p.is_file()):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    lines, words = (read_pages(tmp_path / "one" / name) for name in ("label.txt", "words.txt"))
    assert len(lines) == len(words) == 3 and sum(len(p.texts) for p in lines) > 5
    for page, parts in zip(lines, words, strict=True):
        assert " ".join(t for t in page.texts) == " ".join(parts.texts)
    rows = (tmp_path / "one" / "words.txt").read_text(encoding="utf-8").splitlines()
    regions = json.loads(rows[0].split("\t")[1])
    assert regions[0]["line"] == 0 and {"transcription", "points", "line", "handwritten"} == set(regions[0])
    with (tmp_path / "one" / "manifest.csv").open(encoding="utf-8") as f:
        notes = [row["aug"] for row in csv.DictReader(f)]
    assert all("turned=" in note for note in notes)
    assert not any(name in note for note in notes for name in ("2.png", "3.png"))


def test_words_without_lines_and_lines_with_words_are_told_apart() -> None:
    word = {"transcription": "a", "points": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    first, second = word | {"line": [[0, 0], [3, 0], [3, 1], [0, 1]]}, word | {"transcription": "b"}
    lines, words = split([first, second, first])
    assert [r["transcription"] for r in lines] == ["a b", "a"] and lines[0]["points"][1] == [3, 0]
    assert [w["line"] for w in words] == [0, 0, 1] and all(set(w) == {*word, "line", "handwritten"} for w in words)
    phrase = {"transcription": "a b", "points": [], "handwritten": True, "block": 4, "words": [word, second]}
    lines, words = split([phrase])
    assert lines == [{"transcription": "a b", "points": [], "handwritten": True, "block": 4}]
    assert [(w["transcription"], w["line"], w["handwritten"]) for w in words] == [("a", 0, True), ("b", 0, True)]


def test_what_is_cut_off_is_not_asked_for() -> None:
    line = box_line([("một", 10, 10, 40, 20), ("hai", 50, 10, 90, 20)], 7)
    assert framed(line, 100, 100) is line and framed(line.moved(lambda xy: np.add(xy, (200, 0))), 100, 100) is None
    dash = framed(box_line([("-", 10, 14, 20, 16)], 7), 100, 100)
    assert dash is not None and dash.text == "###" and dash.quad.tolist() == [[10, 14], [20, 14], [20, 16], [10, 16]]
    rest = framed(line.moved(lambda xy: np.add(xy, (30, 0))), 100, 100)
    assert rest is not None and rest.text == "###" and rest.block == 7
    assert rest.quad.min(0) == pytest.approx([40, 10]) and rest.quad.max(0) == pytest.approx([99, 20])


def test_notes_keep_off_the_print() -> None:
    for seed in range(4):
        surface = flat("document", seed)
        printed = len(surface.lines)
        annotate(surface, TEXTS, FONTS, np.random.default_rng(seed))
        for note in surface.lines[printed:]:
            assert note.handwritten
            (x0, y0), (x1, y1) = note.outline.min(0) + 6, note.outline.max(0) - 6
            for line in surface.lines[:printed]:
                (a, b), (c, d) = line.outline.min(0), line.outline.max(0)
                assert not (a < x1 and x0 < c and b < y1 and y0 < d)


def test_pictures_without_text_have_empty_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(monkeypatch, tmp_path / "set", "--kind", "negative", "--workers", "1", "--size", "200x160")
    for name in ("label.txt", "words.txt"):
        assert [r.split("\t")[1] for r in (tmp_path / "set" / name).read_text().splitlines()] == ["[]"] * 3
    assert [len(p.texts) for p in read_pages(tmp_path / "set" / "gt.mat")] == [0] * 3
