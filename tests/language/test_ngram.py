from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from chuviet.artifact.onnx_file import LM_PREFIX, METADATA_KEY
from chuviet.artifact.wire import read_model
from chuviet.errors import InputError
from chuviet.language.levels import (
    MODULUS,
    context_keys,
    from_code,
    pack_keys,
    pack_sizes,
    to_code,
    unpack_keys,
    unpack_sizes,
    whole_keys,
)  # fmt: skip
from chuviet.language.ngram import NGram
from chuviet.vocab import VIETNAMESE, Charset, CharsetError

ABC = Charset("abc ")
WEIGHTS = Path(__file__).parents[2] / "weights"


def seeded_lines(count: int, seed: int = 0) -> list[str]:
    """Lines of a few words in random order: later characters of a word follow from its first ones."""
    rng = np.random.default_rng(seed)
    words = ["cab", "abba", "caca", "bacca", "ab", "cc", "abcab", "bb"]
    return [" ".join(rng.choice(words, rng.integers(1, 5))) for _ in range(count)]


def brute_force(lines: list[str], charset: str, order: int, context: str, character: str) -> float:
    """The textbook recursion over plain dictionaries; '^' starts a line and '$' ends it."""
    grams = Counter()
    for line in lines:
        padded = "^" * (order - 1) + line + "$"
        grams.update(padded[i : i + order] for i in range(len(line) + 1))
    tables = {order: grams}
    for k in range(order - 1, 0, -1):
        tables[k] = Counter(gram[1:] for gram in tables[k + 1])

    def prob(k: int, context: str) -> float:
        if k == 0:
            return 1 / (len(charset) + 1)
        table = tables[k]
        n = [0] + [sum(v == i for v in table.values()) for i in (1, 2, 3, 4)]
        off = [0, 0.5, 0.5, 0.5]
        if all(n[1:]):
            y = n[1] / (n[1] + 2 * n[2])
            off = [0] + [i - (i + 1) * y * n[i + 1] / n[i] for i in (1, 2, 3)]
            off = [0] + [min(max(d, 0.05), 0.95 * i) for i, d in enumerate(off) if i]
        here = {g[-1]: c for g, c in table.items() if g[:-1] == context}
        if not here:
            return prob(k - 1, context[1:])
        total = sum(here.values())
        taken = sum(off[min(c, 3)] for c in here.values()) / total
        count = here.get(character, 0)
        return (count - off[min(count, 3)]) / total + taken * prob(k - 1, context[1:])

    return prob(order, context)


@pytest.mark.parametrize("count", [4, 60])
@pytest.mark.parametrize("order", [1, 2, 4, 25])
def test_agrees_with_the_textbook_recursion(order: int, count: int) -> None:
    lines = seeded_lines(count)
    model = NGram.train(lines, ABC, order)
    for text in ("", "a", "ca", "cab ", "ab ccc", "   b"):
        state = model.start
        for c in text:
            state = model.advance(state, ABC.characters.index(c))
        context = ("^" * (order - 1) + text)[len(text) :] if order > 1 else ""
        expected = [brute_force(lines, ABC.characters, order, context, c) for c in ABC.characters + "$"]
        assert np.exp(model.log_probs(state)) == pytest.approx(np.array(expected), rel=1e-5)


