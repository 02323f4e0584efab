"""The page of `chuviet browse`: what Python puts into it, and in Chromium what it does."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from chuviet import cli
from chuviet.data.table import write_table
from chuviet.errors import InputError
from chuviet.report.browse import KINDS, member_names, read_members, rows, runs, write_page
from chuviet.report.oof import error_kind

HERE = Path(__file__).parent
WEB = HERE.parents[1] / "web"
PACKAGE = HERE.parents[1] / "src" / "chuviet" / "report" / "browse_page"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")

SCRIPT = '<script>globalThis.hacked = 1</script> & "q" {{DATA}}'
IMAGE = "<img src=x onerror='globalThis.hacked = 2'>"
#: img_path, label, what the first reader read, its confidence, fold, what the second one read.
ROWS = [
    ("1.png", SCRIPT, SCRIPT, 0.5, 0, SCRIPT),
    ("2.png", IMAGE, IMAGE, 0.6, 0, IMAGE),
    ("3.png", "Hà Nội", "Hà Nôi!", 0.9, 0, "Hà Nội"),
    ("4.png", "Số 12", "Số 17", 0.8, 1, "Số 17"),
    ("5.png", "đường lê", "đường le", 0.7, 1, "đường lê"),
    ("missing.png", "x y", "xy", 0.2, 2, "x  y"),
    ("sub folder/ô 7#?.png", "a,b", "a,b", 0.99, 0, "a,b"),
]


def read_by(reader: int, names: set[str] | None = None) -> pd.DataFrame:
    """The table of the first reader (0) or the second (1), of the lines `names`."""
    rows = [(name, text, (first, second)[reader], (sure, 0.7)[reader], fold)
            for name, text, first, sure, fold, second in ROWS if names is None or name in names]  # fmt: skip
    return pd.DataFrame(rows, columns=["img_path", "text", "prediction", "confidence", "fold"])


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((60, 900, 3), 230, np.uint8)).save(path)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """small.html and embedded.html of `ROWS`, large.html of 10,000 lines."""
    folder = tmp_path_factory.mktemp("pages")
    for name, *_ in ROWS:
        if name != "missing.png":
            picture(folder / "data" / "images" / name)
    members = {"b": read_by(1), "c": read_by(0, {"4.png"})}
    for name, thumbnails in (("small.html", 0), ("embedded.html", 20)):
        root = folder / "data" / "images"
        assert write_page(read_by(0), members, root, folder / name, "<b>lines</b> </script>", thumbnails) == 6
    rng = np.random.default_rng(0)
    texts = [f"line {i} " + "".join(rng.choice(list("abcdeghiđôốệ "), 40)) for i in range(10_000)]
    reading = [text.replace("ố", "ô", int(rng.integers(0, 3))) for text in texts]
    frame = pd.DataFrame({"img_path": [f"line{i}.png" for i in range(10_000)], "text": texts, "prediction": reading,
                          "confidence": rng.random(10_000), "fold": np.arange(10_000) % 5})  # fmt: skip
    picture(folder / "line9999.png")
    write_page(frame, {"b": frame.assign(prediction=texts)}, folder, folder / "large.html", "many", 0)
    return folder


def test_runs_give_back_both_texts() -> None:
    pairs = [("a", "a"), ("b", "b"), ("c", "x"), ("", "y"), ("d", "d"), ("e", "")]
    assert runs(pairs) == ["ab", ["c", "xy"], "d", ["e", ""]] and runs([]) == []


def test_rows_name_the_kinds_of_errors_and_the_members_readings() -> None:
    found = rows(read_by(0), {"b": read_by(1), "c": read_by(0, {"4.png"})}, [None] * 7)
    kinds = [[KINDS[k] for k in range(len(KINDS)) if row[4] & 1 << k] for row in found]
    assert kinds == [[], [], ["tone mark", "inserted"], ["digit"], ["vowel mark"], ["space"], []]
    assert found[2] == ["3.png", None, 0, 0.9, kinds_of("tone mark", "inserted"), ["Hà N", ["ộ", "ô"], "i", ["", "!"]],
                        [[["Hà Nội"], 0.7], None]]  # fmt: skip
    assert found[3][6] == [[["Số 1", ["2", "7"]], 0.7], [["Số 1", ["2", "7"]], 0.8]]


def kinds_of(*names: str) -> int:
    return sum(1 << KINDS.index(name) for name in names)


def test_every_kind_of_error_has_a_filter() -> None:
    letters = ["", *"aàâầbdđeAÀ12,. "]
    found = {error_kind(a, b) for a, b in itertools.product(letters, letters) if a != b}
    assert found == set(KINDS) and len(KINDS) == len(set(KINDS))


def test_members_have_names_of_their_own(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a/oof.csv", "b/oof.csv", "b.csv", "x/f.csv", "y/f.csv")]
    assert member_names(files) == ["a", f"{tmp_path.name}/b", f"{tmp_path.name}/b (2)", "x/f", "y/f"]
    write_table(read_by(0), tmp_path / "1.csv")
    write_table(read_by(0).assign(img_path=[f"other{i}" for i in range(7)]), tmp_path / "2.csv")
    with pytest.raises(InputError, match=r"2\.csv: has no img_path of"):
        read_members([tmp_path / "1.csv", tmp_path / "2.csv"])


def test_a_table_without_confidence_or_fold(tmp_path: Path) -> None:
    frame = read_by(0)[["img_path", "text", "prediction"]]
    assert [row[2:4] for row in rows(frame, {}, [None] * 7)] == [[None, None]] * 7


def test_the_command(pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, reader in (("one.csv", 0), ("two.csv", 1)):
        write_table(read_by(reader), pages / "data" / name)
    given = [str(pages / "data" / name) for name in ("one.csv", "two.csv")]
    assert cli.main(["browse", *given, "--data", given[0], "--out", str(tmp_path / "deep")]) == 0
    assert "browse.html: 7 lines, 6 pictures named relative to it" in capsys.readouterr().out
    html = (tmp_path / "deep" / "browse.html").read_text(encoding="utf-8")
    data = json.loads(re.findall(r'id="data">(.*?)</script>', html, re.DOTALL)[0])
    assert data["members"] == ["two"] and len(data["rows"]) == 7
    link = data["rows"][6][1]
    assert link.endswith("/sub%20folder/%C3%B4%207%23%3F.png") and link.startswith("../")
    assert cli.main(["browse", given[0], "--out", str(tmp_path / "x.html")]) == 2  # no config beside it
    assert cli.main(["browse", *given, "--data", given[0], "--out", given[1]]) == 2  # would be a folder


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (package chromium)")
@pytest.mark.skipif(
    not (WEB / "node_modules" / "playwright-core").is_dir(), reason="web/node_modules is missing (npm ci in web/)"
)
@pytest.mark.programs
def test_the_page_in_chromium(pages: Path) -> None:
    environment = os.environ | {
        "CHROMIUM": str(CHROMIUM), "MODULES": str(WEB / "node_modules"), "PAGES": str(pages),
    }  # fmt: skip
    command = ["node", "--test", "--test-reporter=spec", str(HERE / "browse.test.mjs")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.skipif(not (WEB / "node_modules" / ".bin" / "tsc").exists(), reason="no TypeScript (npm ci in web/)")
def test_types_fit() -> None:
    options = ["--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "es2022", "--module", "esnext",
               "--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable"]  # fmt: skip
    files = sorted(map(str, PACKAGE.glob("*.js")))
    done = subprocess.run([WEB / "node_modules" / ".bin" / "tsc", *options, *files], capture_output=True, text=True)
    assert done.returncode == 0 and len(files) == 3, done.stdout
