"""The engine's decoding, language and layout against the Python package's."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from chuviet import native
from chuviet.config import to_json
from chuviet.decode.ctc import CTCBeam
from chuviet.decode.db import DBDecoder, LineWordDecoder
from chuviet.language.edits import Names, edit_distances
from chuviet.language.gazetteer import District, Gazetteer
from chuviet.language.ngram import NGram
from chuviet.language.rescore import AddressRescorer
from chuviet.language.spelling import both_tones, fields, name_key
from chuviet.reading import cutting, halving
from chuviet.reading.choice import reads_better, vietnamese_share
from chuviet.reading.joining import FoundLine, lines_of
from chuviet.reading.order import arrange
from chuviet.reading.upright import aligned
from chuviet.reading.wide_set import join_wide_set
from chuviet.results import Detection, Prediction
from chuviet.vocab import VIETNAMESE, Charset

CHARSET = Charset(VIETNAMESE)
DISTRICTS = [
    ["Bình Phước", "Huyện", "Bù Đốp", [["Xã", "Thiện Hưng"], ["Xã", "Tân Tiến"]], []],
    ["Bình Phước", "Huyện", "Lộc Ninh", [["Xã", "Lộc Thái"]], ["Nguyễn Tất Thành"]],
    ["Hồ Chí Minh", "Quận", "8", [["Phường", "7"], ["Phường", "10"]], ["Bùi Minh Trực", "3/2"]],
    ["Phú Yên", "", "Tuy Hoà", [["Phường", "Phú Lâm"]], []],
    ["Đồng Nai", "", "", [["Phường", "Trấn Biên"], ["Xã", "Lộc Thái"]], []],
]
TEXTS = [
    "12 Bùi Minh Trục, Phường 7, Quận 8, Hồ Chí Minh", "Thiện Hung, Bù Đôp, Bình Phước", "Lộc Thái, Đồng Nai",
    "TP. Tuy Hòa, Phú Yên", "xã tân tiên huyện bù đốp bình phước", "TRÂN BIÊN, ĐỒNG NAI",
    "3/2, P.10, Q 8, TP Hồ Chí Minh", "5 Nguyễn Tat Thành, Lộc Thái, Lộc Ninh, Bình Phước", "không phải địa chỉ",
    "Phường 07 Quận 8 Hồ Chí Minh", "", ", ,",
]  # fmt: skip


def gazetteer() -> Gazetteer:
    rows: Any = DISTRICTS
    return Gazetteer(District(p, k, n, tuple((a, b) for a, b in w), tuple(s)) for p, k, n, w, s in rows)


def model(order: int = 5) -> NGram:
    return NGram.train([text for text in TEXTS if text] * 2, CHARSET, order)


def test_the_kernels_are_of_these_sources(engine: Any, tmp_path: Path) -> None:
    assert engine.one("./wrapped", "version") == native.VERSION
    if shutil.which("clang") and shutil.which("wasm-ld"):
        web = Path(__file__).parents[2] / "web" / "engine"
        subprocess.run([str(web / "native" / "build.sh"), str(tmp_path / "native.wasm")], check=True)
        made, kept = ((folder / "native.wasm").read_bytes() for folder in (tmp_path, web))
        same_compiler = made == kept
        assert same_compiler or abs(len(made) - len(kept)) < 0.2 * len(kept)


def test_distances_and_spellings(engine: Any) -> None:
    names = [part for text in TEXTS for part in text.split(", ")]
    assert (
        engine.one("./wrapped", "distances", "Phường 7", names) == edit_distances("Phường 7", [Names(names)]).tolist()
    )
    calls = [("language/spelling", "fields", text) for text in TEXTS]
    assert [[tuple(span) for span in found] for found in engine.call(*calls)] == [fields(text) for text in TEXTS]
    words = [*names, "Plei Ku", "Đắk R'Lấp", "Phường V", "Hoà Bình", "TP. Hồ Chí Minh", "Phan Rí", "QUẬN 8", "Thuý"]
    assert engine.call(*[("language/spelling", "nameKey", word) for word in words]) == list(map(name_key, words))
    assert engine.call(*[("language/spelling", "bothTones", word) for word in words]) == list(map(both_tones, words))


def test_addresses_are_known_and_others_offered(engine: Any) -> None:
    known = gazetteer()
    wanted = [[known.known(text), known.places(text), known.streets(text)] for text in TEXTS]
    assert engine.one("./wrapped", "addresses", DISTRICTS, TEXTS) == wanted
    assert {count for count, _, _ in wanted} >= {0, 2, 3} and any(streets for _, _, streets in wanted)


@pytest.mark.parametrize("order", [2, 7])
def test_an_ngram_model_gives_the_same_probabilities(engine: Any, order: int) -> None:
    lm = NGram.from_tensors(model(order).to_tensors())  # as a file holds it
    asked = [("Quận 8, Hồ", ""), ("Hồ Chí Minh", "Quận 8, "), ("zzz", ""), ("", "Bình")]
    found = engine.one("./wrapped", "scores", lm.to_tensors(), asked)
    assert found == pytest.approx([lm.score(text, behind) for text, behind in asked], rel=1e-12)


def frames_of(text: str, rng: np.random.Generator, doubt: float) -> np.ndarray:
    """Log probabilities that spell a text, with some of its letters in doubt."""
    logits = rng.normal(0, 1, (3 * len(text) + 4, len(CHARSET) + 1))
    logits[:, 0] += 9
    for i, c in enumerate(text):
        at = 3 * i + 2
        logits[at, CHARSET.characters.index(c) + 1] += 18
        if rng.random() < doubt:
            other = c.swapcase() if rng.random() < 0.3 else CHARSET.characters[int(rng.integers(0, len(CHARSET)))]
            logits[at, CHARSET.characters.index(other) + 1] += 18 + rng.normal()
    logs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return logs.astype(np.float32)


@pytest.mark.parametrize(("temperature", "alpha_style"), [(1.0, None), (1.25, None), (1.6, 0.15), (1.0, 0.0)])
def test_lines_are_decoded_as_in_python(engine: Any, temperature: float, alpha_style: float | None) -> None:
    rng = np.random.default_rng(7)
    lms = [NGram.from_tensors(model(order).to_tensors()) for order in (6, 3)]
    lms[0].gazetteer = gazetteer()
    cfg = CTCBeam.Config(temperature=temperature, alpha_style=alpha_style)
    decoder = cfg.build(CHARSET, *(AddressRescorer(lm, cfg.alpha, cfg.place, cfg.alpha_style) for lm in lms))
    lines = [frames_of(text, rng, doubt) for text in TEXTS if text for doubt in (0.0, 0.2, 0.5)]
    lines[0] = lines[0][:0]
    given = [{"data": one, "count": one.shape[0], "classes": len(CHARSET) + 1} for one in lines]
    arrays = [{k: v for k, v in lm.to_tensors().items() if k != "gazetteer"} for lm in lms]
    for use in (arrays, []):
        found = engine.one("./wrapped", "decoded", to_json(cfg), VIETNAMESE, use, DISTRICTS, given)
        wanted = (decoder if use else cfg.build(CHARSET))([(line,) for line in lines])
        for one, want in zip(found, wanted, strict=True):
            assert (one["text"], one["rawText"]) == (want.text, want.raw_text)
            assert one["confidence"] == pytest.approx(want.confidence, rel=1e-5)
            assert one["spans"] == (None if want.spans is None else want.spans.tolist())
        if use:
            assert any(want.text != want.raw_text for want in wanted)


def blobs(rng: np.random.Generator) -> np.ndarray:
    """A map with turned boxes in it."""
    found = np.full((160, 240), 0.02, np.float32)
    for _ in range(9):
        x, y, w, h, angle = rng.uniform((20, 20, 6, 4, -60), (220, 140, 60, 16, 60))
        cv2.fillPoly(found, [cv2.boxPoints(((x, y), (w, h), angle)).astype(np.int32)], 0.97)
    return found


@pytest.mark.parametrize("cfg", [DBDecoder.Config(), DBDecoder.Config(threshold=0.5, unclip=0.0, shrink=0.5)])
def test_regions_of_a_map(engine: Any, cfg: DBDecoder.Config) -> None:
    rng = np.random.default_rng(8)
    for _ in range(3):
        probability = blobs(rng)
        size = {"width": 240, "height": 160}
        found = engine.one("decode/regions", "regions", to_json(cfg), probability, size)
        quads, scores = cfg.build().regions(probability)
        assert len(quads) > 3 and np.abs(np.array(found["quads"]) - quads).max() < 1e-3
        assert found["scores"] == pytest.approx(scores.tolist(), abs=1e-6)


def test_lines_get_the_margin_that_python_gives_them(engine: Any) -> None:
    """Narrow ones less of it, columns of letters above and below."""
    probability = np.full((160, 240), 0.02, np.float32)
    for x, y, w, h in ((10, 10, 5, 20), (40, 12, 90, 18), (200, 10, 12, 100), (20, 60, 14, 14), (228, 140, 11, 18)):
        probability[y : y + h, x : x + w] = 0.97
    logits = np.log(probability / (1 - probability))[None].repeat(2, 0)
    cfg = LineWordDecoder.Config(lines=DBDecoder.Config(threshold=0.5, unclip=0.0, shrink=0.6), margin=(0.2, 0.1))
    (want,) = cfg.build()(logits[None], [(160, 240, 320, 480)])
    size = [{"width": w, "height": h} for w, h in ((240, 160), (480, 320))]
    found = engine.one("decode/regions", "decodeMaps", to_json(cfg), logits.ravel(), 160, 240, *size)
    assert len(want.quads) == 5
    np.testing.assert_allclose(found["lines"]["quads"], want.quads, atol=1e-3)


def test_words_that_are_set_wide_are_one_line(engine: Any) -> None:
    rng = np.random.default_rng(10)
    joined = 0
    for _ in range(8):
        reads = []
        for row in range(4):
            x, place = float(rng.uniform(0, 40)), float(rng.uniform(10, 24))
            for _ in range(rng.integers(1, 5)):
                letters = "".join(rng.choice(list("ABC1.ế"), rng.integers(1, 7)))
                width, y = place * len(letters), 40 * row + float(rng.normal(0, 3))
                quad = np.array([(x, y), (x + width, y + 1), (x + width, y + 21), (x, y + 20)])
                words = quad[None] if rng.random() < 0.5 else None
                text = Prediction(0, letters, float(rng.uniform(0.3, 1)))
                reads.append((FoundLine(quad, float(rng.random()), words), text))
                x += width + float(rng.uniform(-8, 26))
        reads = [reads[i] for i in rng.permutation(len(reads))]
        given = []
        for line, text in reads:
            shown = {"quad": line.quad.tolist(), "score": line.score}
            shown["words"] = None if line.words is None else line.words.tolist()
            given.append({"line": shown, "text": {"text": text.text, "confidence": text.confidence}})
        found, wanted = engine.one("reading/wideSet", "joinWideSet", given), join_wide_set(reads)
        assert [one["text"]["text"] for one in found] == [text.text for _, text in wanted]
        for one, (line, text) in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one["line"]["quad"], line.quad, atol=1e-9)
            assert one["line"]["score"] == pytest.approx(line.score)
            assert one["text"]["confidence"] == pytest.approx(text.confidence)
            assert (one["line"]["words"] is None) == (line.words is None)
        joined += len(reads) - len(wanted)
    assert joined > 8


def row(rng: np.random.Generator, width: int) -> tuple[np.ndarray, FoundLine, Prediction]:
    """An image 48 px high with a row of words on grain, its line, and a text as long as the row has letters."""
    image = rng.integers(235, 250, (48, width, 3)).astype(np.uint8)
    words, spans, quads, x = [], [], [], 12
    while x < width - 160:
        word = str(rng.choice(["TOTAL", "TAX", "2.10", "S", "CASHIER:", "1053110", "RM", ":", "16-03-2018", "Nội,"]))
        for i in range(len(word)):
            cv2.rectangle(image, (x + 14 * i, 12), (x + 14 * i + 9, 36), (30, 20, 40), -1)
            spans += [[(x + 14 * i) // 4, (x + 14 * i + int(rng.integers(0, 9))) // 4]]
        quads.append([(x, 8), (x + 14 * len(word), 8), (x + 14 * len(word), 40), (x, 40)])
        x += 14 * len(word)
        spans.append([x // 4, x // 4])
        x += int(rng.integers(2, 60))
        words.append(word)
    text = " ".join(words)
    quad = np.array([(0, 3), (width - 1, 2), (width - 1, 44), (0, 45)], np.float64)
    raw = text if rng.random() < 0.5 else text.replace("TOTAL", "TO TAL")
    scores, of_words = rng.uniform(0.3, 1, len(text)), rng.uniform(0.3, 1, len(words))
    read = Prediction(0, text, 0.7, raw, np.array(spans[:-1]), scores, width // 4, of_words)
    return image, FoundLine(quad, 0.9, np.array(quads, np.float64)), read


def test_rows_are_cut_into_the_same_texts(engine: Any) -> None:
    rng = np.random.default_rng(11)
    cuts = 0
    for _ in range(12):
        image, line, text = row(rng, int(rng.integers(400, 900)))
        assert line.words is not None
        assert text.spans is not None
        assert text.scores is not None
        assert text.word_scores is not None
        shown = {"quad": line.quad.tolist(), "score": line.score, "words": line.words.tolist()}
        read = {
            "text": text.text, "confidence": text.confidence, "rawText": text.raw_text, "spans": text.spans.tolist(),
            "scores": text.scores.tolist(), "frames": text.frames, "wordScores": text.word_scores.tolist(),
        }  # fmt: skip
        picture = {"width": image.shape[1], "height": image.shape[0], "channels": 3, "data": image.ravel().tolist()}
        gaps = cutting.gaps_of(image, line, text)
        (found,) = engine.call(("reading/cutting", "gapsOf", picture, {"line": shown, "text": read}))
        assert [one["word"] for one in found] == [gap.word for gap in gaps]
        for key in ("start", "end", "width"):
            np.testing.assert_allclose([one[key] for one in found], [getattr(gap, key) for gap in gaps], atol=1e-9)
        described = cutting.describe([(line, text)], [gaps])
        own = engine.one("reading/cutting", "describe", [{"line": shown, "text": read}], [found])
        np.testing.assert_allclose(own, described, atol=1e-9)
        sure = engine.one("reading/cutting", "probabilities", described.tolist())
        np.testing.assert_allclose(sure, cutting.probabilities(described), atol=1e-12)
        at = [gap for gap in gaps if rng.random() < 0.4]
        parts = engine.one("reading/cutting", "cut", {"line": shown, "text": read}, [vars(gap) for gap in at])
        for one, (of_line, of_text) in zip(parts, cutting.cut(line, text, at), strict=True):
            assert (one["text"]["text"], one["text"]["rawText"]) == (of_text.text, of_text.raw_text)
            assert one["text"]["frames"] == of_text.frames
            assert one["text"]["confidence"] == pytest.approx(of_text.confidence)
            assert of_text.spans is not None
            np.testing.assert_array_equal(one["text"]["spans"], of_text.spans)
            np.testing.assert_allclose(one["line"]["quad"], of_line.quad, atol=1e-9)
            words = [] if of_line.words is None else of_line.words.tolist()
            assert len(one["line"]["words"] or []) == len(words)
        whole = engine.one("reading/cutting", "cutRows", picture, [{"line": shown, "text": read}])
        assert [one["text"]["text"] for one in whole] == [
            one.text for _, one in cutting.cut_rows(image, [(line, text)])
        ]
        cuts += len(whole) - 1
    assert cuts > 3


def test_rows_that_touch_are_read_in_halves_as_in_python(engine: Any) -> None:
    rng = np.random.default_rng(12)
    halved = 0
    for _ in range(20):
        sizes = zip(20 * rng.choice([1.0, 1.0, 1.1, 1.9, 2.2], 6), rng.uniform(30, 300, 6), strict=True)
        corners = [[(9, 0), (9 + w, 5), (9 + w, 5 + h), (9, h)] for h, w in sizes]
        lines = [FoundLine(np.array(quad, np.float64), 0.9) for quad in corners]
        texts = [Prediction(i, f"line {i}", 0.9) for i in range(6)]
        high = halving.high_lines(lines)
        again = [
            Prediction(i, "" if rng.random() < 0.1 else f"half of line {i}", rng.uniform(0.6, 1))
            for i in range(2 * len(high))
        ]
        shown = [{"quad": quad, "score": 0.9, "words": None} for quad in corners]
        assert engine.one("reading/halving", "highLines", shown) == high
        want_lines, want_texts = halving.halve(lines, texts, lambda _, read=again: read)  # type: ignore[misc]
        given = [[{"text": t.text, "confidence": t.confidence, "scores": None} for t in of] for of in (texts, again)]
        found_lines, found_texts = engine.one("./wrapped", "halved", shown, *given)
        assert [one["text"] for one in found_texts] == [t.text for t in want_texts]
        for one, want in zip(found_lines, want_lines, strict=True):
            np.testing.assert_allclose(one["quad"], want.quad)
        halved += len(want_texts) - 6
    assert halved > 3


def test_kinds_of_words_are_the_same(engine: Any) -> None:
    words = ["", ":", "RM12.30", "1,200.50", "rm", "₫", "16-03-2018", "12:07:10", "9:05PM", "6%", "105", "S", "ố", "đ",
             "Key:", ":v", "U13,", "Tổng", "NO.", "-", "Đường", "ſ", "K", "a1", "x\u0301"]  # fmt: skip
    assert engine.call(*[("reading/cutting", "kindOf", word) for word in words]) == list(map(cutting.kind_of, words))


def page(rng: np.random.Generator, angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Quads of the lines, and of the words, of a page of columns, a table and paragraphs, turned by an angle."""
    lines, words = [], []
    for top in range(20, 900, int(rng.integers(30, 44))):
        columns = [(20, 480), (520, 980)] if top < 500 else [(20, 160), (300, 420), (600, 700)]
        for left, right in columns:
            end = right - (rng.random() < 0.3) * 0.4 * (right - left)
            lines.append((left + rng.normal(0, 1.5), top + rng.normal(0, 1.5), end, top + 18 + rng.normal(0, 2)))
            edges = np.arange(left, end, 60.0)
            words += [(x, top + rng.normal(0, 2), min(x + 48, end), top + 17) for x in edges]
    boxes = np.array([*lines, *words])
    quads = boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    c, s = np.cos(angle), np.sin(angle)
    quads = quads @ np.array([(c, s), (-s, c)])
    return quads[: len(lines)], quads[len(lines) :]


