"""Recipes: each argument sets the keys that it is said to set, what depends on it follows, and mistakes are named."""

from __future__ import annotations

import ast
import dataclasses
import re
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chuviet import config, recipes
from chuviet.config import Config, ConfigError, replace
from chuviet.data.configs import LineDataConfig, PageDataConfig
from chuviet.experiment import Experiment
from chuviet.origin import origins_of
from chuviet.recipes import NRTRConfig, SARConfig
from chuviet.recipes.explain import explained
from chuviet.recipes.run import KEYS, LineRun, PageRun, Run
from chuviet.train.configs import Optim, Train

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs"
FILES = config.files_in(CONFIGS)
DETECTOR = recipes.fots_pages(backbone="resnet18", reach=500.0)
STAGES = {"height": 48, "widths": (8, 16, 32), "depths": (1, 1, 2)}
PAGES = {"backbone": "b", "pretrained": False, "options": (("depth", 3),), "crop": 320, "longest": 800,
         "scale": (0.9, 1.1), "stretch": 0.1}  # fmt: skip
#: Of each recipe a call, and for each of its arguments another value.
CALLS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "seq2seq_lines": (
        {"backbone": "a", "hidden": 16, "height": 32, "width": 256},
        {"backbone": "b", "hidden": 24, "height": 64, "width": 512, "pretrained": False},
    ),
    "ctc_lines": (
        {"height": 40},
        {**STAGES, "stem": 8, "heads": 2, "dropout": 0.2, "flat": 0.5, "trim": True},
    ),
    "backbone_lines": (
        {"backbone": "a", "height": 40},
        {"backbone": "b", "height": 48, "dims": 60, "pretrained": True, "flat": 0.5},
    ),
    "scene_words": (
        {"backbone": "a", "height": 48, "width": 320},
        {"backbone": "b", "height": 32, "width": None, "pretrained": False, "head": "conv"},
    ),
    "ctc_words": ({"height": 40}, {**STAGES, "width": 320}),
    "micro_strings": ({"hidden": 16, "height": 32, "width": 128}, {"hidden": 64, "height": 48, "width": 256}),
    "db_pages": (
        {"backbone": "a"},
        {**PAGES, "neck": 32, "excite": False, "shrink": 0.7, "unclip": 0.0, "threshold": 0.5, "box_threshold": 0.7,
         "probability": "bce", "each_image": True},
    ),
    "fots_pages": (
        {"backbone": "a"},
        {**PAGES, "centre": (8, 16), "decoder": (8, 8, 4, 4), "out": 4, "reach": 320.0, "score": 0.5},
    ),
    "fots_rejector": (
        {"detector": DETECTOR, "crop": 320, "scale": (0.7, 2.0), "empty": 0.6},
        {"crop": 256, "scale": (0.8, 1.0), "empty": 0.3},
    ),
    "line_word_pages": (
        {"backbone": "a"},
        {**PAGES, "neck": 32, "quarter": 0.3, "shrink": 0.5, "shrink_words": 0.3, "box_threshold": 0.7,
         "box_threshold_words": 0.8, "margin": (0.2, 0.1)},
    ),
}  # fmt: skip


def leaves(tree: Any, prefix: str = "") -> dict[str, Any]:
    """Dotted key -> value of all that is no config itself."""
    found: dict[str, Any] = {}
    for f in dataclasses.fields(tree):
        value = getattr(tree, f.name)
        found |= leaves(value, f"{prefix}{f.name}.") if isinstance(value, Config) else {prefix + f.name: value}
    return found


def test_every_recipe_is_tried() -> None:
    functions = {name for name in recipes.__all__ if isinstance(getattr(recipes, name), type(leaves))}
    assert functions - {"parent", "replace"} == set(CALLS)


@pytest.mark.parametrize(("name", "argument"), [(n, a) for n, (_, others) in CALLS.items() for a in others])
def test_an_argument_sets_the_keys_that_are_noted_and_no_other(name: str, argument: str) -> None:
    recipe: Callable[..., Experiment] = getattr(recipes, name)
    given, others = CALLS[name]
    before, after = recipe(**given), recipe(**given | {argument: others[argument]})
    was, now = leaves(before), leaves(after)
    noted = {key for key, origin in origins_of(after).items() if origin.argument == argument and origin.recipe == name}
    assert {key for key in was if was[key] != now[key]} == noted
    assert all(now[key] == others[argument] for key in noted)
    firsts = [key for key in noted if not origins_of(after)[key].derived]
    assert len(firsts) == 1


