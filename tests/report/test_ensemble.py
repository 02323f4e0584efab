"""Choosing an ensemble: against brute force, hand-made members with a known best choice, and the reader itself."""

from __future__ import annotations

import itertools
import json
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from chuviet import cli
from chuviet.data.table import write_table
from chuviet.errors import InputError
from chuviet.reading.lines import LineReader
from chuviet.report.ensemble import Ballots, Budget, Member, choose, cross_fitted, read_ballots
from chuviet.report.evaluation import evaluate
from chuviet.report.frames import LEAST, read_frames

Save = Callable[..., Path]
TEXTS = ["abc", "1 2 3", "dề", "e", "cab", "a", "bad"]


def member(megabytes: float, milliseconds: float = 1.0) -> Member:
    return Member(("x.npz",), "x.onnx", int(megabytes * 1e6), milliseconds, False)


def random_ballots(lines: int, members: int, seed: int = 0) -> Ballots:
    """Every member proposes one of four texts; a text costs 0 to 3 edits of 5 characters."""
    rng = np.random.default_rng(seed)
    proposed = np.zeros((lines, members, 4), bool)
    picks = rng.integers(0, 4, (lines, members))
    np.put_along_axis(proposed, picks[..., None], True, 2)
    costs = rng.integers(0, 4, (lines, 4)).astype(float)
    return Ballots(rng.normal(-8, 4, (lines, members, 4)), proposed, costs, np.full(lines, 5.0), np.arange(lines) % 5)


def plainly(ballots: Ballots, votes: tuple[int, ...]) -> float:
    """The error of an ensemble, written out line by line, member by member."""
    wrong = 0.0
    for n in range(len(ballots.costs)):
        worth = {}
        for c in range(ballots.costs.shape[1]):
            if any(votes[m] and ballots.proposed[n, m, c] for m in range(len(votes))):
                worth[c] = sum(v * ballots.likelihoods[n, m, c] for m, v in enumerate(votes))
        wrong += ballots.costs[n, max(worth, key=worth.__getitem__)]
    return wrong / ballots.sizes.sum()


@pytest.mark.parametrize("megabytes", [3.5, 6.5, 100])
def test_the_choice_is_that_of_brute_force(megabytes: float) -> None:
    ballots = random_ballots(40, 4)
    members = [member(3), member(2), member(4), member(1)]
    budget = Budget(megabytes, 1000, 3)
    every = np.ones(40, bool)
    errors = {}
    for votes in itertools.product(range(4), repeat=4):
        size = sum(m.bytes for m, v in zip(members, votes, strict=True) if v) / 1e6
        if 1 <= sum(votes) <= 3 and size <= megabytes:
            errors[votes] = plainly(ballots, votes)
            assert ballots.error(votes, every) == pytest.approx(errors[votes])
    found = choose(members, ballots, budget, every)
    assert found in errors and errors[found] == pytest.approx(min(errors.values()))


def outvoted(wrong: list[list[int]]) -> Ballots:
    """Three lines; members that are `wrong` there propose text 0, which costs 1, the others text 1. Each finds its own
    text likelier by as much as any other, and text 0 is read where both are equal.
    """
    picks = np.array(wrong).T
    proposed = np.stack([picks == 1, picks == 0], 2)
    return Ballots(np.where(proposed, 0.0, -1.0), proposed, np.array([[1.0, 0.0]] * 3), np.ones(3), np.arange(3))


