import math
from collections.abc import Sequence

import numpy as np
import pytest

from chuviet.decode.ctc import CTCBeam
from chuviet.language.gazetteer import District, Gazetteer
from chuviet.language.ngram import NGram
from chuviet.language.rescore import AddressRescorer, rescorers_of
from chuviet.vocab import BLANK, VIETNAMESE, Charset

PLACES = Gazetteer([
    District("Bình Phước", "Huyện", "Bù Đốp", (("Xã", "Thiện Hưng"), ("Xã", "Tân Tiến"))),
    District("Bình Phước", "Huyện", "Lộc Ninh", (("Xã", "Lộc Thái"),), ("Nguyễn Tất Thành",)),
])  # fmt: skip
CHARSET = Charset(VIETNAMESE)


def test_the_decoder_takes_the_place_that_frames_and_gazetteer_agree_on() -> None:
    meant, read = "Xã Thiện Hưng, Huyện Bù Đốp, Bình Phước", "Xã Thiện Hông, Huyện Bù Đốp, Bình Phước"
    lm = NGram.train([meant, read], CHARSET, 3)

    def frames(doubt: float) -> np.ndarray:
        """What was read, each character for two frames, with `doubt` that letters of the name are those meant."""
        rows = []
        for a, b in zip(CHARSET.encode(read), CHARSET.encode(meant), strict=True):
            row = np.full(len(CHARSET) + 1, 1e-6)
            row[b + 1] += doubt
            row[a + 1] += 1 - doubt
            blank = np.full(len(CHARSET) + 1, 1e-6)
            blank[BLANK] = 1
            rows += [row, blank]
        probs = np.array(rows)
        return np.log(probs / probs.sum(1, keepdims=True)).astype(np.float32)

    cfg = CTCBeam.Config(alpha=0, beta=0, place=2.0)
    assert cfg.build(CHARSET, *rescorers_of(lm, cfg))([[frames(0.3)]])[0].text == read
    lm.gazetteer = PLACES
    beam = cfg.build(CHARSET, *rescorers_of(lm, cfg))
    # One letter differs: log odds of -0.8 at a doubt of 0.3, of -6.9 at 0.001; one more part in its place is worth 2.
    found, sure = beam([[frames(0.3)], [frames(0.001)]])
    assert (found.text, found.raw_text) == (meant, read) and sure.text == read
    assert found.spans is not None and len(found.spans) == len(meant)
    without = CTCBeam.Config(alpha=0, beta=0, place=0)
    assert without.build(CHARSET, *rescorers_of(lm, without))([[frames(0.3)]])[0].text == read


class Given:
    """Evidence that is given, with bounds that are off by up to `slack`."""

    def __init__(self, weights: dict[str, float], slack: float, beta: float = 0.0) -> None:
        self.weights, self.slack, self.asked, self.beta = weights, slack, 0, beta

    def weigh(self, texts: Sequence[str]) -> list[float]:
        self.asked += len(texts)
        return [self.weights[t] for t in texts]

    def at_most(self, text: str) -> float:
        return self.weights[text] + self.slack

    def at_least(self, text: str) -> float:
        return self.weights[text] - self.slack


@pytest.mark.parametrize("alpha", [0.0, 0.5, 3.0])
@pytest.mark.parametrize("slack", [0.0, 5.0, math.inf])
def test_the_best_of_all_readings_is_taken(alpha: float, slack: float) -> None:
    read = "Xã Thiện Hông, Huyện Bù Đốp, Bình Phước"
    lm = NGram.train(["Xã Tân Tiến, Huyện Bù Đốp, Bình Phước", "Xã Thiện Hưng, Huyện Lộc Ninh"], CHARSET, 4)
    lm.gazetteer = PLACES
    rng = np.random.default_rng(0)
    changed, asked = 0, 0
    for _ in range(30):
        weights = {text: float(rng.normal(0, 20)) for text in [read, *PLACES.places(read)]}
        worth = {t: w + alpha * lm.score(t) + 2.0 * PLACES.known(t) for t, w in weights.items()}
        evidence = Given(weights, slack)
        found = AddressRescorer(lm, alpha, 2.0).correct(read, evidence)
        assert found == max(worth, key=worth.__getitem__)
        changed += found != read
        asked += evidence.asked
    assert changed > 0
    assert (asked < 30 * len(weights)) == (slack < math.inf and alpha < 3)  # the rest can't win


def test_without_a_language_model_there_is_no_rescorer() -> None:
    assert rescorers_of(None, CTCBeam.Config()) == ()


def test_capitals_follow_the_frames_more_than_the_language_model() -> None:
    """The model knows the line with one capital more; the frames say 2 against it, and more against any other."""
    read, other = "Xã Lộc thái", "Xã Lộc Thái"
    lm = NGram.train([other] * 3, CHARSET, 4)
    gain = lm.score(other) - lm.score(read)
    evidence = Given({read: 0.0, other: -2.0, "xã Lộc thái": -1.0, "Xã lộc thái": -math.inf}, 0.0)
    assert gain > 4
    for alpha_style, wanted in ((0.9 * 2 / gain, read), (1.1 * 2 / gain, other), (None, read)):
        assert AddressRescorer(lm, 3.0, 0.0, alpha_style).correct(read, evidence) == wanted


def test_each_style_is_judged_for_itself_and_no_number_is_split() -> None:
    read = "p.Hoa Lư 2.5a B. c"
    lm = NGram.train([read], CHARSET, 4)
    known = {
        "P.Hoa Lư 2.5a B. c": 1.0, "p. Hoa Lư 2.5a B. c": 3.0, "p.hoa Lư 2.5a B. c": -1.0, "p.Hoa lư 2.5a B. c": 1.0,
        "p.Hoa Lư 2.5a b. c": -1.0, "p.Hoa Lư 2.5a B.c": -1.0, "p.Hoa Lư 2.5a B. C": -1.0, read: 0.0,
    }  # fmt: skip
    for beta, wanted in ((0.0, "P. Hoa lư 2.5a B. c"), (2.0, "P. Hoa lư 2.5a B.c"), (4.0, "P.Hoa lư 2.5a B.c")):
        assert AddressRescorer(lm, 1.0, 0.0, 0.0).correct(read, Given(known, 0.0, beta)) == wanted
    assert rescorers_of(lm, CTCBeam.Config(alpha_style=0.25))[0].alpha_style == 0.25