def test_a_page_that_would_fold_over_is_put_in_order(engine: Any, folding_page: np.ndarray) -> None:
    groups = engine.one("reading/order", "arrange", folding_page.tolist())
    assert [(g["lines"], g["kind"]) for g in groups] == [(list(g.lines), g.kind) for g in arrange(folding_page)]


@pytest.mark.parametrize("angle", [0.0, 0.1, -1.5])
def test_lines_are_joined_and_put_in_order(engine: Any, angle: float) -> None:
    rng = np.random.default_rng(9)
    lines, words = page(rng, angle)
    seen = rng.random(len(lines)) < 0.8  # where no line was found its words are
    scores = rng.random(len(lines))[seen], rng.random(len(words))
    found = aligned(Detection(0, lines[seen], scores[0], words=Detection(0, words, scores[1])))
    wanted = lines_of(found)
    given = {"lines": {"quads": lines[seen].tolist(), "scores": scores[0].tolist()},
             "words": {"quads": words.tolist(), "scores": scores[1].tolist()}}  # fmt: skip
    straight = engine.one("reading/upright", "aligned", given)
    joined = engine.one("reading/joining", "linesOf", straight)
    assert len(joined) == len(wanted)
    for one, want in zip(joined, wanted, strict=True):
        assert np.abs(np.array(one["quad"]) - want.quad).max() < 1e-6
        assert (one["words"] is None) == (want.words is None)
        assert want.words is None or np.abs(np.array(one["words"]) - want.words).max() < 1e-6
    groups = engine.one("reading/order", "arrange", lines.tolist())
    assert [(g["lines"], g["kind"], g["cells"]) for g in groups] == [
        (list(g.lines), g.kind, None if g.cells is None else [list(cell) for cell in g.cells]) for g in arrange(lines)
    ]


