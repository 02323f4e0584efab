from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageFont

from chuviet.labels import LabelledPage
from chuviet.metrics.detection import DetectionMetric
from chuviet.reading import pictures
from chuviet.report import detection as report
from chuviet.results import Detection
from chuviet.vocab import VIETNAMESE

GREEN, BLUE, RED = pictures._SURE, report._TRUE, report._MISSED


def quad(x: float, y: float, w: float, h: float) -> list[tuple[float, float]]:
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def example(texts: list[str] | None = None) -> tuple[np.ndarray, Detection, LabelledPage]:
    """A white sheet with a word that is found, one that is missed, a don't-care region, and a false alarm."""
    image = np.full((200, 300, 3), 255, np.uint8)
    image.flags.writeable = False
    targets = np.array([quad(20, 40, 80, 20), quad(150, 40, 80, 20), quad(20, 120, 80, 40)], float)
    page = LabelledPage(image, targets, ["Đường", "missed", "###"], np.array([False, False, True]), source="set")
    found = np.array([quad(20, 36, 80, 32), quad(200, 150, 60, 20)], float)
    return image, Detection(0, found, np.array([1.0, 0.3]), texts), page


def like(pixel: np.ndarray, colour: pictures.Colour) -> bool:
    """The line has that colour there; its smooth edges may have let some white in."""
    return bool(np.abs(pixel.astype(int) - colour).max() <= 40)


def test_every_quad_has_the_colour_of_what_it_is() -> None:
    image, detection, page = example()
    plain, drawn = pictures.draw(image, detection), report.draw(image, detection, page)
    assert plain.shape == drawn.shape == image.shape and plain.dtype == np.uint8 and (image == 255).all()
    assert like(plain[36, 60], GREEN) and like(plain[150, 230], pictures._UNSURE)  # top sides
    assert (plain[60, 60] == 255).all() and like(drawn[60, 60], BLUE)  # the true bottom, inside of what was found
    assert (plain[40, 190] == 255).all() and like(drawn[40, 190], RED)
    side = np.array([like(pixel, report._IGNORED) for pixel in drawn[120, 20:100]])
    assert 0.3 < side.mean() < 0.7 and side[0] and side[-1]  # dashes, both corners drawn
    assert (drawn[140, 150] == 255).all()
    nothing = Detection(0, np.zeros((0, 4, 2)), np.zeros(0), [])
    assert (pictures.draw(image, nothing) == 255).all()
    assert like(report.draw(image, nothing, page)[40, 60], RED)


def test_a_wrong_text_has_a_red_label_and_none_leaves_the_picture() -> None:
    def band(texts: list[str]) -> np.ndarray:
        image, detection, page = example(texts)
        return report.draw(image, detection, page)[20:34, 21:24].astype(int).mean((0, 1))  # left end, above the word

    red, black = band(["Đương", ""]), band(["đường", ""])
    assert red[0] > 1.5 * red[1] and np.ptp(black) < 1 and black.max() < 120
    image, detection, page = example(["a very long text that no picture holds" * 3, "x"])
    detection.quads[1] = quad(280, 0, 18, 12)  # in a corner
    assert report.draw(image, detection, page).shape == image.shape


def test_a_label_goes_where_it_hides_least() -> None:
    box, picture = np.array([100.0, 100, 140, 110]), (300, 200)
    above, below = np.array([0.0, 80, 300, 99]), np.array([0.0, 111, 300, 130])

    def place(*taken: np.ndarray) -> list[float]:
        return pictures._place(box, 50, 12, np.stack([box, *taken]), picture, 2).tolist()

    assert place() == [100, 86, 150, 98]
    assert place(above) == [100, 112, 150, 124]
    assert place(above, below) == [142, 100, 192, 112]
    right = np.array([141.0, 99, 300, 120])
    assert place(above, below, right) == [48, 100, 98, 112]


def test_the_font_has_all_vietnamese_letters() -> None:
    font, text = pictures._font(20, VIETNAMESE)
    assert isinstance(font, ImageFont.FreeTypeFont) and text == VIETNAMESE
    missing = bytes(font.getmask("\uffff"))
    assert all(bytes(font.getmask(c)) != missing for c in VIETNAMESE)


def test_without_such_a_font_accents_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_loaded", lambda size: (ImageFont.load_default(size), False))
    assert pictures._font(20, "Đường Huế")[1] == "Duong Hue"


def test_tables() -> None:
    metric = DetectionMetric()
    _, detection, page = example()
    metric.update([detection], [page])
    table = report.table({"all": metric.compute(), **metric.by_source()})
    assert list(table.index) == ["all", "set"]
    assert list(table.columns) == ["images", "truths", "found", "matched", "precision", "recall", "hmean"]
    assert table.loc["set"].tolist() == [1, 2, 2, 1, 0.5, 0.5, 0.5] and table["truths"].dtype.kind == "i"
    errors = report.error_table({"all": metric.errors(), **metric.errors_by_source()})
    assert errors.loc[("truths", "missed"), "all"] == 1 and errors.loc[("found", "false"), "set"] == 1
    assert int(errors["all"].sum()) == 2 and list(errors.columns) == ["all", "set"]

    metric.update([example(["Đường", ""])[1]], [LabelledPage(None, page.quads, page.texts, page.ignore)])
    mixed = report.table(metric.by_source())
    assert list(mixed.index) == ["(no source)", "set"]
    assert mixed["e2e hmean"].iloc[0] == pytest.approx(0.5) and np.isnan(mixed["e2e hmean"].iloc[1])
