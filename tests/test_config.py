import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from chuviet import config
from chuviet.config import Config, ConfigError
from chuviet.decode.attention import AttentionBeam
from chuviet.decode.ctc import CTCBeam, CTCGreedy

CONFIGS = Path(__file__).parents[1] / "configs"


@dataclass(frozen=True, kw_only=True)
class Inner(Config):
    rate: float = 0.1
    name: str = "x"
    mode: Literal["fast", "slow"] = "fast"
    maybe: int | None = None


@dataclass(frozen=True, kw_only=True)
class Outer(Config):
    inner: Inner = Inner()
    decoder: Config = CTCBeam.Config()
    sizes: tuple[int, ...] = (1, 2)
    rates: tuple[float, ...] = ()
    pair: tuple[int, int] = (3, 4)
    files: tuple[str, ...] = ()
    count: int = 1
    on: bool = False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("inner.rate=1e-4", 1e-4),
        ("inner.rate=1", 1.0),
        ("inner.name=b2", "b2"),
        ("inner.name=5", "5"),
        ("inner.name=none", "none"),
        ("inner.name=a=b", "a=b"),
        ("inner.mode=slow", "slow"),
        ("inner.maybe=3", 3),
        ("inner.maybe=none", None),
        ("decoder.width=50", 50),
        ("sizes=5", (5,)),
        ("sizes=[5, 6]", (5, 6)),
        ("sizes=5,6", (5, 6)),
        ("sizes=()", ()),
        ("rates=1,0.5", (1.0, 0.5)),
        ("rates=2", (2.0,)),
        ("pair=(7, 8)", (7, 8)),
        ("files=a.csv", ("a.csv",)),
        ("files=a.csv,b.csv", ("a.csv", "b.csv")),
        ("on=true", True),
        ("on=False", False),
    ],
)
def test_overrides_take_the_type_of_the_field(text: str, expected: object) -> None:
    cfg = config.override(Outer(), [text])
    value: object = cfg
    for part in text.split("=")[0].split("."):
        value = getattr(value, part)
    assert value == expected
    assert type(value) is type(expected)
    if isinstance(value, tuple) and isinstance(expected, tuple):
        assert [type(v) for v in value] == [type(v) for v in expected]


