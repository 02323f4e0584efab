"""Hand-made pages, every number worked out in the comments; and random ones against a second implementation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely.affinity
from shapely.geometry import MultiPoint, Polygon

from chuviet.labels import LabelledPage
from chuviet.metrics.detection import (
    FOUND_ERRORS,
    TARGET_ERRORS,
    DetectionMetric,
    compare,
    equal_icdar,
    threshold_for_recall,
)
from chuviet.results import Detection

Box = tuple[float, float, float, float]  # x, y, width, height


def quads(boxes: list[Box]) -> np.ndarray:
    corners = [[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h in boxes]
    return np.array(corners, float).reshape(-1, 4, 2)


def page(boxes: list[Box], ignore: list[int] = (), texts: list[str] | None = None, source: str = "") -> LabelledPage:  # type: ignore[assignment]
    flags = np.isin(np.arange(len(boxes)), ignore)
    texts = texts or ["###" if f else "word" for f in flags]
    return LabelledPage(image=None, quads=quads(boxes), texts=texts, ignore=flags, source=source)


def seen(boxes: list[Box], texts: list[str] | None = None) -> Detection:
    return Detection(index=0, quads=quads(boxes), scores=np.ones(len(boxes)), texts=texts)


def measure(*pairs: tuple[Detection, LabelledPage], iou: float = 0.5) -> dict[str, float]:
    metric = DetectionMetric(iou)
    metric.update([d for d, _ in pairs], [p for _, p in pairs])
    return metric.compute()


A, B, C = (0, 0, 40, 10), (60, 0, 40, 10), (0, 30, 40, 10)


def test_a_perfect_page_in_any_order() -> None:
    result = measure((seen([C, A, B]), page([A, B, C])))
    assert result == {
        "precision": 1, "recall": 1, "hmean": 1, "error": 0, "count": 1, "truths": 3, "found": 3, "matched": 3
    }  # fmt: skip


def test_two_detections_of_one_word_are_one_match_and_one_false_positive() -> None:
    for found in ([A, (2, 0, 40, 10), B], [B, (2, 0, 40, 10), A]):
        result = measure((seen(found), page([A, B, C])))
        assert (result["precision"], result["recall"]) == pytest.approx((2 / 3, 2 / 3))
        assert sorted(compare(seen(found), page([A, B, C])).found) == ["duplicate", "matched", "matched"]


def test_one_detection_is_the_match_of_one_of_two_stacked_truths() -> None:
    assert compare(seen([A]), page([A, A])).partner == [0, -1]
    assert measure((seen([A, A]), page([A, A])))["hmean"] == 1  # the second target takes the second detection


def test_an_overlap_of_exactly_the_threshold_is_no_match() -> None:
    half = seen([(0, 0, 40, 5)])  # 200 of 400
    assert measure((half, page([A])))["matched"] == 0
    assert measure((half, page([A])), iou=0.499)["matched"] == 1


def test_sums_run_over_all_images_empty_ones_included() -> None:
    # matched 1, found 1 + 2 + 0, targets 2 + 0 + 1: the mean over images would be another number
    pairs = [(seen([A]), page([A, B])), (seen([A, B]), page([])), (seen([]), page([C])), (seen([]), page([]))]
    result = measure(*pairs)
    assert (result["precision"], result["recall"], result["hmean"]) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert result["error"] == pytest.approx(2 / 3) and result["count"] == 4
    assert result == measure(*reversed(pairs))


def test_pages_without_any_text() -> None:
    silent, noisy = measure((seen([]), page([]))), measure((seen([A]), page([B], ignore=[0])))
    assert (silent["precision"], silent["recall"], silent["hmean"]) == (1, 1, 1)
    assert (noisy["precision"], noisy["recall"], noisy["hmean"]) == (0, 1, 0)
    assert measure((seen([]), page([A])))["precision"] == 0


def test_a_detection_in_a_dont_care_region_is_neither_right_nor_wrong() -> None:
    # The region holds three words; a fourth detection has exactly half of its area in it, which is not more than half.
    region = (0, 0, 100, 20)
    found = [(0, 0, 30, 20), (35, 5, 25, 10), (60, 0, 60, 20), (90, 0, 20, 20), C]
    result = compare(seen(found), page([region, C], ignore=[0]))
    assert result.found == ["ignored", "ignored", "ignored", "false", "matched"]
    assert result.targets == ["ignored", "matched"]
    metrics = measure((seen(found), page([region, C], ignore=[0])))
    assert (metrics["found"], metrics["truths"], metrics["precision"], metrics["recall"]) == (2, 1, 0.5, 1)


def test_a_detection_in_a_dont_care_region_matches_nothing_even_where_it_fits() -> None:
    # as in the official protocol: what is ignored is taken out before matching
    result = compare(seen([A]), page([A, (0, 0, 30, 10)], ignore=[1]))
    assert (result.targets, result.found) == (["merged", "ignored"], ["ignored"])
    # two don't-care regions that hold 40 % each: no single one holds more than half
    assert compare(seen([A]), page([(0, 0, 16, 10), (24, 0, 16, 10)], ignore=[0, 1])).found != ["ignored"]


def test_kinds_of_errors() -> None:
    cases: list[tuple[list[Box], list[Box], list[str], list[str]]] = [
        # targets, detections, what the targets are, what the detections are
        ([A, B], [(0, 0, 100, 10)], ["merged", "merged"], ["merged"]),
        ([(0, 0, 90, 10), (92, 0, 8, 10)], [(0, 0, 100, 10)], ["matched", "merged"], ["matched"]),
        ([A], [(0, 0, 20, 10), (20, 0, 20, 10)], ["split"], ["split", "split"]),
        ([A], [(0, 0, 30, 10), (30, 0, 10, 10)], ["matched"], ["matched", "duplicate"]),
        ([A], [(20, 0, 40, 10)], ["inexact"], ["inexact"]),  # a third
        ([A], [(0, 0, 3, 10)], ["inexact"], ["inexact"]),  # 7.5 %, but the detection lies in the word
        ([A], [(0, -50, 100, 100)], ["inexact"], ["inexact"]),  # 4 %, but it covers the word
        ([A], [(36, 0, 40, 10)], ["missed"], ["false"]),  # 4 / 76, and neither covers the other
        ([A], [], ["missed"], []),
        ([], [A], [], ["false"]),
    ]
    metric = DetectionMetric()
    for targets, found, kinds, found_kinds in cases:
        result = compare(seen(found), page(targets))
        assert (result.targets, result.found) == (kinds, found_kinds)
        metric.update([seen(found)], [page(targets)])
    assert metric.errors() == {
        "truths": {"merged": 3, "split": 1, "inexact": 3, "missed": 2},
        "found": {"merged": 1, "split": 2, "duplicate": 1, "inexact": 3, "false": 2},
    }


def test_words_must_be_read_right_end_to_end() -> None:
    target = page([A, B, C, (60, 30, 40, 10)], ignore=[3], texts=["Hà Nội", "Cafe!", "end", "###"])
    found = [A, B, C, (60, 30, 40, 10), (0, 60, 40, 10)]
    result = measure((seen(found, ["Hà Nội", "CAFE", "and", "xyz", "no"]), target))
    assert result["matched"] == 3  # of 4 found, 3 true: what lies in the don't-care region is not counted
    assert (result["e2e_precision"], result["e2e_recall"], result["e2e_hmean"]) == pytest.approx((1 / 4, 1 / 3, 2 / 7))
    assert result["e2e_hmean_icdar"] == pytest.approx(4 / 7)
    assert "e2e_hmean" not in measure((seen(found), target))
    assert "e2e_hmean" in measure((seen([], []), target))


@pytest.mark.parametrize(
    ("read", "true", "equal"),
    [
        ("word", "WORD", True), ("ĐƯỜNG", "đường", True), ("duong", "đường", False), ("word", "(word)", True),
        ("word)", "(word)", True), ("word", "word!!", False), ("word!", "word", False), ("", "!", True), ("", "", True),
        ("", "a", False), ("ab", "a.b", False),
    ],
)  # fmt: skip
def test_equal_as_icdar_has_it(read: str, true: str, equal: bool) -> None:
    assert equal_icdar(read, true) is equal


def test_figures_of_each_source() -> None:
    metric = DetectionMetric()
    metric.update(
        [seen([A]), seen([A]), seen([B])], [page([A], source="x"), page([A, B], source="y"), page([A], source="y")]
    )
    parts = metric.by_source()
    assert list(parts) == ["x", "y"] and parts["x"]["hmean"] == 1
    assert (parts["y"]["precision"], parts["y"]["recall"], parts["y"]["count"]) == pytest.approx((1 / 2, 1 / 3, 2))
    assert sum(p["matched"] for p in parts.values()) == metric.compute()["matched"]
    assert metric.errors_by_source()["y"]["truths"]["missed"] == 2
    metric.reset()
    assert metric.by_source() == {}
    with pytest.raises(ValueError, match="no images"):
        metric.compute()


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="1 predictions for 0 pages"):
        DetectionMetric().update([seen([])], [])
    with pytest.raises(ValueError, match="1 found texts for 2 quads"):
        measure((seen([A, B], ["x"]), page([A])))
    with pytest.raises(ValueError, match="no numbers"):
        measure((seen([(np.nan, 0, 1, 1)]), page([A])))


def random_page(rng: np.random.Generator) -> tuple[Detection, LabelledPage]:
    """Up to seven quads each on a small sheet, so that they meet in every way; many detections are moved targets."""

    def quad(at: np.ndarray) -> np.ndarray:
        w, h = rng.uniform(5, 25), rng.uniform(5, 10)
        corners = np.array([(-w, -h), (w, -h), (w, h), (-w, h)]) / 2 + rng.uniform(-1, 1, (4, 2))
        a = rng.uniform(-0.6, 0.6)
        return at + corners @ np.array([(np.cos(a), np.sin(a)), (-np.sin(a), np.cos(a))])

    targets = [quad(rng.uniform(0, 50, 2)) for _ in range(rng.integers(0, 8))]
    moved = [t * rng.normal(1, 0.03, 2) + rng.normal(0, 1.5, 2) for t in targets if rng.random() < 0.7]
    found = moved + [quad(rng.uniform(0, 50, 2)) for _ in range(rng.integers(0, 4))]
    shape = (-1, 4, 2)
    return (
        Detection(0, np.array(found).reshape(shape), np.ones(len(found))),
        LabelledPage(None, np.array(targets).reshape(shape), [""] * len(targets), rng.random(len(targets)) < 0.25),
    )


def by_the_book(detection: Detection, page: LabelledPage) -> dict[str, Any]:
    """The protocol and the kinds of errors in plain loops over single polygons, as hulls of scaled corners."""
    true = [shapely.affinity.scale(MultiPoint(q).convex_hull, 2, 2, origin=(0, 0)) for q in page.quads]
    found = [shapely.affinity.scale(MultiPoint(q).convex_hull, 2, 2, origin=(0, 0)) for q in detection.quads]

    def iou(a: Polygon, b: Polygon) -> float:
        return a.intersection(b).area / a.union(b).area

    def covers(a: Polygon, b: Polygon) -> bool:
        return 1 - b.difference(a).area / b.area > 0.5

    def near(a: Polygon, b: Polygon) -> bool:
        return iou(a, b) >= 0.1 or covers(a, b) or covers(b, a)

    wanted = [t for t, skip in enumerate(page.ignore) if not skip]
    kept = [d for d, f in enumerate(found) if not any(covers(true[t], f) for t in set(range(len(true))) - set(wanted))]
    pairs: dict[int, int] = {}
    for t in wanted:
        for d in kept:
            if t not in pairs and d not in pairs.values() and iou(true[t], found[d]) > 0.5:
                pairs[t] = d
    merging = {d for d, f in enumerate(found) if sum(covers(f, t) for t in true) >= 2}
    parts = {t: [d for d, f in enumerate(found) if covers(true[t], f)] for t in wanted if t not in pairs}
    errors = dict.fromkeys([("t", k) for k in TARGET_ERRORS] + [("f", k) for k in FOUND_ERRORS], 0)
    for t in parts:
        if any(covers(found[d], true[t]) for d in merging):
            kind = "merged"
        elif len(parts[t]) >= 2:
            kind = "split"
        else:
            kind = "inexact" if any(near(true[t], f) for f in found) else "missed"
        errors["t", kind] += 1
    for d in set(kept) - set(pairs.values()):
        close = [t for t in wanted if near(true[t], found[d])]
        if d in merging:
            kind = "merged"
        elif any(d in p and len(p) >= 2 for p in parts.values()):
            kind = "split"
        elif close:
            kind = "duplicate" if set(close) <= pairs.keys() else "inexact"
        else:
            kind = "false"
        errors["f", kind] += 1
    return {"pairs": pairs, "found": len(kept), "truths": len(wanted), "errors": errors}


def test_random_pages_against_the_second_implementation() -> None:
    rng = np.random.default_rng(5)
    totals = dict.fromkeys(["truths", "found", "matched"], 0)
    kinds = dict.fromkeys([("t", k) for k in TARGET_ERRORS] + [("f", k) for k in FOUND_ERRORS], 0)
    metric = DetectionMetric()
    for _ in range(300):
        detection, page = random_page(rng)
        expected = by_the_book(detection, page)
        partner = compare(detection, page).partner
        assert {t: d for t, d in enumerate(partner) if d >= 0} == expected["pairs"]
        metric.update([detection], [page])
        for key in totals:
            totals[key] += len(expected["pairs"]) if key == "matched" else expected[key]
        for key, n in expected["errors"].items():
            kinds[key] += n
    result, errors = metric.compute(), metric.errors()
    assert {k: result[k] for k in totals} == totals
    assert errors == {
        "truths": {k: kinds["t", k] for k in TARGET_ERRORS},
        "found": {k: kinds["f", k] for k in FOUND_ERRORS},
    }
    assert min(kinds.values()) > 0 and result["matched"] > 300  # every kind was there
    assert sum(errors["truths"].values()) == result["truths"] - result["matched"]
    assert sum(errors["found"].values()) == result["found"] - result["matched"]


def test_threshold_for_recall_is_the_largest_that_keeps_enough() -> None:
    scores, labels = [0.9, 0.2, 0.7, 0.95, 0.4], [1, 1, 1, 0, 0]
    assert [threshold_for_recall(scores, labels, r) for r in (0.3, 1 / 3, 0.34, 2 / 3, 0.67, 1)] == [
        0.9, 0.9, 0.7, 0.7, 0.2, 0.2
    ]  # fmt: skip
    assert threshold_for_recall([0.5, 0.5, 0.5], [1, 1, 0], 0.5) == 0.5  # ties are all kept
    # 7 % of 100 is 7.000000000000001 in floats; seven are enough all the same
    assert threshold_for_recall(np.arange(100), np.ones(100), 0.07) == 93
    rng = np.random.default_rng(0)
    scores, labels = rng.random(300).round(2), rng.random(300) < 0.5
    for recall in (0.01, 0.5, 0.9, 0.995, 1.0):
        chosen = threshold_for_recall(scores, labels, recall)
        assert chosen == max(t for t in scores if (scores[labels] >= t).mean() >= recall)
    for bad in (([0.1], [0], 0.5), ([0.1], [1], 0.0), ([0.1], [1], 1.1), ([np.nan], [1], 0.5)):
        with pytest.raises(ValueError, match="positives"):
            threshold_for_recall(*bad)
