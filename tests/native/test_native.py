"""The compiled search and alignments against the Python code, and how they are built."""

import ctypes
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from chuviet import native
from chuviet.decode import alignment
from chuviet.decode.prefix_search import Found, PrefixSearch
from chuviet.language.ngram import NGram
from chuviet.language.rescore import AddressRescorer
from chuviet.native import build, calls
from chuviet.reading.stacked import gap_between_lines
from chuviet.vocab import Charset

CHARSET = Charset("abcd ")
LINES = ["abc d", "abca b", "bca dd", "cc a", "d", "dddd dd", "abab abab abab"] * 3
needs_compiler = pytest.mark.skipif(not build.compilers(), reason="no C compiler")


@pytest.fixture
def compiled(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[ctypes.CDLL]:
    """The library, built here where it was not with the package."""
    monkeypatch.delenv("CHUVIET_NATIVE", raising=False)
    library = native.library()
    if library is None:
        try:
            library = native.load(build.build(tmp_path_factory.mktemp("native")))
        except build.BuildError as e:
            pytest.skip(f"no compiled library: {e}")
        monkeypatch.setattr(native, "library", lambda: library)
    assert library is not None
    yield library


def frames(rng: np.random.Generator, t: int, v: int = 6, sharpness: float = 3.0) -> np.ndarray:
    logits = rng.normal(size=(t, v)) * sharpness
    return (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)


def rescorer(order: int) -> AddressRescorer:
    return AddressRescorer(NGram.train(LINES, CHARSET, order), 0.6, 8.0)


def both(search: PrefixSearch, probs: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Found], list[Found]]:
    """What C finds, which it must find itself, and what Python does."""
    with monkeypatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(PrefixSearch, "_plain", lambda *_: pytest.fail("left to Python"))
        fast = search(probs)
    with monkeypatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(native, "library", lambda: None)
        return fast, search(probs)


