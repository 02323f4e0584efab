"""What needs no PyTorch is answered without it: a mistyped config or key, data that are not there, `chuviet config`."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from chuviet import config
from chuviet.config import replace
from chuviet.data.configs import LineDataConfig
from chuviet.data.making import FILES, SOURCES, check_sets
from chuviet.errors import InputError
from chuviet.manifest import Fold

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "configs"
NAMES = sorted(path.stem for path in config.files_in(CONFIGS))
BLOCKED = "torch torchvision timm lightning pandas albumentations sklearn scipy matplotlib onnx onnxruntime safetensors"
BEGIN = f"import sys; sys.modules.update(dict.fromkeys({BLOCKED.split()!r})); from chuviet.cli import main; "


def without_torch(folder: Path, *words: str, data: str = "") -> tuple[int, str, str]:
    """Runs a command in a process that cannot import PyTorch and its like: exit code, stdout, stderr."""
    env = {k: v for k, v in os.environ.items() if k != "CHUVIET_DATA"} | ({"CHUVIET_DATA": data} if data else {})
    done = subprocess.run(
        [sys.executable, "-c", f"{BEGIN}sys.exit(main({list(words)!r}))"],
        cwd=folder, env=env, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-C", "b1_384_f55"], r"no config configs/b1_384_f55\.py, nor in .*configs; nearest: b1_384_f5"),
        (["-C", "b1_384_f5", "train.epoch=3"], r"unknown key 'train\.epoch': .* no 'epoch'; did you mean 'epochs'"),
        (["-C", "b1_384_f5", "train.epochs=many"], r"train\.epochs=many: expected a whole number, got str"),
        (["-C", "b1_384_f5", "fold=7"], r"fold=7: folds are 0 to 4, or all"),
        (["-C", "b1_384_f5", "fold=some"], r"fold=some: expected"),
        (["-C", "b1_384_f5", "train.epochs=50"], r"train\.average: epoch 100 of 50"),
        (["-C", "b1_384_f5", "data.mix=real:60%"], r"data\.mix: the shares 0\.6 must be above 0 and sum to 1"),
        (["-C", "page_lite0", "fold=0"], r"fold=0: pages have no folds"),
        (["-C", "b1_384_f5"], r"train_ext3\.csv: no such file, nor below CHUVIET_DATA"),
    ],
)  # fmt: skip
def test_errors_of_a_first_run_do_not_wait_for_pytorch(words: list[str], message: str, tmp_path: Path) -> None:
    code, _, said = without_torch(tmp_path, "train", *words)
    errors = [line for line in said.splitlines() if line.startswith("chuviet: error: ")]
    assert code == 2 and len(errors) == 1 and re.search(message, errors[0]), said


def test_data_that_are_not_there_come_with_the_commands_that_make_them(tmp_path: Path) -> None:
    _, _, said = without_torch(tmp_path, "train", "-C", "b1_384_ptr_f5")
    assert [line.strip() for line in said.splitlines()[1:]] == [
        "chuviet check --data labels.csv",
        "chuviet folds --data labels.csv --out train_folds.csv",
        "python synthetic_data/gendata_aug.py --data train_folds.csv --copies 10",
        "python synthetic_data/get_fonts.py",
        "python synthetic_data/gendata_address.py --count 60000 --seed 1",
        "python synthetic_data/gendata_poems.py --count 12000 --seed 1",
        "python prepare_ext_data.py --out train_ext3.csv",
        "To see the whole way first, on lines that it draws itself, ten minutes at most: make demo",
    ]
    data = tmp_path / "sets"
    (data / "scene_words").mkdir(parents=True)
    (data / "scene_words" / "val.txt").write_text("a.png\ta\n")
    _, _, said = without_torch(tmp_path, "train", "-C", "scene_192", data=str(data))
    assert "training_data/scene_words.txt (and 3 other sets): no such file" in said and "val.txt\n" not in said
    assert f"--words {data}/scene_words/train.txt --count 12000" in said  # DATA is the folder that is named


def test_weights_to_start_from_that_are_not_there_come_with_the_command(tmp_path: Path) -> None:
    (tmp_path / "train_ext3.csv").write_text("img_path,text,fold,source\n")
    code, _, said = without_torch(tmp_path, "train", "-C", "b1_384_f5")
    assert code == 2 and "make it with: python train.py -C b1_384_ptr_f5" in said
    code, _, said = without_torch(tmp_path, "train", "-C", "line_192_f0", "init=gone.onnx", "--folds", "0,1")
    assert code == 2 and "init=gone.onnx: no such file" in said


def test_a_run_whose_data_are_there_does_want_pytorch(tmp_path: Path) -> None:
    """The test above would pass, too, if nothing ever imported it."""
    (tmp_path / "train_ext3.csv").write_text("img_path,text,fold,source\n")
    code, _, said = without_torch(tmp_path, "train", "-C", "b1_384_ptr_f5")
    assert code == 2 and "this needs " in said and "which is not installed" in said


@pytest.mark.parametrize("name", NAMES)
def test_every_set_of_every_config_has_commands_or_is_given(name: str) -> None:
    exp = replace(config.load(name, CONFIGS), **{"data.mix": config.load(name, CONFIGS).data.mix})
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CHUVIET_DATA", raising=False)
        patch.chdir("/")
        with pytest.raises(InputError) as e:
            check_sets(exp.data)
    given = [step for step in e.value.steps if step.startswith("export CHUVIET_DATA")]
    sets = given[0].split("holds ")[1].split(" (")[0].split(", ") if given else []
    public = ("icdar2015/", "sroie/", "scene_words/", "SynthText", "SampleDataset", "training_data/", "train", "valid")
    assert len(given) <= 1 < len(e.value.steps) and all(one.startswith(public) for one in sets)


def test_the_commands_name_programs_and_options_that_there_are() -> None:
    known = "".join(path.read_text() for folder in ("synthetic_data", "src/chuviet/commands") for path in
                    (ROOT / folder).glob("*.py")) + (ROOT / "prepare_ext_data.py").read_text()  # fmt: skip
    known += "".join(path.read_text() for path in (ROOT / "src/chuviet/options").glob("*.py"))
    for command in (c for group in (FILES, SOURCES) for commands in group.values() for c in commands):
        program, *rest = shlex.split(command)
        if program == "python":
            assert (ROOT / rest[0]).is_file(), command
        else:
            assert program in ("make", "chuviet", "grep"), command
        for option in (word for word in rest if word.startswith("--")):
            assert f'"{option}"' in known, command


def test_a_source_that_no_row_has_names_its_commands(tmp_path: Path) -> None:
    Image.new("RGB", (200, 40), "white").save(tmp_path / "a.png")
    (tmp_path / "t.csv").write_text("img_path,text,fold,source\na.png,x,6,address\n")
    with pytest.raises(InputError, match=r"no rows of source joined; it has address") as e:
        LineDataConfig(csv=str(tmp_path / "t.csv"), mix=("address", "joined:5")).build("all", 0)
    assert e.value.steps == SOURCES["joined"]


@pytest.mark.parametrize("fold", [0, "all"])
def test_a_mistyped_source_is_told_from_what_there_is(tmp_path: Path, fold: Fold) -> None:
    rows = ["a.png,x,6,address_words", "b.png,x,6,poems", "c.png,y,0,real", "d.png,z,1,real"]
    for row in rows:
        Image.new("RGB", (200, 40), "white").save(tmp_path / row[:5])
    (tmp_path / "t.csv").write_text("\n".join(["img_path,text,fold,source", *rows, ""]))
    with pytest.raises(InputError, match=r"it has address_words, poems, real; did you mean address_words\?$"):
        LineDataConfig(csv=str(tmp_path / "t.csv"), mix=("adress_words",)).build(fold, 0)


def test_config_prints_every_value_and_where_it_is_from(tmp_path: Path) -> None:
    code, out, said = without_torch(ROOT, "config", "line_192_f5", "optim.lr=1e-4", "data.draw=(('joined',9),)")
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in out.splitlines()[1:] if not line.startswith(" ")}
    assert code == 0 and said.splitlines() == [
        "data.draw is now written data.mix; this one is data.mix=real,address,poems,joined:9"
    ]
    assert rows["optim.lr"] == ["0.0001", "command line"] and rows["data.mix"][1] == "command line"
    assert rows["fold"] == ["all", "configs/lines/line_192_f5.py:5"]
    lines = (CONFIGS / "lines/line_192_f0.py").read_text().splitlines()
    at = next(i for i, line in enumerate(lines, 1) if "height=40" in line)
    assert rows["model.height"] == ["40", f"configs/lines/line_192_f0.py:{at}"]
    assert rows["data.preprocess.height"] == ["40", f"configs/lines/line_192_f0.py:{at}, follows from height"]
    assert rows["optim.eps"] == ["1e-08", "recipe ctc_lines"] and rows["train.clip"] == ["5.0", "default"]
    assert rows["model"] == ["line_ctc", "recipe ctc_lines"]
    code, _, said = without_torch(tmp_path, "config", "line_192_f5", "optim.lrr=1")
    assert code == 2 and "did you mean" in said
    assert without_torch(tmp_path, "config")[0] == 2


def test_config_lists_every_config_in_one_line(tmp_path: Path) -> None:
    code, out, _ = without_torch(tmp_path, "config", "--list")
    rows = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert code == 0 and sorted(Path(name).name for name in rows) == NAMES
    assert list(rows)[:4] == ["b1_384_f5", "b1_384_ptr_f5", "b2_256_f5", "b2_256_ptr_f5"]
    assert all(what.endswith((".", "!")) and len(what) <= 110 for what in rows.values()), rows
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "b1_384_f5.py").write_text('"""Mine."""\n')
    (tmp_path / "configs" / "new.py").write_text("x = 1\n")
    rows = {line.split()[0]: line.split()[1:] for line in without_torch(tmp_path, "config", "--list")[1].splitlines()}
    assert rows["b1_384_f5"] == ["Mine."] and rows["new"] == [] and len(rows) == len(NAMES) + 1