def test_agreement_of_readings_and_rounding(engine: Any) -> None:
    other = [text[:5] + text[6:].upper() for text in TEXTS]
    before, after = ([Prediction(i, one, 0.8) for i, one in enumerate(texts)] for texts in (TEXTS, other))
    seen = [[{"text": p.text, "confidence": p.confidence, "scores": None} for p in side] for side in (before, after)]
    assert engine.one("reading/choice", "vietnameseShare", seen[0]) == pytest.approx(vietnamese_share(before))
    for surer in (0.7, 0.9):
        better = [replace(p, confidence=surer) for p in after]
        given = [one | {"confidence": surer} for one in seen[1]]
        assert (
            engine.one("reading/choice", "readsBetter", given, seen[0]) == reads_better(better, before) == (surer > 0.8)
        )
    rng = np.random.default_rng(10)
    numbers = [0.25, 0.35, 1.75, -0.25, 0.05, 2.5, 1114.05, 0.00005, *rng.uniform(-500, 500, 50)]
    for digits in (1, 2, 4):
        found = engine.call(*[("image/numbers", "rounded", float(x), digits) for x in numbers])
        assert json.dumps(found) == json.dumps([round(float(x), digits) for x in numbers]).replace(".0,", ",").replace(
            ".0]", "]"
        ) or found == [round(float(x), digits) for x in numbers]
