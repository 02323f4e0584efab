"""Drawn pages: quads around the ink, the same pages from the same seed, labels in both formats."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from chuviet.commands.pages_synthesis import pages_main
from chuviet.data.pages import read_pages
from chuviet.geometry import signed_area
from chuviet.polygons import iou
from chuviet.synth.corpus import Verse
from chuviet.synth.fonts import default_fonts
from chuviet.synth.pages import PageRecipe, corners, ink_of, made_up, moved, typeset, word_boxes
from chuviet.vocab import ASCII, VIETNAMESE

FONTS = default_fonts("".join(dict.fromkeys(ASCII + VIETNAMESE)))


def test_boxes_of_typeset_words_hold_exactly_their_ink() -> None:
    rng = np.random.default_rng(0)
    ink, boxes = typeset(["Đường Trần", "số 9, phố"], FONTS[0].path, 30, rng)
    assert [word for word, _ in boxes] == ["Đường", "Trần", "số", "9,", "phố"]
    left = ink.copy()
    for word, (x, y, w, h) in boxes:
        part = ink[int(y) : int(y + h), int(x) : int(x + w)]
        assert np.array_equal(part, ink_of(word, FONTS[0].path, 30))
        for edge in (part[0], part[-1], part[:, 0], part[:, -1]):
            assert edge.max() > 0.2  # tight: ink at every side
        left[int(y) : int(y + h), int(x) : int(x + w)] = 0
    assert left.max() == 0  # and none outside


def test_quads_follow_the_ink_through_perspective() -> None:
    rng = np.random.default_rng(1)
    recipe = PageRecipe(FONTS, Verse())
    for _ in range(20):
        ink = np.ones((30, 120), np.float32)
        matrix = recipe._place(ink.shape, rng, (400, 300))
        matrix = np.array([[1, 0, 200], [0, 1, 200], [0, 0, 1]]) @ matrix
        seen = cv2.warpPerspective(ink, matrix, (900, 800))
        points = np.argwhere(seen > 0.5)[:, ::-1]
        box = cv2.boxPoints(cv2.minAreaRect(points.astype(np.float32)))
        quad = moved(corners(0, 0, 120, 30), matrix)
        assert signed_area(quad) > 0
        assert np.abs(points.min(0) - quad.min(0)).max() < 2 and np.abs(points.max(0) - quad.max(0)).max() < 2
        assert iou(quad[None], np.asarray(box, np.float64)[None])[0, 0] > 0.75


@pytest.mark.parametrize("kind", ["scene", "receipt"])
def test_a_page_is_the_same_again_and_its_words_lie_on_it_apart(kind: str) -> None:
    recipe = PageRecipe(FONTS, Verse(), kind, size=(480, 320), seed=5)  # type: ignore[arg-type]
    words = 0
    for index in range(4):
        row, data = recipe.job(index)
        assert recipe.job(index) == (row, data)
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        quads = np.array([r["points"] for r in json.loads(row["text"])]).reshape(-1, 4, 2)
        words += len(quads)
        assert (quads > -3).all() and (quads < np.array(image.shape[1::-1]) + 3).all()
        assert not len(quads) or (iou(quads, quads) - np.eye(len(quads))).max() < 0.1
    assert words > 20
    assert recipe.job(0)[1] != recipe.job(1)[1]


def test_words_on_a_page_differ_from_what_is_around_them() -> None:
    """In most quads there is ink: pixels darker or lighter than the rest of the quad."""
    row, data = PageRecipe(FONTS, Verse(), "receipt", seed=1).job(0)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    spread = []
    for r in json.loads(row["text"]):
        (x0, y0), (x1, y1) = np.array(r["points"]).min(0).astype(int), np.array(r["points"]).max(0).astype(int)
        spread.append(float(np.ptp(image[max(y0, 0) : y1, max(x0, 0) : x1])))
    assert np.median(spread) > 60


def test_words_of_a_phrase_have_their_own_ink() -> None:
    for size in (14, 30):
        ink = ink_of("Tổng cộng: 12.50 đ", FONTS[0].path, size)
        boxes = word_boxes("Tổng cộng: 12.50 đ", ink, FONTS[0].path, size)
        assert [word for word, _ in boxes] == ["Tổng", "cộng:", "12.50", "đ"]
        left = ink.copy()
        for word, (x, y, w, h) in boxes:
            alone = ink_of(word, FONTS[0].path, size)
            assert abs(alone.shape[0] - h) <= 1 and abs(alone.shape[1] - w) <= 2
            left[int(y) : int(y + h), int(x) : int(x + w)] = 0
        assert left.max() < 0.25
        assert boxes[0][1][0] == 0 and boxes[-1][1][0] + boxes[-1][1][2] == ink.shape[1]


def test_lines_of_a_sign_hold_their_words() -> None:
    """Both have the same perspective, so a word's corners lie in its line, but for rounding."""
    count = 0
    for index in range(6):
        row, _ = PageRecipe(FONTS, Verse(), size=(480, 320), seed=5).job(index)
        for region in json.loads(row["text"]):
            if "line" in region:
                line = np.array(region["line"], np.float32)
                count += 1
            assert all(cv2.pointPolygonTest(line, p, True) > -0.3 for p in region["points"])
    assert count > 15


def test_made_up_words_are_ascii_and_vary() -> None:
    words = {made_up(np.random.default_rng(i)) for i in range(200)}
    assert len(words) > 150 and all(set(w) <= set(ASCII) for w in words)


def test_the_generator_writes_both_formats_in_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for shard in ("0/2", "1/2"):
        monkeypatch.setattr(sys, "argv", [
            "gendata_pages.py", "--count", "3", "--workers", "1", "--out", str(tmp_path / "set"), "--size", "320x240",
            "--fonts", str(tmp_path / "none"), "--kind", "mixed", "--shard", shard,
        ])  # fmt: skip
        assert pages_main("") == 0
        assert (tmp_path / "set" / "gt.mat").exists() == (shard == "1/2")
    tsv, mat = (read_pages(tmp_path / "set" / name) for name in ("label.txt", "gt.mat"))
    assert len(tsv) == 3 and [p.texts for p in tsv] == [p.texts for p in mat]
    assert all(np.abs(a.quads - b.quads).max(initial=0) < 1e-3 for a, b in zip(tsv, mat, strict=True))
    lines, words = (read_pages(tmp_path / "set" / name) for name in ("lines.txt", "words.txt"))
    for page, parts in zip(lines, words, strict=True):
        assert " ".join(page.texts) == " ".join(parts.texts) and len(page.texts) < len(parts.texts)
    monkeypatch.setattr(sys, "argv", ["gendata_pages.py", "--size", "10x10"])
    with pytest.raises(SystemExit):
        pages_main("")
