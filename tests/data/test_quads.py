"""Mending of quads: hand-worked cases of every rule, and that what comes back never needs mending again."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from PIL import Image

from chuviet.data.pages import read_pages
from chuviet.data.quads import DROPPED, MENDED, image_size, mend, mend_pages, summary
from chuviet.errors import InputError
from chuviet.geometry import signed_area
from chuviet.labels import LabelledPage

SOUND = [(10, 10), (60, 12), (60, 30), (10, 28)]


def mend_one(quad: object, ignore: bool = False) -> tuple[list[list[float]] | None, bool, dict[str, int]]:
    """One quad in an image of 100 x 80 px: it, its don't-care mark, and the counts that are not 0."""
    quads, texts, marks, counts = mend(np.array([quad], float), ["a"], np.array([ignore]), 100, 80)
    assert len(quads) == len(texts) == len(marks)
    assert [t == "###" for t in texts] == ([] if ignore else marks.tolist()) or ignore
    done = {k: n for k, n in counts.items() if n and k in MENDED + DROPPED}
    return (quads[0].tolist() if len(quads) else None), bool(marks.any()), done


@pytest.mark.parametrize(
    ("quad", "wanted", "done"),
    [
        (SOUND, SOUND, {}),
        ([(10, 10), (10, 30), (60, 30), (60, 10)], [(10, 10), (60, 10), (60, 30), (10, 30)], {"reversed": 1}),
        # top left, top right, bottom left, bottom right, as a reader's eye goes: a bow-tie
        ([(10, 10), (60, 10), (10, 30), (60, 30)], [(10, 10), (60, 10), (60, 30), (10, 30)], {"re-ordered": 1}),
        # the text stands on its head; its first corner stays the first
        ([(60, 30), (10, 30), (60, 10), (10, 10)], [(60, 30), (10, 30), (10, 10), (60, 10)], {"re-ordered": 1}),
        ([(-20, 10), (60, 10), (60, 30), (-20, 30)], [(0, 10), (60, 10), (60, 30), (0, 30)], {"clipped": 1}),
        ([(80, -5), (100, -5), (100, 80), (80, 80)], [(80, 0), (100, 0), (100, 80), (80, 80)], {"clipped": 1}),
        ([(0, 0), (100, 0), (100, 80), (0, 80)], [(0, 0), (100, 0), (100, 80), (0, 80)], {}),  # the border is inside
    ],
)
def test_mended(quad: object, wanted: list[tuple[float, float]], done: dict[str, int]) -> None:
    found, ignore, what = mend_one(quad)
    assert found == [list(map(float, c)) for c in wanted] and not ignore and what == done


@pytest.mark.parametrize(
    ("quad", "why"),
    [
        ([(10, 10), (60, np.nan), (60, 30), (10, 30)], "not finite"),
        ([(10, 10), (np.inf, 10), (60, 30), (10, 30)], "not finite"),
        ([(120, 10), (160, 10), (160, 30), (120, 30)], "outside"),
        ([(99.99, 10), (160, 10), (160, 30), (99.99, 30)], "outside"),  # 0.2 square pixels are left
        ([(10, 10), (60, 10), (60, 10.5), (10, 10.5)], "degenerate"),
        ([(10, 10), (10, 10), (60, 30), (10, 30)], "degenerate"),
        ([(10, 10), (20, 10), (40, 10), (60, 10)], "degenerate"),
        ([(99.5, 10), (99.9, 10), (100.3, 40), (99.5, 40)], "degenerate"),  # half a pixel wide once clipped
    ],
)
def test_dropped(quad: object, why: str) -> None:
    assert mend_one(quad) == (None, False, {why: 1})


def test_less_than_half_inside_becomes_dont_care() -> None:
    left, half = ([(x, 10), (x + 50, 10), (x + 50, 30), (x, 30)] for x in (-26, -25))
    assert mend_one(left)[1:] == (True, {"clipped": 1, "made don't-care": 1})
    assert mend_one(half)[1:] == (False, {"clipped": 1})
    assert mend_one(left, ignore=True)[1:] == (True, {"clipped": 1})
    # Not a corner but a tip of the text reaches in: 20 x 20 / 2 of 80 x 80 / 2 square pixels.
    tip, ignored, _ = mend_one([(100, 60), (140, 100), (100, 140), (60, 100)])
    assert ignored and shapely.Polygon(tip).area == pytest.approx(200)


def test_slanted_text_keeps_its_slant_when_cut() -> None:
    """Its long sides, falling by 70 in 80 and in 82 px, leave the image at x = 100."""
    quad, ignore, done = mend_one([(40, 60), (120, -10), (128, -4), (46, 66)])
    assert not ignore and done == {"clipped": 1}
    np.testing.assert_allclose(quad, [(40, 60), (100, 7.5), (100, 66 - 70 / 82 * 54), (46, 66)])
    upside_down = mend_one([(128, -4), (46, 66), (40, 60), (120, -10)])[0]
    np.testing.assert_allclose(upside_down, np.roll(quad, 2, 0))


