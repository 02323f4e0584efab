"""Texts character by character: greedy and beam search against brute force and plain loops, and ensembles."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from chuviet.decode.attention import AttentionBeam, AttentionGreedy, DecodedInGraph, StepEnsemble, log_softmax
from chuviet.vocab import EOS, MASK, PAD, SOS, SPECIALS, Charset

ABC = Charset("abc")
CLASSES = SPECIALS + len(ABC)


class Toy:
    """What comes next depends on the line, the number of characters so far and the last one, by a random table. Its
    state: the numbers of the lines, and how many characters each has.
    """

    def __init__(self, seed: int, longest: int = 12) -> None:
        rng = np.random.default_rng(seed)
        self.table = 2 * rng.standard_normal((64, longest + 1, CLASSES, CLASSES), np.float32)
        self.steps = 0

    def encode(self, count: int, first: int = 0) -> Any:
        return np.arange(first, first + count), np.zeros(count, np.int64)

    def step(self, tokens: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        line, written = state
        self.steps += 1
        return self.table[line, written, tokens], (line, written + 1)

    def select(self, state: Any, rows: np.ndarray) -> Any:
        return state[0][rows], state[1][rows]


class Scripted(Toy):
    """Line i writes `texts[i]`, each character with probability 0.8 and the end with 0.5."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(0, longest=128)
        self.table = np.full_like(self.table, -30.0)
        for i, text in enumerate(texts):
            for t, c in enumerate([*text, ""]):
                wanted, p = (ABC.encode(c)[0] + SPECIALS, 0.8) if c else (EOS, 0.5)
                self.table[i, t, :, wanted] = math.log(p)
                self.table[i, t, :, MASK] = math.log(1 - p)


def log_prob(model: Toy, line: int, text: tuple[int, ...]) -> float:
    total, last = 0.0, SOS
    for t, c in enumerate([*text, EOS]):
        total += float(log_softmax(model.table[line, t, last])[c])
        last = c
    return total