def test_what_depends_on_an_argument_follows() -> None:
    lines = recipes.ctc_lines(height=56)
    assert lines.model.height == lines.data.preprocess.height == 56 and lines.data.ctc_stride == 4  # type: ignore[attr-defined, union-attr]
    assert recipes.seq2seq_lines(backbone="a", hidden=8, height=32, width=64).data.ctc_stride == 0  # type: ignore[union-attr]
    fots = leaves(DETECTOR)
    assert [fots[f"{part}.crop"] for part in ("model", "loss", "decoder")] == [500.0] * 3
    pages = leaves(recipes.line_word_pages(backbone="a", shrink=0.5, shrink_words=0.3))
    assert pages["data.targets.shrink"] == pages["decoder.lines.shrink"] == 0.5
    assert pages["data.targets.shrink_words"] == pages["decoder.words.shrink"] == 0.3
    gate = recipes.fots_rejector(DETECTOR, crop=64, scale=(1.0, 1.0), empty=0.5, epochs=3)
    assert leaves(gate)["model.detector.backbone"] == "resnet18" and gate.init_parts and gate.train.epochs == 3


def test_guides_train_what_is_shipped() -> None:
    word: dict[str, Any] = {"backbone": "a", "height": 32, "width": None}
    guided = recipes.scene_words(guide=SARConfig(), head="conv", **word)
    mutual = recipes.scene_words(guide=NRTRConfig(heads=2), mutual=True, **word)
    for exp, prefix in ((guided, "model.student"), (mutual, "model.member.student")):
        assert leaves(exp)[f"{prefix}.backbone"] == "a" and leaves(exp)[f"{prefix}.neck"] == "svtr"
    assert leaves(mutual)["model.member.guide.heads"] == 2
    with pytest.raises(ConfigError, match="mutual learning needs a guide"):
        recipes.scene_words(mutual=True, **word)
    line = leaves(recipes.ctc_lines(height=48, depths=(1, 1, 2), guide=NRTRConfig(), guide_weight=0.5))
    assert line["model.student.height"] == 48 and line["model.student.depths"] == (1, 1, 2)
    assert line["loss.guide"] == 0.5 and line["model.detach"] is False


def test_a_teacher_trains_what_is_shipped() -> None:
    line = leaves(recipes.ctc_lines(height=48, depths=(1, 1, 2), teacher="a.safetensors", teach=2.0))
    assert line["model.student.height"] == line["data.preprocess.height"] == 48 and line["loss.teach"] == 2.0
    assert line["model.teacher"] == "a.safetensors" and line["model.student.depths"] == (1, 1, 2)
    with pytest.raises(ConfigError, match="a guide or a teacher, not both"):
        recipes.ctc_lines(height=48, guide=NRTRConfig(), teacher="a.safetensors")