def test_three_that_err_on_different_lines_correct_each_other() -> None:
    ballots = outvoted([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    members, every = [member(1, 5), member(1, 6), member(1, 7)], np.ones(3, bool)
    assert choose(members, ballots, Budget(3, 18), every) == (1, 1, 1)
    assert ballots.error((1, 1, 1), every) == 0 and ballots.error((1, 0, 0), every) == pytest.approx(1 / 3)
    assert sum(choose(members, ballots, Budget(3, 17.9), every)) == 1  # the time of two, who cannot outvote each other
    assert sum(choose(members, ballots, Budget(2.9, 18), every)) == 1


def test_the_better_of_two_gets_more_votes_where_that_helps() -> None:
    """Both propose a text on every line, member 1 is surer: alone it is right on two lines, member 0 on the third."""
    proposed = np.array([[[1, 0], [0, 1]]] * 3, bool)
    likelihoods = np.array([[[0, -3], [-2, 0]], [[0, -3], [-2, 0]], [[0, -9], [-2, 0]]], float)
    ballots = Ballots(likelihoods, proposed, np.array([[1.0, 0], [1, 0], [0, 1]]), np.ones(3), np.arange(3))
    every = np.ones(3, bool)
    errors = {votes: ballots.error(votes, every) * 3 for votes in ((1, 0), (0, 1), (1, 1), (1, 2), (1, 3), (1, 5))}
    assert {v: round(e) for v, e in errors.items()} == {
        (1, 0): 2,
        (0, 1): 1,
        (1, 1): 2,
        (1, 2): 0,
        (1, 3): 0,
        (1, 5): 1,
    }
    assert choose([member(1), member(1)], ballots, Budget(9, 9, 4), every) == (1, 2)


def test_many_members_are_added_one_by_one() -> None:
    """Sixteen members: all are wrong on two lines in three but for three that err on one line each."""
    wrong = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] + [[1, 1, 0]] * 13
    ballots, members = outvoted(wrong), [member(1)] * 16
    every = np.ones(3, bool)
    found = choose(members, ballots, Budget(16, 100, 6), every)
    assert ballots.error(found, every) == 0 and sum(found) <= 6
    assert all(ballots.error(found, every) <= ballots.error(v, every) for v in np.eye(16, dtype=int).tolist())


def test_a_fold_is_judged_by_what_was_chosen_on_the_others() -> None:
    """Member 0 is right on fold 0 alone, member 1 on fold 1 alone: whatever is chosen is wrong where it is judged."""
    proposed = np.array([[[1, 0], [0, 1]]] * 4, bool)
    costs = np.array([[0.0, 1], [0, 1], [1, 0], [1, 0]])
    ballots = Ballots(np.zeros((4, 2, 2)), proposed, costs, np.ones(4), np.array([0, 0, 1, 1]))
    members, budget = [member(1), member(1)], Budget(9, 9, 1)
    error, folds = cross_fitted(members, ballots, budget)
    assert folds == {0: ((0, 1), 1.0), 1: ((1, 0), 1.0)} and error == 1.0
    assert ballots.error(choose(members, ballots, budget, np.ones(4, bool)), np.ones(4, bool)) == 0.5


def test_no_member_within_the_budget_is_refused() -> None:
    with pytest.raises(InputError, match=r"no member is within 0\.5 MB and 9 ms: x\.onnx 1\.00 MB 1\.0 ms"):
        choose([member(1)], random_ballots(3, 1), Budget(0.5, 9), np.ones(3, bool))


@pytest.fixture
def labelled(pictures: list[Path]) -> Path:
    """The seven pictures with labels, in two folds."""
    path = pictures[0].parents[1] / "labels.csv"
    names = [p.relative_to(path.parent).as_posix() for p in pictures]
    write_table(pd.DataFrame({"img_path": names, "text": TEXTS, "fold": [0, 1, 0, 1, 0, 1, 1]}), path)
    return path


def test_what_is_chosen_on_is_what_the_reader_reads(save: Save, labelled: Path, pictures: list[Path]) -> None:
    """The texts of `Ballots` are those of LineReader with the same members, one of them named twice."""
    weights = [save(f"{seed}.safetensors", seed=seed) for seed in range(3)]
    for path in weights:
        evaluate(LineReader(path), str(labelled), frames_file=path.with_suffix(".npz"))
    members, ballots = read_ballots([[path.with_suffix(".npz")] for path in weights])
    assert [m.bytes for m in members] == [p.stat().st_size for p in weights] and ballots.fold.tolist() != [0] * 7
    order = sorted(range(7), key=lambda i: pictures[i].as_posix())
    differ = 0
    for votes in ((1, 0, 0), (1, 1, 0), (2, 1, 0), (1, 2, 1), (1, 1, 2)):
        reader = LineReader([p for p, n in zip(weights, votes, strict=True) for _ in range(n)])
        metrics, rows = evaluate(reader, str(labelled))
        assert ballots.error(votes, np.ones(7, bool)) == pytest.approx(metrics["raw"]["cer"], abs=1e-12)
        differ += len(set(rows["prediction"]))
        assert len(order) == len(ballots.read(votes))
    assert differ > 5


def test_a_member_that_is_named_twice_runs_once(
    save: Save, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = (save(f"{seed}.safetensors", seed=seed) for seed in range(2))
    reader = LineReader([a, b, a])
    assert reader.artifacts[0] is reader.artifacts[2] is not reader.artifacts[1]
    calls = []
    for artifact in {id(x): x for x in reader.artifacts}.values():
        run = artifact.network.frames
        monkeypatch.setattr(artifact.network, "frames", lambda *args, run=run: calls.append(1) or run(*args))
    reader.predict(pictures[:1])
    assert len(calls) == 2


def test_frames_of_a_file_are_those_of_the_reader(save: Save, labelled: Path, pictures: list[Path]) -> None:
    reader = LineReader(save("a.safetensors"))
    evaluate(reader, str(labelled), fold=1, frames_file=labelled.with_name("a.npz"))
    saved = read_frames(labelled.with_name("a.npz"))
    assert saved.text == [TEXTS[i] for i in (1, 3, 5, 6)] and saved.fold == [1] * 4 and not saved.beam
    for kept, i in zip(saved.lines, (1, 3, 5, 6), strict=True):
        np.testing.assert_allclose(kept, np.maximum(reader.frames([pictures[i]])[0], LEAST), rtol=1e-3, atol=1e-3)


def test_the_command_prints_a_command_that_runs(
    save: Save, labelled: Path, pictures: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    files, pair = {}, []
    for seed, name in enumerate("ab"):
        weights = str(save(f"{name}.safetensors", seed=seed))
        pair += ["-w", weights]
        files[name] = [str(labelled.with_name(f"{name}{fold}.npz")) for fold in (0, 1)]
        for fold in (0, 1):
            given = ["evaluate", "-w", weights, "--data", str(labelled), "--fold", str(fold)]
            assert cli.main([*given, "--frames", files[name][fold]]) == 0
    capsys.readouterr()
    out = labelled.with_name("choice.json")
    given = ["ensemble", "--data", *files["a"], "--data", *files["b"]]
    assert cli.main([*given, "--budget", "1MB", "--json", str(out)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "chosen without fold 1: " in "\n".join(printed) and printed[-1] == json.loads(out.read_text())["command"]
    command = shlex.split(printed[-1])
    assert command[0] == "chuviet" and command[-1] == "images/"
    assert cli.main([*command[1:-1], str(pictures[0])]) == 0
    for wrong, said in (
        (["--data", files["a"][0], "--data", files["b"][1]], "are not of the same lines"),
        (["--data", files["a"][0], files["a"][0]], "the same line twice"),
        (["--data", str(labelled)], "not a file of chuviet evaluate --frames"),
        (["--data", "none.npz"], "no such file"),
        ([*given[1:], "--budget", "0.000001"], "no member is within"),
    ):
        assert cli.main(["ensemble", *wrong]) == 2
        assert said in capsys.readouterr().err
    assert cli.main(["evaluate", *pair, "--data", str(labelled), "--frames", "x.npz"]) == 2
    assert "of one recogniser at a time" in capsys.readouterr().err