def test_mending_is_done_once_and_loses_no_count() -> None:
    rng = np.random.default_rng(0)
    quads = rng.uniform(-60, 160, (4000, 4, 2))
    quads[:20, 1, 1] = np.nan
    given = quads.copy()
    texts, ignore = [str(i) for i in range(len(quads))], rng.random(len(quads)) < 0.2
    mended, kept, marks, counts = mend(quads, texts, ignore, 100, 80)
    assert np.array_equal(quads, given, equal_nan=True)
    assert counts["quads"] == 4000 == len(mended) + counts["dropped"] and counts["not finite"] == 20
    assert counts["dropped"] == sum(counts[k] for k in DROPPED) and min(counts.values()) > 0
    assert (mended >= 0).all() and (mended <= (100, 80)).all() and (signed_area(mended) >= 1).all()
    assert shapely.is_valid(shapely.polygons(mended)).all()
    rows = [i for i, t in enumerate(kept) if t != "###"]
    assert all(not marks[i] or ignore[int(kept[i])] for i in rows)
    again, _, _, nothing = mend(mended, kept, marks, 100, 80)
    assert np.array_equal(again, mended) and not any(nothing[k] for k in ("mended", "dropped", *MENDED))


def test_pages_are_mended_by_the_upright_size_and_summed_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn: 100 x 80 as shown
    Image.new("RGB", (80, 100)).save(tmp_path / "a.jpg", exif=exif)
    assert image_size(tmp_path / "a.jpg") == (100, 80)
    quads = np.array([SOUND, np.add(SOUND, (45, 0)), np.add(SOUND, (200, 0)), SOUND[::-1]], float)
    page = LabelledPage(
        None, quads, list("abcd"), np.zeros(4, bool), path=str(tmp_path / "a.jpg"), meta={"split": "test"}
    )
    empty = LabelledPage(None, np.zeros((0, 4, 2)), [], np.zeros(0, bool), path=str(tmp_path / "a.jpg"))
    mended = mend_pages([page, empty], "labels.txt")
    assert mended[0].texts == ["a", "b", "d"] and mended[0].meta == {"split": "test"} and not len(mended[1].quads)
    assert page.texts == list("abcd")
    assert capsys.readouterr().err == (
        "labels.txt: 2 of 4 quads mended (1 clipped, 1 reversed), 1 dropped (1 outside)\n"
    )
    assert summary("x", {"quads": 4468}) == "x: 0 of 4,468 quads mended, 0 dropped"
    (tmp_path / "a.jpg").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"a\.jpg: not an image"):
        mend_pages([page], "labels.txt")


def test_counts_of_a_folder_name_its_bad_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 24 frames, the second has a quad outside, those from the fourth on one that runs backwards."""
    bad = [*[SOUND] * 3, *[SOUND[::-1]] * 21]
    bad[1] = np.add(SOUND, (200, 0)).astype(int).tolist()
    for k, quad in enumerate(bad):
        split = ("train", "test")[k % 2]
        for name in (f"{split}_images1", f"sample_{split}_annotation_txt"):
            (tmp_path / name).mkdir(exist_ok=True)
        Image.new("RGB", (100, 80)).save(tmp_path / f"{split}_images1" / f"f{k}.png")
        lines = [",".join(str(v) for corner in q for v in corner) + ",a\n" for q in (SOUND, quad, quad)[: 3 - (k > 3)]]
        (tmp_path / f"sample_{split}_annotation_txt" / f"f{k}.txt").write_text("".join(lines))
    mend_pages(read_pages(tmp_path), tmp_path)
    first, train, test, *files = capsys.readouterr().err.splitlines()
    assert first == f"{tmp_path}: 22 of 52 quads mended (22 reversed), 2 dropped (2 outside)"
    assert train == "  sample_train_annotation_txt: 10 of 26 quads mended (10 reversed), 0 dropped"
    assert test.startswith("  sample_test_annotation_txt: 12 of 26 quads mended")
    assert len(files) == 21 and files[-1] == "  and 2 more files with mended or dropped quads"
    assert files[0] == "  sample_test_annotation_txt/f1.txt: 0 of 3 quads mended, 2 dropped (2 outside)"
    assert files[1] == "  sample_test_annotation_txt/f3.txt: 2 of 3 quads mended (2 reversed), 0 dropped"
    mend_pages(read_pages(tmp_path / "sample_train_annotation_txt")[:2], "x")
    assert capsys.readouterr().err == "x: 0 of 6 quads mended, 0 dropped\n"