def test_arguments_of_a_run_are_the_fields_of_their_names() -> None:
    exp = recipes.ctc_lines(
        height=40, fold=5, average=range(1, 4), mix=["real", "a.txt:5"], lr=1, more={"data.augment.p": 0.25}
    )
    assert exp.fold == "all" and exp.train.average == (1, 2, 3) and exp.optim.lr == 1
    assert exp.data.mix == ("real", "a.txt:5") and leaves(exp)["data.augment.p"] == 0.25
    assert {*Run.__annotations__, *LineRun.__annotations__, *PageRun.__annotations__} == {*KEYS, "more"}
    for name, key in KEYS.items():
        root, _, field = key.rpartition(".")
        owners: list[Any] = {"": [Experiment], "optim": [Optim], "train": [Train],
                             "data": [LineDataConfig, PageDataConfig]}[root]  # fmt: skip
        assert field == name and any(f.name == name for owner in owners for f in dataclasses.fields(owner))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epoch": 3}, r"ctc_lines\(\) takes no 'epoch'; did you mean 'epochs'\?"),
        ({"epochs": "3"}, r"train\.epochs='3': Train expects int"),
        ({"lr": (1.0,)}, r"optim\.lr=\(1\.0,\): Optim expects float"),
        ({"keep": "first"}, r"train\.keep='first': Train expects"),
        ({"fold": "every"}, r"fold='every': Experiment expects"),
        ({"mix": (1,)}, r"data\.mix=\(1,\): LineData expects"),
        ({"more": {"data.augment.q": 1}}, r"unknown key 'data\.augment\.q'"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        recipes.ctc_lines(height=40, **arguments)


def test_replace_notes_where_it_was_called_and_values_decide_what_is_equal(tmp_path: Path) -> None:
    first = recipes.ctc_lines(height=40)
    second = replace(replace(first, **{"model.height": 48}), **{"model.height": 40})
    assert first == second and hash(first) == hash(second) and origins_of(first) != origins_of(second)
    (tmp_path / "configs" / "a").mkdir(parents=True)
    (tmp_path / "configs" / "base.py").write_text(
        "from chuviet.recipes import ctc_lines\n"
        "cfg = ctc_lines(\n    height=40,\n    more={\n        'train.ema': 0.5,\n    },\n)\n"
    )
    (tmp_path / "configs" / "a" / "child.py").write_text(
        "from chuviet.recipes import parent, replace\ncfg = replace(\n    parent(__file__, 'base'),\n    fold=2,\n"
        "    **{\n        'optim': replace(parent(__file__, 'base').optim, lr=0.5),\n    },\n)\n"
    )
    rows = {value.key: value for value in explained(config.load("child", tmp_path / "configs"))}
    where = {key: row.source.rpartition("/")[2] for key, row in rows.items()}
    assert (rows["fold"].value, where["fold"]) == (2, "child.py:4")
    assert (rows["optim.lr"].value, where["optim.lr"]) == (0.5, "child.py:6")
    assert (rows["train.ema"].value, where["train.ema"]) == (0.5, "base.py:5")
    assert where["model.height"] == "base.py:3" and where["model.stem"] == "recipe ctc_lines"


def test_names_of_configs_are_unique_and_found_in_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [path.stem for path in FILES]
    assert len(set(names)) == len(names) > 40
    assert [path.name for path in sorted(CONFIGS.glob("*.py"))] == [
        "b1_384_f5.py", "b1_384_ptr_f5.py", "b2_256_f5.py", "b2_256_ptr_f5.py"
    ]  # fmt: skip
    for folder in (ROOT, Path("/")):
        monkeypatch.chdir(folder)
        for path in FILES:
            inside = path.relative_to(CONFIGS)
            ways = [path.stem, str(inside), str(inside.with_suffix("")), str(path), str(path.with_suffix(""))]
            assert {config.find(way, config.config_folders()).resolve() for way in ways} == {path.resolve()}
    with pytest.raises(ConfigError, match="no config .*demo/line_192_f0"):
        config.find("demo/line_192_f0", config.config_folders())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_config_says_what_it_is_and_calls_a_recipe(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert (ast.get_docstring(tree) or "").partition("\n")[0].endswith(".")
    (last,) = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert isinstance(last.value, ast.Call) and isinstance(last.value.func, ast.Name)
    if last.value.func.id == "replace":  # the same run with one thing changed, and the weights it starts from
        assert len(leaves_of_call(last.value)) <= 2
    else:
        assert last.value.func.id in CALLS
        given = {keyword.arg for keyword in last.value.keywords}
        assert {"batch", "epochs"} <= given, given
        if last.value.func.id != "fots_rejector":
            assert {"lr", "mix"} <= given or {"lr", "csv"} <= given
            assert given & {"backbone", "widths", "hidden"} and given & {"height", "crop"}


def leaves_of_call(call: ast.Call) -> list[Any]:
    found: list[Any] = []
    for keyword in call.keywords:
        found += keyword.value.keys if isinstance(keyword.value, ast.Dict) else [keyword.arg]
    return found


def test_the_page_of_configs_explains_the_file_as_it_is() -> None:
    text = (ROOT / "docs" / "configs.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- b1_384_ptr_f5 -->\n```python\n(.*?)```", text, re.DOTALL)
    assert block and block[1] == (CONFIGS / "b1_384_ptr_f5.py").read_text(encoding="utf-8")
    arguments = re.search(r"cfg = seq2seq_lines\(\n(.*?)\n\)", block[1], re.DOTALL)
    assert arguments
    explained_ones = re.findall(r"^\*\*`([^`]+)`\*\*", text, re.MULTILINE)
    for argument in re.findall(r"^ +(\w+)=", arguments[1], re.MULTILINE):
        assert any(f"{argument}=" in one for one in explained_ones), argument
    for name in CALLS:
        assert f"| `{name}` |" in text


def test_typed_arguments_resolve() -> None:
    for name in CALLS:
        assert typing.get_type_hints(getattr(recipes, name))["return"] is Experiment