@pytest.mark.parametrize("min_count", [1, 3])
def test_rows_sum_to_one_after_any_context(min_count: int) -> None:
    charset = Charset(VIETNAMESE)
    model = NGram.train(["Số 12 Đường Lê Lợi, P. Bến Nghé, Q.1", "Thôn Đông, Xã Mỹ Đức"] * 3, charset, 6, min_count)
    rng = np.random.default_rng(1)
    for text in ("Số 12 Đường", "Thôn", "Xã Mỹ Đứ", "".join(rng.choice(list(VIETNAMESE), 9))):
        state = model.start
        for i in (charset.characters.index(c) for c in text):
            assert np.exp(model.log_probs(state).astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
            state = model.advance(state, i)


def test_longer_contexts_predict_better() -> None:
    train, held_out = seeded_lines(400, seed=1), seeded_lines(100, seed=2)
    perplexities = [NGram.train(train, ABC, order).perplexity(held_out) for order in (1, 2, 3, 4)]
    assert perplexities == sorted(perplexities, reverse=True)
    assert perplexities[-1] < 0.6 * perplexities[0]


def test_perplexity_of_one_certain_letter_by_hand() -> None:
    # Order 1 on "aaa": a 3 times and the end once, half a count taken off each; classes a, b and end share 1/4 evenly.
    model = NGram.train(["aaa"], Charset("ab"), 1)
    a, b, end = 2.5 / 4 + 0.25 / 3, 0.25 / 3, 0.5 / 4 + 0.25 / 3
    assert np.exp(model.log_probs(model.start)) == pytest.approx([a, b, end], rel=1e-5)
    assert model.perplexity(["ab"]) == pytest.approx((a * b * end) ** (-1 / 3), rel=1e-5)


def test_leaving_out_rare_ngrams_makes_it_smaller() -> None:
    lines = seeded_lines(200)
    full, small = (NGram.train(lines, ABC, 5, min_count=m) for m in (1, 5))
    size = [sum(t.nbytes for t in m.to_tensors().values()) for m in (full, small)]
    assert size[1] < 0.8 * size[0]
    assert small.perplexity(lines) < 1.5 * full.perplexity(lines)


def test_a_saved_model_gives_the_same_numbers(tmp_path: Path) -> None:
    model = NGram.train(seeded_lines(50), ABC, 4)
    model.save(tmp_path / "lm.safetensors")
    loaded = NGram.load(tmp_path / "lm.safetensors")
    assert loaded.characters == ABC.characters
    for line in seeded_lines(20, seed=9):  # to a byte each: 3.2 % of a probability at most, twice with the weights
        assert loaded.score(line) == pytest.approx(model.score(line), abs=0.05 * (len(line) + 1))
    loaded.save(tmp_path / "again.safetensors")
    again = NGram.load(tmp_path / "again.safetensors")
    assert [again.score(x) for x in seeded_lines(20)] == [loaded.score(x) for x in seeded_lines(20)]
    assert np.exp(loaded.log_probs(loaded.start)).sum() == pytest.approx(1, abs=1e-5)


def test_a_byte_holds_a_probability_to_three_per_cent() -> None:
    values = np.exp(-np.random.default_rng(0).uniform(0, 16, 1000)).astype(np.float32)
    back = from_code(to_code(values))
    assert np.abs(back / values - 1).max() < 0.032
    assert from_code(to_code(np.array([1.0, 0.0]))).tolist() == pytest.approx([1, np.exp(-16)])
    assert np.array_equal(to_code(back), to_code(values))


def test_keys_of_long_contexts_are_those_of_whole_numbers() -> None:
    ids = np.random.default_rng(2).integers(0, 230, 400)
    places = np.arange(20, 400)
    for length in (0, 1, 7, 8, 14):
        keys = context_keys(ids, places, length, 8)
        for place, key in zip(places[:50], keys[:50].tolist(), strict=True):
            packed = 0
            for c in ids[place - length + 1 : place + 1].tolist():
                packed = packed << 8 | c
            assert key == packed % MODULUS


def test_like_contexts_have_keys_of_their_own() -> None:
    """Numbers in words of an address: most contexts of 13 characters differ by few of them."""
    charset = Charset(VIETNAMESE)
    rng = np.random.default_rng(4)
    lines = [f"Số {a}/{b} Đường {c}, Phường {d}, Quận {e}, {f}" for a, b, c, d, e, f in zip(
        *(rng.integers(1, n, 3000).tolist() for n in (999, 99, 30, 20, 13)), rng.choice(list("ÁÀẢÃẠÂẤẦẨẪẬĂẮẰ"), 3000),
        strict=True,
    )]  # fmt: skip
    for length in (7, 8, 13):
        pieces = {line[i : i + length] for line in lines for i in range(len(line) - length)}
        ids = np.array([charset.encode_exact(piece) for piece in sorted(pieces)])
        places = np.arange(1, len(ids) + 1) * length - 1
        for make in (context_keys, whole_keys):
            assert len(np.unique(make(ids.ravel(), places, length, 8))) == len(pieces) > 9000


@pytest.mark.parametrize("count", [0, 1, 2, 100, 5000])
def test_keys_come_back_from_their_bytes(count: int) -> None:
    rng = np.random.default_rng(count)
    for highest in (MODULUS, 9000):
        keys = np.sort(rng.choice(highest, count, replace=False)) if highest < MODULUS else np.sort(
            rng.integers(0, highest, count))  # fmt: skip
        data = pack_keys(keys)
        assert data.dtype == np.uint8 and np.array_equal(unpack_keys(data, count), keys)
        assert 8 * len(data) <= count * (2 + np.log2(MODULUS / max(count, 1))) + 24
    with pytest.raises(ValueError, match="bytes for 2 keys"):
        unpack_keys(pack_keys(np.array([3, 5, 8])), 2)


def test_sizes_of_contexts_take_a_bit_a_follower() -> None:
    packed = pack_sizes(np.array([1, 3, 1, 4, 2], np.uint8))  # 1 001 1 000|1 01
    assert packed.tolist() == [0b10011000, 0b10100000]
    assert unpack_sizes(packed, 11).tolist() == [1, 3, 1, 4, 2]
    assert unpack_sizes(pack_sizes(np.zeros(0, np.uint8)), 0).tolist() == []
    with pytest.raises(ValueError, match="2 bytes for 17 followers"):
        unpack_sizes(packed, 17)


def test_files_of_before_hold_sizes_as_they_are() -> None:
    model = NGram.train(seeded_lines(50), ABC, 4)
    tensors = model.to_tensors()
    before = {name: array for name, array in tensors.items() if not name.startswith("ends.")}
    before |= {f"sizes.{k}": level.sizes.astype(np.uint8) for k, level in enumerate(model.levels, 1)}
    assert NGram.from_tensors(before).score("abc") == NGram.from_tensors(tensors).score("abc")


def test_a_model_of_general_text_travels_with_that_of_addresses() -> None:
    model, general = NGram.train(seeded_lines(50), ABC, 4), NGram.train(["abc"] * 5, ABC, 2)
    assert NGram.from_tensors(model.to_tensors()).general is None
    model.general = general
    back = NGram.from_tensors(model.to_tensors())
    assert back.general is not None and back.order == 4 and back.general.order == 2
    assert back.general.score("abc") == pytest.approx(general.score("abc"), abs=0.2)


def test_files_that_are_no_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no n-gram model at"):
        NGram.load(tmp_path / "missing.safetensors")
    (tmp_path / "text.safetensors").write_text("not weights")
    with pytest.raises(InputError, match="no safetensors file"):
        NGram.load(tmp_path / "text.safetensors")
    tensors = NGram.train(["ab"], ABC, 2).to_tensors()
    with pytest.raises(InputError, match="do not fit together"):
        NGram.from_tensors(tensors | {"probs.2": tensors["probs.2"][:-1]})
    with pytest.raises(InputError, match="do not fit together"):
        NGram.from_tensors(tensors | {"ends.2": np.zeros_like(tensors["ends.2"])})
    del tensors["backoff.1"]
    with pytest.raises(InputError, match="no n-gram model"):
        NGram.from_tensors(tensors)


@pytest.mark.parametrize("min_count", [1, 2])
def test_any_character_of_any_context_has_the_textbook_probability(min_count: int) -> None:
    """A second implementation over plain dictionaries of the levels, which knows nothing of hash tables and rows."""
    order, lines = 7, seeded_lines(80, seed=3)
    model = NGram.train(lines, ABC, order, min_count)
    levels = []
    for level in model.levels:
        ends = np.cumsum(level.sizes)
        followers = [
            (dict(zip(level.characters[a:b].tolist(), level.probs[a:b].tolist(), strict=True)), float(w))
            for a, b, w in zip(ends - level.sizes, ends, level.backoff, strict=True)
        ]
        levels.append(dict(zip(level.contexts.tolist(), followers, strict=True)))
    rng = np.random.default_rng(0)
    for text in ["".join(rng.choice(list("abc "), rng.integers(0, 12))) for _ in range(100)] + lines[:20]:
        ids = [5] * (order - 1) + [ABC.characters.index(c) for c in text]
        probs = np.full(5, 1 / 5)
        for k, contexts in enumerate(levels, 1):
            key = sum(c << 3 * i for i, c in enumerate(ids[::-1][: k - 1]))
            if key in contexts:
                followers, weight = contexts[key]
                probs = probs * weight
                for c, p in followers.items():
                    probs[c] += p
        state = model.start
        for c in text:
            state = model.advance(state, ABC.characters.index(c))
        expected = np.log(probs / probs.sum())
        assert model.log_probs(state) == pytest.approx(expected, abs=1e-5)
        assert [model.log_prob(state, c) for c in range(5)] == pytest.approx(expected, abs=1e-6)
        assert [model.log_prob(model.after(text), c) for c in range(5)] == pytest.approx(expected, abs=1e-6)


def test_a_score_is_the_sum_of_its_parts() -> None:
    model = NGram.train(seeded_lines(60), ABC, 4)
    for text in seeded_lines(10, seed=7):
        whole = model.score(text)
        for cut in range(len(text) + 1):
            state, before = model.start, 0.0
            for c in map(ABC.characters.index, text[:cut]):
                before += model.log_prob(state, c)
                state = model.advance(state, c)
            assert before + model.score(text[cut:], text[:cut]) == pytest.approx(whole)
        assert model.score(text, least=-1.0) < -1.0 and model.score(text, least=whole - 1e-6) == whole


def test_the_shipped_model_is_read_and_written_again() -> None:
    data = (WEIGHTS / "vi_text.onnx").read_bytes()
    tensors = read_model(data, METADATA_KEY, (LM_PREFIX,)).tensors
    arrays = {k.removeprefix(LM_PREFIX): v for k, v in tensors.items()}
    model = NGram.from_tensors(arrays)
    assert model.order == 10 and model.characters == VIETNAMESE and model.gazetteer is not None
    assert len(model.gazetteer.districts) > 700 and model.general is not None
    address, sentence = "Số 3 Nguyễn Ngọc Vũ, Hà Nội", "Luật này có hiệu lực từ ngày mai"
    assert model.score(address) > model.general.score(address)
    assert model.score(sentence) < model.general.score(sentence)
    back = model.to_tensors()
    assert back.keys() == arrays.keys()
    assert all(np.array_equal(back[k], arrays[k]) for k in arrays if "gazetteer" not in k)


def test_threads_may_share_a_model() -> None:
    lines = seeded_lines(300, seed=5)
    alone = NGram.train(lines, ABC, 6, 2)
    shared = NGram.from_tensors(alone.to_tensors())
    expected = [NGram.from_tensors(alone.to_tensors()).score(line) for line in lines]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(shared.score, lines)) == expected


def test_wrong_arguments() -> None:
    with pytest.raises(CharsetError):
        NGram.train(["abd"], ABC)
    with pytest.raises(ValueError, match="128 bits of 120"):
        NGram.train(["ab"], Charset(VIETNAMESE), order=16)
    with pytest.raises(ValueError, match="one line"):
        NGram.train([], ABC)