@pytest.mark.parametrize("normalise", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_wide_beam_finds_the_best_of_all_texts(seed: int, normalise: float) -> None:
    model, longest = Toy(seed), 3
    letters = range(SPECIALS, CLASSES)
    texts = [t for n in range(longest + 1) for t in itertools.product(letters, repeat=n)]
    # One more step than the longest text, so that the end of a text of that length is weighed too.
    decoder = AttentionBeam.Config(width=81, max_length=longest + 1, normalise=normalise).build(ABC)
    short = {t: log_prob(model, 0, t) / (len(t) + 1) ** normalise for t in texts}
    prediction = decoder(model, model.encode(1), 1)[0]
    assert prediction.text == ABC.decode(c - SPECIALS for c in max(short, key=short.__getitem__))


def test_greedy_takes_the_likeliest_at_every_step() -> None:
    model = Toy(7)
    for line, prediction in enumerate(AttentionGreedy.Config(max_length=8).build(ABC)(model, model.encode(6), 6)):
        last, text, total = SOS, [], 0.0
        for t in range(8):
            log_probs = log_softmax(model.table[line, t, last])
            log_probs[[PAD, SOS, MASK]] = -math.inf
            last = int(log_probs.argmax())
            if last == EOS:
                break
            text.append(last - SPECIALS)
            total += float(log_probs[last])
        assert prediction.text == ABC.decode(text)
        assert prediction.confidence == pytest.approx(math.exp(total / max(len(text), 1)), rel=1e-5)


@pytest.mark.parametrize("decoder", [AttentionGreedy.Config().build(ABC), AttentionBeam.Config().build(ABC)])
def test_lines_of_a_batch_end_at_their_own_lengths(decoder: AttentionGreedy | AttentionBeam) -> None:
    texts = ["abcabcab", "", "c", "ba"]
    model = Scripted(texts)
    predictions = decoder(model, model.encode(4), 4)
    assert [p.text for p in predictions] == texts
    assert [p.index for p in predictions] == [0, 1, 2, 3]
    assert [p.confidence for p in predictions] == pytest.approx([0.8, 1.0, 0.8, 0.8], rel=1e-4)


def test_a_reading_does_not_depend_on_its_batch_mates() -> None:
    for decoder in (AttentionGreedy.Config().build(ABC), AttentionBeam.Config(width=3, max_length=12).build(ABC)):
        model = Toy(3, longest=128)
        together = decoder(model, model.encode(8), 8)
        alone = [decoder(model, model.encode(1, first=i), 1)[0] for i in range(8)]
        assert [p.text for p in together] == [p.text for p in alone]
        assert [p.confidence for p in together] == pytest.approx([p.confidence for p in alone], rel=1e-5)


def test_search_stops_when_all_lines_have_ended() -> None:
    model = Scripted(["ab", "c"])
    AttentionGreedy.Config(max_length=25).build(ABC)(model, model.encode(2), 2)
    assert model.steps == 3  # two characters and the end


@pytest.mark.parametrize("config", [AttentionGreedy.Config(max_length=4), AttentionBeam.Config(max_length=4)])
def test_the_longest_length_cuts_off(config: AttentionGreedy.Config | AttentionBeam.Config) -> None:
    model = Scripted(["abcabc"])
    model.table[:, :, :, EOS] = -math.inf
    prediction = config.build(ABC)(model, model.encode(1), 1)[0]
    assert prediction.text == "abca"
    assert prediction.confidence == pytest.approx(0.8, rel=1e-4)


def test_a_wider_beam_is_never_less_probable() -> None:
    model = Toy(11)
    model.table[:, :4, :, EOS] -= 9  # no way out through short texts, which a narrow beam finds as well
    means = []
    for width in (1, 2, 8, 32):
        cfg = AttentionBeam.Config(width=width, max_length=6, normalise=0.0)
        texts = [p.text for p in cfg.build(ABC)(model, model.encode(12), 12)]
        ids = [tuple(i + SPECIALS for i in ABC.encode(t)) for t in texts]
        means.append(sum(log_prob(model, i, t) for i, t in enumerate(ids)))
    assert means[-1] == max(means)
    assert means[-1] > means[0]


def test_texts_neither_begin_nor_end_with_a_space() -> None:
    spaced = Charset("ab ")
    ids = np.array([[2, 0, 2, 1, 2], [2, 2, -4, -4, -4], [0, -4, -4, -4, -4]]) + SPECIALS
    log_probs = np.where(ids == PAD, 0.0, math.log(0.5))
    found = DecodedInGraph.Config().build(spaced)(ids, log_probs)
    assert [p.text for p in found] == ["a b", "", "a"]
    assert [p.confidence for p in found] == pytest.approx([0.5] * 3)


def test_an_ensemble_of_one_is_the_model() -> None:
    for cfg in (AttentionGreedy.Config(max_length=10), AttentionBeam.Config(max_length=10)):
        toy = Toy(5)
        alone = cfg.build(ABC)(toy, toy.encode(5), 5)
        ensemble = cfg.build(ABC)(StepEnsemble([toy]), (toy.encode(5),), 5)
        assert [p.text for p in alone] == [p.text for p in ensemble]
        assert [p.confidence for p in alone] == pytest.approx([p.confidence for p in ensemble], rel=1e-5)


def test_an_ensemble_averages_probabilities_step_by_step() -> None:
    models = [Toy(1), Toy(2)]
    ensemble = StepEnsemble(models)
    state: Any = tuple(m.encode(2) for m in models)
    for step, tokens in enumerate((np.array([SOS, 5]), np.array([4, 6]))):
        log_probs, state = ensemble.step(tokens, state)
        rows = [m.table[[0, 1], [step, step], tokens] for m in models]
        mean = sum(np.exp(log_softmax(r)) for r in rows) / 2
        assert np.allclose(np.exp(log_probs), mean, atol=1e-6)
    turned = ensemble.select(state, np.array([1, 0, 1]))
    assert [s[0].tolist() for s in turned] == [[1, 0, 1]] * 2


def test_an_ensemble_of_different_models_has_a_reading_of_its_own() -> None:
    """Its beam finds the text that the mean of the probabilities makes likeliest, which is neither member's."""
    models = [Toy(1), Toy(4)]
    decoder = AttentionBeam.Config(width=8, max_length=6).build(ABC)
    state = tuple(m.encode(12) for m in models)
    together = [p.text for p in decoder(StepEnsemble(models), state, 12)]
    members = [[p.text for p in decoder(m, m.encode(12), 12)] for m in models]
    assert all(together != texts for texts in members)
    with pytest.raises(ValueError, match="at least one"):
        StepEnsemble([])
