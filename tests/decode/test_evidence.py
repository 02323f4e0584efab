import math

import numpy as np
import pytest

from chuviet.decode.ctc import CTCBeam
from chuviet.decode.evidence import LineEvidence
from chuviet.decode.prefix_search import PrefixSearch
from chuviet.vocab import Charset


def draw(seed: int, t: int) -> np.ndarray:
    probs = np.exp(np.random.default_rng(seed).normal(size=(t, 4)) * 2)
    return (probs / probs.sum(1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("seed", range(10))
def test_bounds_hold_for_every_text(seed: int) -> None:
    members = [draw(seed, 6), draw(seed + 50, 5)][: 1 + seed % 2]
    evidence = LineEvidence(members, {"a": 0, "b": 1, " ": 2}, 0.7, "ab", -5.0)
    texts = ["", "a", "b", "ab", "ba", "aa", "a b", "abab", "bbb", " a", "a b a b a b"]
    for text, value in zip(texts, evidence.weigh(texts), strict=True):
        assert evidence.at_most(text) >= value - 1e-6
    assert evidence.at_least("ab") == pytest.approx(-5 + 1.4) and evidence.at_least("a") == -math.inf


@pytest.mark.parametrize("width", [2, 10_000])
def test_the_search_knows_how_likely_its_texts_are(width: int) -> None:
    cfg = CTCBeam.Config(top=99, min_prob=0)
    search = PrefixSearch(width=width, ratio=0, top=cfg.top, min_prob=0, rescorer=None, alpha=0, beta=0)
    charset = Charset("ab ")
    for seed in range(10):
        probs = draw(seed, 6)
        for found in search(probs):
            evidence = LineEvidence([probs], {"a": 0, "b": 1, " ": 2}, 0.0, "", 0.0)
            text = charset.decode(found.ids)
            if text != text.strip(" "):
                continue
            (whole,) = evidence.weigh([text])
            assert found.log_likelihood <= whole + 1e-6
            if width > 100:
                assert found.log_likelihood == pytest.approx(whole, abs=1e-6)