@pytest.mark.parametrize(
    "text", ["count=1.5", "count=true", "count=many", "on=1", "inner.mode=medium", "pair=1,2,3", "sizes=1,x", "inner=3",
             "inner.rate=fast", "inner.maybe=x", "on=maybe"]
)  # fmt: skip
def test_values_of_the_wrong_type_are_errors(text: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        config.override(Outer(), [text])


def test_unknown_keys_suggest_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'inner.rat'.*did you mean 'rate'"):
        config.override(Outer(), ["inner.rat=1"])
    with pytest.raises(ConfigError, match=r"unknown key 'decoder.alhpa'.*did you mean 'alpha'"):
        config.override(Outer(), ["decoder.alhpa=1"])
    with pytest.raises(ConfigError, match="unknown key 'count.x'"):
        config.override(Outer(), ["count.x=1"])
    with pytest.raises(ConfigError, match="key=value"):
        config.override(Outer(), ["count"])


def test_fields_that_were_renamed_are_read_from_old_files_and_suggested_by_overrides() -> None:
    exp = config.load("line_192_f0", CONFIGS)
    stored = config.to_json(config.replace(exp, **{"data.bad_labels": "leave_out", "data.ctc_stride": 8}))
    old = stored | {"data": {**stored["data"]}}
    old["data"]["unfit"], old["data"]["frame"] = old["data"].pop("bad_labels"), old["data"].pop("ctc_stride")
    assert config.from_json(old) == config.from_json(stored)
    assert config.from_json(old).data.bad_labels == "leave_out" and config.from_json(old).data.ctc_stride == 8
    with pytest.raises(ConfigError, match=r"no field unfit"):
        config.from_json(config.to_json(exp) | {"unfit": "refuse"})  # of another config
    for former, name in (("unfit=leave_out", "bad_labels"), ("frame=8", "ctc_stride")):
        with pytest.raises(ConfigError, match=rf"unknown key 'data\.\w+'.*did you mean 'data\.{name}'\?"):
            config.override(exp, [f"data.{former}"])
    with pytest.raises(ConfigError, match=r"did you mean 'data.ctc_stride'"):
        config.replace(exp, **{"data.frame": 8})


def test_a_key_without_its_place_in_the_tree_suggests_the_place() -> None:
    cfg = Outer(decoder=Outer())
    with pytest.raises(ConfigError, match=r"unknown key 'rate': Outer has no 'rate'; did you mean 'inner.rate' or "
                       r"'decoder.inner.rate'\?"):  # fmt: skip
        config.override(cfg, ["rate=1"])
    with pytest.raises(ConfigError, match=r"unknown key 'training.alpha': .*did you mean 'decoder.alpha'"):
        config.override(Outer(), ["training.alpha=1"])  # neither the part nor the key are where they are looked for
    with pytest.raises(ConfigError, match=r"unknown key 'alhpa'.*did you mean 'decoder.alpha'"):
        config.override(Outer(), ["alhpa=1"])
    exp = config.load("demo_f0", CONFIGS)
    for key, meant in {
        "epochs": "train.epochs",
        "lr": "optim.lr",
        "csv": "data.csv",
        "optim.epochs": "train.epochs",
    }.items():
        with pytest.raises(ConfigError, match=f"did you mean '{meant}'"):
            config.override(exp, [f"{key}=3"])


def test_overrides_leave_the_original_alone() -> None:
    cfg = Outer()
    changed = config.override(cfg, ["inner.rate=9", "count=2", "inner.rate=7"])
    assert (cfg.inner.rate, cfg.count) == (0.1, 1)
    assert (changed.inner.rate, changed.count) == (7.0, 2)
    with pytest.raises(AttributeError):
        cfg.count = 3  # type: ignore[misc]


def test_dotted_replace() -> None:
    assert config.replace(Outer(), **{"inner.rate": 2.0, "count": 5}) == Outer(inner=Inner(rate=2.0), count=5)
    with pytest.raises(ConfigError, match="Inner has no 'nmae'; did you mean 'name'"):
        config.replace(Outer(), **{"inner.nmae": 1})


def test_json_round_trip_keeps_types_and_values() -> None:
    for cfg in (CTCBeam.Config(width=3, lm="a.safetensors"), CTCGreedy.Config(), AttentionBeam.Config(normalise=0.5)):
        text = json.dumps(config.to_json(cfg))
        again = config.from_json(json.loads(text))
        assert again == cfg
        assert type(again) is type(cfg)
    assert config.from_json(json.loads(json.dumps(config.to_json((1, (2.5, "x", None, True)))))) == (
        1,
        (2.5, "x", None, True),
    )


def test_json_holds_data_only() -> None:
    with pytest.raises(ConfigError, match="Path"):
        config.to_json(replace(CTCBeam.Config(), lm=Path("x")))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"type": "os:system", "command": "true"}, "does not live in chuviet"),
        ({"type": "chuvietx.evil:Config"}, "does not live in chuviet"),
        ({"type": "subprocess:Popen", "args": "true"}, "does not live in chuviet"),
        ({}, "does not live in chuviet"),
        ({"type": "chuviet.config:importlib.import_module", "name": "os"}, "not a config type"),
        ({"type": "chuviet.decode.ctc:Prediction"}, "not a config type"),
        ({"type": "chuviet.nowhere:Config"}, "unknown config type"),
        ({"type": "chuviet.decode.ctc:Nothing.Config"}, "unknown config type"),
        ({"type": "chuviet.decode.ctc"}, "unknown config type"),
        ({"type": "chuviet.decode..ctc:X"}, "unknown config type"),
        ({"type": "chuviet.decode.ctc:CTCBeam.Config", "breadth": 3}, "has no field breadth"),
        ({"type": "chuviet.decode.ctc:CTCBeam.Config", "width": "wide"}, "can't hold width='wide'"),
        ({"type": "chuviet.experiment:Experiment"}, "missing 3 required keyword-only arguments: 'model'"),
    ],
)
def test_json_of_a_stranger_builds_nothing_else(data: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.from_json(data)
    with pytest.raises(ConfigError, match=message):
        config.from_json([{"type": "chuviet.decode.ctc:CTCGreedy.Config"}, data])


def write_configs(folder: Path) -> None:
    (folder / "base_f0.py").write_text("from chuviet.decode.ctc import CTCBeam\ncfg = CTCBeam.Config(width=7)\n")
    (folder / "child_f0.py").write_text(
        "from chuviet.config import parent, replace\ncfg = replace(parent(__file__, 'base_f0'), alpha=0.25)\n"
    )
    (folder / "empty.py").write_text("x = 1\n")


def test_config_files_and_their_children(tmp_path: Path) -> None:
    write_configs(tmp_path)
    assert config.load("base_f0", tmp_path) == CTCBeam.Config(width=7)
    assert config.load("child_f0", tmp_path) == CTCBeam.Config(width=7, alpha=0.25)
    assert config.load(tmp_path / "child_f0.py") == config.load("child_f0", tmp_path)


def test_configs_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert config.load("demo_f0") == config.load("demo_f0", CONFIGS)
    with pytest.raises(ConfigError, match=r"no config configs/demo_f1\.py, nor in .*configs; nearest: demo_f0"):
        config.load("demo_f1")
    (tmp_path / "configs").mkdir()
    write_configs(tmp_path / "configs")
    (tmp_path / "configs/base_f0.py").rename(tmp_path / "configs/demo_f0.py")
    assert config.load("demo_f0") == CTCBeam.Config(width=7)  # one's own comes first
    assert config.load("configs/demo_f0") == config.load("configs/demo_f0.py") == CTCBeam.Config(width=7)


def test_config_files_that_are_not_there(tmp_path: Path) -> None:
    write_configs(tmp_path)
    with pytest.raises(ConfigError, match="no config .*bse_f0.py; nearest: base_f0"):
        config.load("bse_f0", tmp_path)
    with pytest.raises(ConfigError, match="known: base_f0, child_f0, empty"):
        config.load("zzzzzzzz", tmp_path)
    with pytest.raises(ConfigError, match="defines no `cfg`"):
        config.load("empty", tmp_path)


def test_every_config_of_the_project_loads_and_survives_json() -> None:
    folder = Path(__file__).parents[1] / "configs"
    names = sorted(p.stem for p in folder.rglob("*.py"))
    assert names
    for name in names:
        cfg = config.load(name, folder)
        assert config.from_json(json.loads(json.dumps(config.to_json(cfg)))) == cfg, name


def test_where_there_are_no_configs_a_checkout_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no config .*x\.py.*there are no configs at all.*in a checkout"):
        config.find("x", [tmp_path, tmp_path / "b"])


def test_an_argument_that_a_recipe_lacks_is_said_with_what_was_given_instead(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from chuviet.recipes import backbone_lines\ncfg = backbone_lines(backbone='lcnet_050', hieght=40)\n"
    )
    with pytest.raises(ConfigError, match=r"mine.py: backbone_lines\(\) is called without 'height'; is 'hieght' meant"):
        config.load(file)
    file.write_text("cfg = len()\n")  # another mistake stays what it is
    with pytest.raises(TypeError, match="exactly one argument"):
        config.load(file)


def test_a_config_anywhere_has_a_shipped_parent(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from chuviet.config import parent, replace\n"
        "cfg = replace(parent(__file__, 'line_192_f5'), **{'optim.lr': 1e-4})\n"
    )
    assert config.load(file) == config.override(config.load("line_192_f5"), ["optim.lr=1e-4"])
