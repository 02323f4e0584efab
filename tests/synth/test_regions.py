"""Lines of a drawn page: outlines, quads of straight and bent lines, what label files say of them."""

import numpy as np
import pytest

from chuviet.synth.regions import Line, Word, around, box_line, line_row, rectangle


def turned(points: np.ndarray, degrees: float) -> np.ndarray:
    """Clockwise on the screen, around the origin."""
    a = np.deg2rad(degrees)
    return points @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])


def arc(degrees: float) -> Line:
    """A line 200 long and 20 high on an arc of radius 300 that sags in its middle, turned."""
    angles = np.deg2rad(np.linspace(110, 70, 9))
    rays = np.stack((np.cos(angles), np.sin(angles)), 1)
    outline = np.concatenate((280 * rays, 300 * rays[::-1]))
    return Line([Word("a", rectangle(0, 0, 1, 1))], turned(outline, degrees))


def test_a_line_of_boxes_reaches_around_all_of_them() -> None:
    line = box_line([("Số", 10, 20, 30, 40), ("nhà", 35, 18, 70, 45)], block=3)
    assert line.text == "Số nhà" and line.block == 3 and not line.handwritten and not line.bent
    assert line.corners.tolist() == [[10, 18], [70, 18], [70, 45], [10, 45]] == line.quad.tolist()
    assert [w.quad.tolist()[2] for w in line.words] == [[30, 40], [70, 45]]


@pytest.mark.parametrize("degrees", [0, 30, 90, 135, 180, 270, 315])
def test_the_quad_of_a_bent_line_starts_where_its_text_does(degrees: float) -> None:
    line = arc(degrees)
    assert line.bent
    back = turned(line.quad, -degrees)  # as if it had not been turned
    half = 300 * np.sin(np.deg2rad(20))
    low, high = 280 * np.cos(np.deg2rad(20)), 300
    assert np.abs(back - [(-half, low), (half, low), (half, high), (-half, high)]).max() < 0.01


def test_around_is_the_smallest_rectangle() -> None:
    box = turned(rectangle(0, 0, 100, 10), 25)
    outline = np.concatenate((box[:2], box[2:]))
    assert np.abs(around(outline) - box).max() < 1e-3


def test_rows_hold_a_polygon_for_bent_lines_only() -> None:
    straight = line_row(box_line([("a", 0, 0, 9.04, 5), ("b", 12, 0, 20, 5)], 1, handwritten=True))
    assert straight == {
        "transcription": "a b", "points": [[0, 0], [20, 0], [20, 5], [0, 5]], "block": 1, "handwritten": True,
        "words": [
            {"transcription": "a", "points": [[0, 0], [9, 0], [9, 5], [0, 5]]},
            {"transcription": "b", "points": [[12, 0], [20, 0], [20, 5], [12, 5]]},
        ],
    }  # fmt: skip
    bent = line_row(arc(0))
    assert len(bent["polygon"]) == 18 and len(bent["points"]) == 4


def test_a_moved_line_takes_its_words_with_it() -> None:
    line = box_line([("a", 0, 0, 9, 5)], 0).moved(lambda xy: xy * 2 + (1, 0))
    assert line.quad.tolist() == line.words[0].quad.tolist() == [[1, 0], [19, 0], [19, 10], [1, 10]]
