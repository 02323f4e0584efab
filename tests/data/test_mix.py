"""What an epoch is made of, written in one way for lines and pages; and what earlier versions wrote."""

import numpy as np
import pytest

from chuviet import config
from chuviet.config import ConfigError
from chuviet.data.configs import LineDataConfig, PageDataConfig
from chuviet.data.mix import Part, of_draw, of_every, of_shares, of_sources, read_mix, written


@pytest.mark.parametrize(
    ("text", "part", "is_file"),
    [
        ("real", Part("real"), False),
        ("joined:1500", Part("joined", "rows", 1500), False),
        ("a.txt:62.5%", Part("a.txt", "share", 0.625), True),
        ("sets/b:100%", Part("sets/b", "share", 1.0), True),
        ("SynthText/gt.mat[:0.8]:1/60", Part("SynthText/gt.mat[:0.8]", "every", 60), True),
        ("SynthText/gt.mat[0.8:]", Part("SynthText/gt.mat[0.8:]"), True),
        ("lines:sroie/train_label.txt:2x", Part("lines:sroie/train_label.txt", "every", 0.5), True),
        ("C:\\sets\\b.csv", Part("C:\\sets\\b.csv"), True),
        ("*", Part("*"), False),
    ],
)
def test_a_part_is_a_name_and_an_amount(text: str, part: Part, is_file: bool) -> None:
    mix = (text,) if part.kind != "share" or part.amount == 1 else (text, "rest/:37.5%")
    assert read_mix(mix)[0] == part and part.is_file == is_file
    assert written(read_mix(mix)) == mix


@pytest.mark.parametrize(
    ("mix", "message"),
    [
        (("a:0",), "'a:0': an amount above 0 of a named set"),
        (("a:0%", "b:100%"), "'a:0%': an amount above 0"),
        ((":5",), "':5': an amount above 0 of a named set"),
        (("a:60%", "b"), "b has no share"),
        (("a:60%", "b:30%"), "the shares 0.6 \\+ 0.3 must be above 0 and sum to 1"),
        (("*:5",), "are all other sources"),
    ],
)
def test_mixes_that_are_none(mix: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=f"data.mix: .*{message}"):
        read_mix(mix)


def test_what_an_epoch_has_of_a_pool() -> None:
    pool, rng = np.arange(100, 110), np.random.default_rng(0)

    def counts(text: str, total: int = 0) -> np.ndarray:
        (part,) = [p for p in read_mix((text, "others:40%") if "%" in text else (text,)) if p.name == "a"]
        return np.bincount(part.drawn(pool, total, rng) - 100, minlength=10)

    assert counts("a").tolist() == [1] * 10
    assert counts("a:3").sum() == 3 and counts("a:3").max() == 1
    assert counts("a:40").sum() == 40  # more than there are: some come again
    assert counts("a:60%", 20).sum() == 12
    assert counts("a:1/5").sum() == 2 and counts("a:1/60").sum() == 1  # never nothing
    assert counts("a:2x").tolist() == [2] * 10
    half = counts("a:1.5x")
    assert half.sum() == 15 and half.min() == 1 and half.max() == 2
    assert not len(Part("a", "rows", 3).drawn(pool[:0], 9, rng))


def test_what_earlier_versions_wrote_is_the_same_mix() -> None:
    assert of_shares((), [("a.txt", 0.6), ("b.csv", 0.15), ("c.csv", 0.25)]) == ("a.txt:60%", "b.csv:15%", "c.csv:25%")
    every = [("a", 1.0), ("b", 0.5), ("c", 0.25), ("d", 60.0), ("e", 12.5), ("f", 0.7)]
    assert of_every((), every) == ("a", "b:2x", "c:4x", "d:1/60", "e:1/12.5", "f:1/0.7")
    assert [p.amount for p in read_mix(of_every((), every))] == [v for _, v in every]
    assert of_draw((), [("address", 3)]) == ("*", "address:3")
    assert of_draw(("real", "joined:9"), [("joined", 5)]) == ("real", "joined:5")
    assert of_draw(("real", "joined:9", "text:4"), [("text", 5)]) == ("real", "joined", "text:5")
    assert of_draw(("*", "text:4"), []) == ()
    assert of_sources(("real", "joined:9"), ["joined"]) == ("joined:9",)
    assert of_sources(("real", "joined:9"), ["text", "joined"]) == ("text", "joined:9")
    assert of_sources(("real", "joined:9"), []) == ("*", "joined:9")
    assert of_sources(("a.txt:100%",), ["x"]) == of_draw(("a.txt:100%",), [("x", 1)]) == ("a.txt:100%",)
    with pytest.raises(ConfigError, match=r"data\.draw: text is not among the sources real"):
        of_draw(("real",), [("text", 5)])


def test_old_keys_on_the_command_line_go_on_and_say_what_they_are_now(capsys: pytest.CaptureFixture[str]) -> None:
    base = LineDataConfig(mix=("real", "joined:9", "text:4"))
    for words, mix in {
        ("draw=(('text',1500),('real',1700))",): ("joined", "text:1500", "real:1700"),
        ("sources=real,text",): ("real", "text:4"),
        ("sources=('receipts','text')", "draw=(('text',7),)"): ("receipts", "text:7"),
        ("sources=()", "draw=()"): (),
        ("mix=(('a.txt',0.6),('b.txt',0.4))",): ("a.txt:60%", "b.txt:40%"),
    }.items():
        assert config.override(base, words).mix == mix
        said = capsys.readouterr().err.splitlines()
        assert len(said) == len(words)
        assert said[-1].endswith(f"is now written mix; this one is mix={','.join(mix) or '()'}")
    for text, mix in {"mix=real,joined:3": ("real", "joined:3"), "mix=real": ("real",), "mix=()": ()}.items():
        assert config.override(base, [text]).mix == mix
    pages = config.override(PageDataConfig(), ["train=(('a',1.0),('b',0.5))", "valid=(('c',50.0),)"])
    assert pages.mix == ("a", "b:2x") and pages.valid == ("c:1/50",)
    capsys.readouterr()
    assert config.override(pages, ["valid=c,d", "mix=('a,b',)"]).valid == ("c", "d")
    assert not capsys.readouterr().err


def test_pages_are_validated_on_whole_or_in_part_alone() -> None:
    PageDataConfig(valid=("a", "b:1/50")).check("all")
    for wrong in ("a:50", "a:100%"):
        with pytest.raises(ConfigError, match=r"data\.valid: a:.*a set is validated on whole"):
            PageDataConfig(valid=(wrong,)).check("all")


def test_of_lines_no_source_is_named_twice() -> None:
    with pytest.raises(ConfigError, match="real is named twice"):
        LineDataConfig(mix=("real", "real:5")).check(0)
