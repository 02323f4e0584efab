"""How well pages are read, on numbers worked out by hand."""

import unicodedata

import numpy as np
import pytest

from chuviet.labels import LabelledPage
from chuviet.metrics.pages import PageReadingMetric, page_text
from chuviet.results import Detection


def row(*tops: float) -> np.ndarray:
    """Boxes of 100 x 20 pixels, one below the other."""
    return np.array([[(0, y), (100, y), (100, y + 20), (0, y + 20)] for y in tops], np.float64).reshape(-1, 4, 2)


def page(*texts: str) -> LabelledPage:
    ignore = np.array([t == "###" for t in texts], bool)
    return LabelledPage(None, row(*(40.0 * k for k in range(len(texts)))), list(texts), ignore)


def found(texts: list[str], *tops: float) -> Detection:
    return Detection(0, row(*tops), np.ones(len(tops)), texts)


def test_numbers_worked_out_by_hand() -> None:
    metric = PageReadingMetric()
    # "Hà Nội" is found and read but for its case; "số 12" is found (5 of 20 px lower: IoU 15/25) with a 7 for the 2;
    # "Huế" is missed, and "x" is made up. The text is "hà Nội số 17 x" (14) where "Hà Nội số 12 Huế" (16) stands:
    # h, 7, then x for H, and u, ế are missing.
    metric.update(found(["hà Nội", "số 17", "x"], 0, 45, 300), page("Hà Nội", "số 12", "Huế"))
    got = metric.compute()
    assert got["precision"] == pytest.approx(2 / 3) and got["recall"] == pytest.approx(2 / 3)
    assert got["hmean"] == pytest.approx(2 / 3)
    assert got["read_hmean"] == pytest.approx(2 * 1 / (3 + 3))
    assert got["wrong"] == pytest.approx(5 / 16)
    assert got["reported"] == got["empty"] == 0

    metric.update(found(["ab", "cd"], 0, 40), page("ab", "cd"))  # a second page, whole: 5 characters
    assert metric.compute()["wrong"] == pytest.approx(5 / 21)
    assert metric.compute()["hmean"] == pytest.approx(2 * 4 / (5 + 5))


def test_the_order_of_lines_counts() -> None:
    metric = PageReadingMetric()
    metric.update(found(["b", "a"], 40, 0), page("a", "b"))
    assert metric.compute()["hmean"] == 1
    assert metric.compute()["wrong"] == pytest.approx(2 / 3)  # "b a" for "a b"


def test_dont_care_is_neither_wanted_nor_wrong() -> None:
    metric = PageReadingMetric()
    metric.update(found(["a", "scrawl"], 0, 40), page("a", "###"))
    got = metric.compute()
    assert (got["precision"], got["hmean"], got["wrong"]) == (1, 1, 0)


def test_texts_on_pages_without_text() -> None:
    metric = PageReadingMetric()
    metric.update(found([]), page())
    assert (metric.compute()["wrong"], metric.compute()["hmean"]) == (0, 1)
    metric.update(found(["x", "y"], 0, 40), page())
    metric.update(found(["z"], 40), page("###", "###"))  # what lies in don't-care is not counted
    metric.update(found(["z"], 100), page("a"))
    got = metric.compute()
    assert (got["reported"], got["empty"], got["count"]) == (2, 3, 4)


def test_spelling_of_letters_and_blanks_is_not_counted() -> None:
    metric = PageReadingMetric()
    metric.update(found([unicodedata.normalize("NFD", "Huế  đẹp")], 0), page("Huế đẹp"))
    assert (metric.compute()["wrong"], metric.compute()["read_hmean"]) == (0, 1)
    assert page_text(["a\n b ", "", "c"]) == "a b c"


def test_a_text_for_each_quad() -> None:
    with pytest.raises(ValueError, match="2 quads"):
        PageReadingMetric().update(found(["a"], 0, 40), page("a"))
    with pytest.raises(ValueError, match="1 quads"):
        PageReadingMetric().update(Detection(0, row(0), np.ones(1)), page("a"))