@pytest.mark.parametrize("order", [0, 1, 2, 4, 5, 9, 25])  # 0: no language model
@pytest.mark.parametrize("width", [1, 2, 5, 16])
def test_the_search_finds_what_python_does(
    order: int, width: int, compiled: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(100 * order + width)
    lm = rescorer(order) if order else None
    for ratio, top, min_prob in ((1e-4, 3, 1e-3), (0.0, 99, 0.0), (0.1, 2, 0.0)):
        search = PrefixSearch(width=width, ratio=ratio, top=top, min_prob=min_prob, rescorer=lm, alpha=0.6, beta=2.0)
        for t in (0, 1, 2, 30):
            log_probs = frames(rng, t)
            for probs in (np.exp(log_probs), np.exp(log_probs.astype(np.float64))):
                fast, plain = both(search, probs, monkeypatch)
                assert fast == plain  # dataclasses: to the last bit
    assert fast


def test_a_long_line_and_ties(compiled: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    coarse = np.round(np.exp(frames(rng, 200)), 1)  # many equal probabilities, and zeros
    even = np.full((40, 6), 1 / 6)
    for probs in (np.exp(frames(rng, 1500)), coarse, even, np.zeros((9, 6)), np.ones((9, 6), np.float32)):
        for lm in (None, rescorer(4)):
            for beta in (-30.0, 2.0, 30.0):  # the best prefix shrinks or grows until all are scaled
                search = PrefixSearch(width=8, ratio=1e-4, top=6, min_prob=0.0, rescorer=lm, alpha=0.5, beta=beta)
                fast, plain = both(search, probs, monkeypatch)
                assert fast == plain


@pytest.mark.parametrize("seed", range(20))
def test_degenerate_frames_are_searched_as_python_does(
    seed: int, compiled: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here C may leave the search to Python, but must neither fail nor differ."""
    rng = np.random.default_rng(seed)
    v = int(rng.choice([1, 2, 6]))
    lm = rescorer(3) if v == 6 and seed % 2 else None
    search = PrefixSearch(
        width=int(rng.integers(1, 17)), ratio=float(rng.choice([0.0, 1e-4, 1.0])), top=int(rng.integers(1, 8)),
        min_prob=0.0, rescorer=lm, alpha=0.6, beta=2.0,
    )  # fmt: skip
    for _ in range(20):
        log_probs = frames(rng, int(rng.integers(0, 9)), v)
        log_probs[rng.random(log_probs.shape) < 0.2] = rng.choice([-np.inf, np.nan, np.inf, 0.0])
        with np.errstate(all="ignore"):
            probs = np.exp(log_probs)
            fast = search(probs)
            with monkeypatch.context() as patch:
                patch.setattr(native, "library", lambda: None)
                assert repr(fast) == repr(search(probs))  # NaN is equal to nothing


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 9, 25])
def test_scores_are_those_of_python(order: int, compiled: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    lm, rng = NGram.train(LINES, CHARSET, order), np.random.default_rng(order)
    cases = [("".join(rng.choice(list("abcd "), rng.integers(0, 40))), int(rng.integers(0, 9))) for _ in range(40)]
    cases = [(line, cut, least) for line, cut in cases for least in (-np.inf, -9.0)]
    fast = [lm.score(line[cut:], line[:cut], least) for line, cut, least in cases]
    monkeypatch.setattr(native, "library", lambda: None)
    assert fast == [lm.score(line[cut:], line[:cut], least) for line, cut, least in cases]
    with pytest.raises(KeyError):
        lm.score("abx")


@pytest.mark.parametrize("seed", range(6))
def test_alignments_are_those_of_python(seed: int, compiled: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    for t in (1, 2, 7, 8, 9, 64, 65):
        log_probs = frames(rng, t)
        if seed == 5:
            log_probs = np.round(log_probs)  # ties
        texts = [rng.integers(0, 5, int(n)).tolist() for n in rng.integers(0, t + 2, 6)]
        for values in (log_probs, log_probs.astype(np.float64), np.asfortranarray(log_probs)):
            fast = [alignment.align(values, ids) for ids in texts]
            sums = alignment.log_likelihoods(values, texts)
            with monkeypatch.context() as patch:
                patch.setattr(native, "library", lambda: None)
                assert np.array_equal(sums, alignment.log_likelihoods(values, texts))
                for a, ids in zip(fast, texts, strict=True):
                    b = alignment.align(values, ids)
                    assert (a is None) == (b is None) and (a is None or np.array_equal(a, b))


def test_alignments_with_nan_and_infinity(compiled: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    for bad in (np.nan, -np.inf, np.inf):
        for _ in range(40):
            log_probs = frames(rng, int(rng.integers(1, 20)))
            log_probs[rng.random(log_probs.shape) < 0.1] = bad
            ids = rng.integers(0, 5, int(rng.integers(1, 6))).tolist()
            with np.errstate(all="ignore"):
                fast = alignment.align(log_probs, ids), alignment.log_likelihoods(log_probs, [ids])
                with monkeypatch.context() as patch:
                    patch.setattr(native, "library", lambda: None)
                    plain = alignment.align(log_probs, ids), alignment.log_likelihoods(log_probs, [ids])
            assert repr(fast) == repr(plain)


def test_gaps_between_lines_are_those_of_numpy(compiled: ctypes.CDLL, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    images = [np.zeros((48, 300), np.uint8), np.full((48, 300), 255, np.uint8)]
    for size in [(48, 128), (60, 900), (30, 400), (200, 500), (7, 14)]:
        for _ in range(8):
            ink = rng.random(size) < rng.uniform(0, 0.9, (size[0], 1)) * rng.uniform(0, 1.5, size[1])  # ruled lines too
            images.append((ink * rng.integers(60, 256, size)).astype(np.uint8))
    fast = [gap_between_lines(image) for image in images]
    assert len(set(fast)) > 10
    monkeypatch.setattr(native, "library", lambda: None)
    assert fast == pytest.approx([gap_between_lines(image) for image in images], abs=1e-6)


def test_threads_share_one_model(compiled: ctypes.CDLL) -> None:
    rng = np.random.default_rng(1)
    search = PrefixSearch(width=8, ratio=1e-4, top=4, min_prob=0.0, rescorer=rescorer(5), alpha=0.6, beta=2.0)
    lines = [np.exp(frames(rng, 40)) for _ in range(60)]
    alone = [search(probs) for probs in lines]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(search, lines)) == alone


def test_arguments_that_do_not_fit_are_refused(compiled: ctypes.CDLL) -> None:
    from chuviet.native.calls import NGramTable, align, search, sum_alignments

    probs, settings = np.full((2, 3), 0.3), {"width": 4, "ratio": 0.0, "alpha": 0.0, "most": 1.0}
    likely, ends = np.array([1, 2]), np.array([0, 1, 2])
    assert search(probs, likely, ends, None, **settings) is not None
    assert search(probs, likely + 1, ends, None, **settings) is None  # there is no class 3
    assert search(probs, likely, ends[::-1], None, **settings) is None
    assert search(probs, likely, ends, None, **settings | {"width": 0}) is None
    assert search(probs, likely, ends, rescorer(2).table(), **settings) is None  # of another charset
    assert align(probs, [0, 2]) is None and sum_alignments(probs, [[-1]], 8) is None
    falls, levels = np.zeros((1, 5), np.int32), np.array([2, 1])
    assert calls.gap_between_lines(np.ones((9, 5), np.float32), falls, levels, 0.1, 0.5) is not None
    assert calls.gap_between_lines(np.ones((300, 5), np.float32), falls, levels, 0.1, 0.5) is None
    assert calls.gap_between_lines(np.ones((9, 5), np.float32), falls + 10, levels, 0.1, 0.5) is None
    assert calls.gap_between_lines(np.ones((9, 5), np.float32), falls, levels + 7, 0.1, 0.5) is None
    with pytest.raises(ValueError, match="uint16"):
        NGramTable([], np.zeros(2, np.int16), np.zeros(2, np.float32), bits=3, end=5, dense=1, modulus=97)
    with pytest.raises(ValueError, match="as many"):
        NGramTable([], np.zeros(2, np.uint16), np.zeros(1, np.float32), bits=3, end=5, dense=1, modulus=97)


def test_the_environment_turns_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHUVIET_NATIVE", "0")
    assert native.library() is None


@needs_compiler
def test_it_builds_without_warnings(tmp_path: Path) -> None:
    path = build.build(tmp_path, ["-Wall", "-Wextra", "-Wpedantic", "-Werror"])
    library = native.load(path)
    assert path.parent == tmp_path and library is not None and library.chuviet_version() == native.VERSION


def test_without_a_compiler_there_is_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / build.LIBRARY).write_bytes(b"of older sources")
    monkeypatch.setenv("CC", str(tmp_path / "no-such-compiler"))
    with pytest.raises(build.BuildError, match="no-such-compiler"):
        build.build(tmp_path)
    assert not list(tmp_path.iterdir())
    assert native.load(tmp_path / build.LIBRARY) is None


@needs_compiler
def test_libraries_that_do_not_fit_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = build.build(tmp_path)
    monkeypatch.setattr(native, "VERSION", native.VERSION + 1)
    with pytest.warns(match="other sources"):
        assert native.load(path) is None
    (tmp_path / "damaged.so").write_bytes(b"nothing")
    with pytest.warns(RuntimeWarning, match="cannot be loaded"):
        assert native.load(tmp_path / "damaged.so") is None
