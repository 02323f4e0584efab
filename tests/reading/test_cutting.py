from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from chuviet.commands import cutting as command
from chuviet.commands.cutting import ends_of_texts, forest_of
from chuviet.errors import InputError
from chuviet.labels import LabelledPage
from chuviet.reading import cutting
from chuviet.reading.cutting import FEATURES, Gap, cut, cut_rows, describe, gaps_of, kind_of, planted, probabilities
from chuviet.reading.joining import FoundLine
from chuviet.results import Prediction


def drawn(words: list[tuple[str, int]], height: int = 40, top: int = 30) -> tuple[np.ndarray, FoundLine, Prediction]:
    """An image with a line of words, each with its left edge in pixels; a letter is a block of 16 px and 4 px of
    paper. The line begins at 10 px, and each frame is 4 px of it."""
    image = np.full((120, 640, 3), 250, np.uint8)
    text = " ".join(word for word, _ in words)
    spans = []
    for word, left in words:
        for i in range(len(word)):
            x = left + 20 * i
            cv2.rectangle(image, (x, top + 8), (x + 15, top + height - 9), (20, 20, 20), -1)
            spans.append(((x - 10 + 8) // 4, (x - 10 + 8) // 4))
        spans.append(((x - 10 + 24) // 4, (x - 10 + 24) // 4))  # the space behind it
    quad = np.array([(10, top), (610, top), (610, top + height), (10, top + height)], float)
    scores = np.linspace(0.5, 1, len(text))
    prediction = Prediction(3, text, 0.8, text, np.array(spans[:-1]), scores, 150, np.linspace(0.6, 0.9, len(words)))
    return image, FoundLine(quad, 0.9), prediction


def test_gaps_are_the_blanks_at_spaces() -> None:
    image, line, text = drawn([("ab", 20), ("c", 80), ("de", 160)])
    first, second = gaps_of(image, line, text)
    assert (first.word, second.word) == (0, 1)
    assert first.start * 600 + 10 == pytest.approx(56, abs=1.5)  # "ab" ends at 20 + 20 + 16
    assert first.end * 600 + 10 == pytest.approx(80, abs=1.5)
    assert first.width == pytest.approx(24 / 40, abs=0.05)
    assert second.width == pytest.approx(64 / 40, abs=0.05)


def test_no_gaps_without_places_of_letters_or_words() -> None:
    image, line, _ = drawn([("ab", 20), ("c", 80)])
    assert gaps_of(image, line, Prediction(0, "ab c", 0.9)) == []
    assert gaps_of(image, line, drawn([("abc", 20)])[2]) == []


def test_letters_that_touch_have_a_gap_without_width() -> None:
    image, line, text = drawn([("ab", 20), ("c", 57)])
    image[38:61, 40:75] = 20  # ink from one to the other
    (gap,) = gaps_of(image, line, text)
    assert gap.width == 0
    assert gap.start == gap.end
    assert 40 <= gap.start * 600 + 10 <= 75


@pytest.mark.parametrize(
    ("word", "kind"),
    [(":", 1), ("RM12.30", 2), ("1,200.50", 2), ("RM", 3), ("₫", 3), ("16-03-2018", 4), ("12:07:10", 5), ("6%", 6),
     ("1053110", 7), ("S", 8), ("ố", 8), ("CASHIER:", 9), (":abc", 10), ("U13,", 11), ("Tổng", 12), ("NO.", 13),
     ("-", 14), ("", 14)],
)  # fmt: skip
def test_kinds_of_words(word: str, kind: int) -> None:
    assert kind_of(word) == kind


def test_what_a_gap_is_described_by() -> None:
    image, line, text = drawn([("TAX", 20), ("1.50", 120), ("S", 240)])
    gaps = gaps_of(image, line, text)
    found = describe([(line, text)], [gaps])
    assert found.shape == (2, FEATURES)
    usual = np.median([gap.width for gap in gaps])
    letter = (600 / 40 - sum(gap.width for gap in gaps)) / 8
    np.testing.assert_allclose(found[0, :4], (gaps[0].width, gaps[0].width / usual, gaps[0].width / letter, letter))
    assert found[0, 4:].tolist() == [3, 6, 3, 4, 12, 2, 0, 8]
    assert found[1, 4:].tolist() == [8, 1, 4, 1, 2, 8, 12, 0]


def test_a_line_is_cut_with_all_that_belongs_to_it() -> None:
    _, line, text = drawn([("ab", 20), ("c", 80), ("de", 160)])
    words = np.array([[(x, 30), (x + w, 30), (x + w, 70), (x, 70)] for x, w in ((20, 36), (80, 16), (160, 36))], float)
    line = FoundLine(line.quad, 0.9, words)
    gap = Gap(1, (96 - 10) / 600, (160 - 10) / 600, 1.6)
    (left, first), (right, second) = cut(line, text, [gap])
    assert (first.text, second.text) == ("ab c", "de")
    assert left.quad[:, 0].tolist() == pytest.approx([10, 100, 100, 10])  # a tenth of the height of the gap
    assert right.quad[:, 0].tolist() == pytest.approx([156, 610, 610, 156])
    assert left.words is not None
    assert right.words is not None
    assert (len(left.words), len(right.words)) == (2, 1)
    assert first.confidence == pytest.approx(np.mean([0.6, 0.75]))
    assert second.confidence == pytest.approx(0.9)
    assert (first.raw_text, second.raw_text) == ("ab c", "de")
    assert text.scores is not None
    assert second.scores is not None
    assert second.scores.tolist() == text.scores[5:].tolist()
    assert first.frames + second.frames == pytest.approx(150, abs=15)
    assert second.spans is not None
    assert (second.spans >= 0).all()
    assert (second.spans < second.frames).all()
    centre = right.quad[0, 0] + (second.spans[0].mean() + 0.5) / second.frames * (610 - right.quad[0, 0])
    assert centre == pytest.approx(168, abs=5)  # of the "d"


def test_parts_take_their_share_of_another_raw_text() -> None:
    _, line, text = drawn([("ab", 20), ("c", 80)])
    text = Prediction(0, "ab c", 0.8, "a b c d", text.spans, text.scores, text.frames)
    (_, first), (_, second) = cut(line, text, [Gap(0, 0.1, 0.12, 0.3)])
    assert (first.raw_text, second.raw_text) == ("a b", "c d")


def test_lines_are_cut_where_the_trees_are_sure(monkeypatch: pytest.MonkeyPatch) -> None:
    image, line, text = drawn([("ab", 20), ("c", 80), ("de", 160)])
    of_width = [[0, 1.0, 1, 2, 0], [-1, 0, 0, 0, -3.0], [-1, 0, 0, 0, 3.0]]
    monkeypatch.setattr(cutting, "_FOREST", planted([of_width]))
    monkeypatch.setattr(cutting, "_BASE", 0.0)
    parts = cut_rows(image, [(line, text), (line, Prediction(1, "ab c de", 0.9))])
    assert [text.text for _, text in parts] == ["ab c", "de", "ab c de"]
    assert cut_rows(image, []) == []


def test_shipped_trees_leave_an_address_whole_and_know_entries() -> None:
    """Of a till's number and its cashier the gap between them is the likeliest end."""
    image, line, text = drawn([("12", 20), ("Hàng", 74), ("Bài,", 168), ("Hà", 262), ("Nội", 316)])
    assert len(cut_rows(image, [(line, text)])) == 1
    image, line, text = drawn([("INV", 20), ("NO.:", 92), ("1053110", 184), ("CASHIER:", 356)])
    gap = gaps_of(image, line, text)[-1]
    wide = [Gap(i, 0.1 * i, 0.1 * i + 0.02, 0.35) for i in range(2)] + [Gap(2, gap.start, gap.end, 0.75)]
    sure = probabilities(describe([(line, text)], [wide]))
    assert sure.argmax() == 2


def test_trees_are_those_that_were_learnt() -> None:
    rng = np.random.default_rng(0)
    described = rng.random((400, FEATURES)).astype(np.float32).astype(np.float64)
    ends = (described[:, 0] + described[:, 9] > 1.3).astype(int)
    trees = GradientBoostingClassifier(n_estimators=12, max_leaf_nodes=6, max_depth=None, random_state=0)
    trees.fit(described, ends)
    forest = forest_of(trees)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "_BASE", forest["base"])
        patch.setattr(cutting, "_FOREST", planted(forest["trees"]))
        np.testing.assert_allclose(probabilities(described), trees.predict_proba(described)[:, 1], atol=1e-4)


def test_gaps_between_two_labels_are_ends() -> None:
    image, line, text = drawn([("ab", 20), ("c", 80), ("de", 160)])
    gaps = gaps_of(image, line, text)

    def page(*spans: tuple[float, float], ignore: int = -1) -> LabelledPage:
        quads = np.array([[(a, 30), (b, 30), (b, 70), (a, 70)] for a, b in spans], float)
        return LabelledPage(image, quads, ["x"] * len(spans), np.arange(len(spans)) == ignore)

    read = [(line, text)]
    assert ends_of_texts(page((0, 620)), read, [gaps]).tolist() == [0, 0]
    assert ends_of_texts(page((0, 110), (130, 620)), read, [gaps]).tolist() == [0, 1]
    assert ends_of_texts(page((0, 110)), read, [gaps]).tolist() == [0, -1]
    assert ends_of_texts(page((0, 110), (130, 620), ignore=1), read, [gaps]).tolist() == [0, -1]


def test_the_command_learns_from_labelled_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pages whose lines hold two texts where the gap is wide: the trees learn the width, and are judged on others."""
    rng = np.random.default_rng(4)
    reads, rows = {}, []
    for n in range(20):
        wide = int(rng.integers(50, 120))
        image, line, text = drawn([("ab", 20), ("c", 76), ("de", 96 + wide)])
        cv2.imwrite(str(tmp_path / f"{n}.png"), image[:, :, ::-1])
        bounds = ((0, 96), (90 + wide, 620)) if wide > 70 else ((0, 620),)
        labels = [{"transcription": "x", "points": [[a, 30], [b, 30], [b, 70], [a, 70]]} for a, b in bounds]
        rows.append(f"{n}.png\t{json.dumps(labels)}\n")
        reads[n] = [(line, text)]
    (tmp_path / "label.txt").write_text("".join(rows))
    pages = iter(reads.values())
    fake = SimpleNamespace(read_lines=lambda image: next(pages))
    monkeypatch.setattr(command, "Reader", lambda threads: fake)
    monkeypatch.setattr(command, "_TREES", {**command._TREES, "min_samples_leaf": 2})
    monkeypatch.setattr(sys, "argv", ["cutting", str(tmp_path / "new.json"), "--pages", str(tmp_path / "label.txt")])
    assert command.main() == 0
    found = re.search(r"40 gaps, (\d+) of them .* left out (\d+) of these are found and (\d+)", capsys.readouterr().out)
    assert found is not None
    ends, right, wrong = map(int, found.groups())
    assert right >= ends - 1
    assert wrong <= 1
    base, trees = json.loads((tmp_path / "new.json").read_text()).values()
    monkeypatch.setattr(cutting, "_BASE", base)
    monkeypatch.setattr(cutting, "_FOREST", planted(trees))
    image, line, text = drawn([("ab", 20), ("c", 76), ("de", 206)])
    assert [text.text for _, text in cut_rows(image, [(line, text)])] == ["ab c", "de"]


def test_too_little_to_learn_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image, line, text = drawn([("ab", 20), ("c", 76)])
    cv2.imwrite(str(tmp_path / "0.png"), image)
    whole = [{"transcription": "x", "points": [[0, 30], [600, 30], [600, 70], [0, 70]]}]
    (tmp_path / "label.txt").write_text(f"0.png\t{json.dumps(whole)}\n")
    monkeypatch.setattr(command, "Reader", lambda threads: SimpleNamespace(read_lines=lambda image: [(line, text)]))
    monkeypatch.setattr(sys, "argv", ["cutting", str(tmp_path / "new.json"), "--pages", str(tmp_path / "label.txt")])
    with pytest.raises(InputError, match="fewer than 5 pages"):
        command.main()
    assert not (tmp_path / "new.json").exists()
