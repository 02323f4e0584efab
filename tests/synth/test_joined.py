from __future__ import annotations

import numpy as np
import pytest

from chuviet.synth.joined import cut_line, fields, join

RNG = np.random.default_rng


def bars(*spans: tuple[int, int], rows: tuple[int, int] = (20, 40), width: int = 100) -> np.ndarray:
    ink = np.zeros((64, width), np.float32)
    for a, b in spans:
        ink[rows[0] : rows[1], a:b] = 1
    return ink


def test_a_line_is_cut_at_its_emptiest_columns() -> None:
    ink = bars((5, 20), (40, 60), (70, 90))
    line = cut_line(ink, ["một", "hai", "ba"], [(12, 50), (50, 80)])
    assert [line.piece(k, k).shape[1] for k in range(3)] == [15, 20, 20]
    assert line.piece(0, 1).shape[1] == 55  # with the gap between them
    assert line.piece(1, 2).sum() == ink[:, 30:].sum()


def test_a_blob_that_reaches_over_the_cut_stays_whole() -> None:
    ink = bars((5, 30), (50, 80))
    ink[36:40, 30:44] = 1  # the tail of the first word runs below towards the second
    ink[4:8, 24:48] = 1  # a stroke that hangs over both
    line = cut_line(ink, ["a", "b"], [(20, 60)])
    assert line.piece(0, 0)[36:40].sum() == 4 * (44 - 5)
    assert line.piece(0, 0).sum() + line.piece(1, 1).sum() == ink.sum()


@pytest.mark.parametrize("seed", range(5))
def test_joined_words_keep_their_order_and_come_to_one_size(seed: int) -> None:
    small = cut_line(bars((0, 10), (30, 50), rows=(30, 42)), ["a", "b"], [(5, 40)])
    large = cut_line(bars((0, 40), rows=(10, 25)), ["c"], [])
    ink = join([(large, 0, 0), (small, 1, 1), (small, 0, 0)], 48, RNG(seed))
    assert ink.shape[0] == 48 and ink.dtype == np.float32 and ink.min() >= 0 and ink.max() <= 1.01
    columns = (ink > 0.3).any(0)
    edges = np.flatnonzero(np.diff(np.r_[0, columns, 0]))
    widths = edges[1::2] - edges[::2]
    assert len(widths) == 3 and widths[0] > widths[1] > widths[2]
    heights = [(ink[:, a:b] > 0.3).any(1).sum() for a, b in edges.reshape(-1, 2)]
    assert max(heights) <= 1.35 * min(heights)  # 15 and 12 rows before; a change of 5 % each is drawn
    assert (ink > 0.3).any(1).sum() >= 48 * 0.6  # cut close to the ink


def test_the_same_generator_gives_the_same_line() -> None:
    line = cut_line(bars((5, 20), (40, 60)), ["a", "b"], [(12, 50)])
    pieces = [(line, 1, 1), (line, 0, 1)]
    assert np.array_equal(join(pieces, 64, RNG(3)), join(pieces, 64, RNG(3)))
    assert not np.array_equal(join(pieces, 64, RNG(3)), join(pieces, 64, RNG(4)))


def test_words_without_ink_leave_no_gap() -> None:
    line = cut_line(bars((5, 20)), ["a", "b"], [(25, 60)])
    assert line.piece(1, 1).shape == (64, 0)
    assert (join([(line, 1, 1), (line, 0, 0)], 64, RNG(0)) > 0.3).any()


def test_parts_of_an_address_end_with_commas() -> None:
    assert fields("Số 3 Phố Huế, Quận 1, Hà Nội".split(" ")) == [(0, 3), (4, 5), (6, 7)]
    assert fields(["Huế"]) == [(0, 0)]
    assert fields("Phường 4 , Huế,".split(" ")) == [(0, 2), (3, 3)]
