"""Sets on disk: one recipe a folder, whole files or none, lines that a kill has cut are made again."""

import csv
import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.manifest import COLUMNS
from chuviet.synth.corpus import Addresses, Verse, Ward
from chuviet.synth.dataset import LineRecipe, write_set
from chuviet.synth.fonts import default_fonts
from chuviet.synth.record import RECORD, claim, describe_fonts, digest
from chuviet.vocab import VIETNAMESE

RECIPE = LineRecipe(Verse(), default_fonts(VIETNAMESE), "poems", VIETNAMESE, seed=5, shortest=10)
HEADER = ",".join(COLUMNS) + "\n"


def rows(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def test_a_folder_is_kept_for_one_recipe(tmp_path: Path) -> None:
    recipe = {"seed": 0, "height": 64, "corpus": "abc"}
    claim(tmp_path, recipe)
    claim(tmp_path, recipe)
    with pytest.raises(InputError, match=r"\(--seed was 0, now 9, --corpus was abc, now abd\); name another --out"):
        claim(tmp_path, recipe | {"seed": 9, "corpus": "abd"})
    with pytest.raises(InputError, match="--task was absent, now scene"):
        claim(tmp_path, recipe | {"task": "scene"})
    (tmp_path / RECORD).write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="recipe.json: cannot be read"):
        claim(tmp_path, recipe)


def test_samples_without_a_record_are_not_taken_over(tmp_path: Path) -> None:
    write_set(RECIPE.job, 2, tmp_path)
    with pytest.raises(InputError, match="holds samples without a recipe.json"):
        claim(tmp_path, {"seed": 5})


def test_fresh_removes_what_was_drawn_and_nothing_else(tmp_path: Path) -> None:
    claim(tmp_path, {"seed": 5})
    write_set(RECIPE.job, 3, tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "0000" / "photo.jpg").write_text("mine")
    claim(tmp_path, {"seed": 5}, fresh=True)  # the same recipe goes on
    assert len(rows(tmp_path / "manifest.csv")) == 3
    claim(tmp_path, {"seed": 6}, fresh=True)
    left = sorted(p.name for p in tmp_path.rglob("*") if p.is_file())
    assert left == ["notes.txt", "photo.jpg", RECORD]


def test_digests_tell_fonts_and_texts_apart() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"]) and digest(["ab"]) == digest([b"ab"])
    assert describe_fonts(RECIPE.fonts) != describe_fonts(RECIPE.fonts[1:])
    wards = [Ward("P", "", "D", "Quận", "W", "Phường", ("S",))]
    kinds = [Verse(), Verse(old=False), Verse(["a b"]), Addresses(wards), Addresses(wards, cover=False),
             Addresses([replace(wards[0], streets=("T",))])]  # fmt: skip
    assert len({repr(k) for k in kinds}) == len(kinds) and repr(Verse()) == repr(Verse())


def test_a_line_that_was_cut_is_made_again(tmp_path: Path) -> None:
    write_set(RECIPE.job, 4, tmp_path / "whole")
    good = (tmp_path / "whole" / "manifest.csv").read_bytes()
    lines = good.splitlines(keepends=True)[1:]
    write_set(RECIPE.job, 3, tmp_path / "cut")
    (tmp_path / "cut" / "manifest.csv").unlink()
    for at in (18, len(lines[2]) - 1, lines[2].index("ư".encode()[:1]) + 1 if b"\xc6" in lines[2] else 25):
        (tmp_path / "cut" / "manifest.partial").write_bytes(lines[0] + lines[1] + lines[2][:at])
        write_set(RECIPE.job, 4, tmp_path / "cut")
        assert (tmp_path / "cut" / "manifest.csv").read_bytes() == good
        (tmp_path / "cut" / "manifest.csv").unlink()


def test_a_file_of_another_kind_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("my,notes\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="manifest.csv: not a manifest of drawn samples"):
        write_set(RECIPE.job, 2, tmp_path)
    assert (tmp_path / "manifest.csv").read_text(encoding="utf-8") == "my,notes\n1,2\n"


@pytest.mark.parametrize("what", ["0000002.jpg", "manifest.csv", "manifest.partial"])
def test_a_full_disk_is_one_line_and_the_run_goes_on_later(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full when `what` is opened for writing."""
    normal = Path.open

    def full(self: Path, mode: str = "r", *args: object, **options: object) -> object:
        if mode in ("wb", "ab") and what in self.name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return normal(self, mode, *args, **options)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(InputError, match=rf"{what}: cannot be written \(No space left on device\)"):
            write_set(RECIPE.job, 4, tmp_path / "a")
    assert not (tmp_path / "a" / "manifest.csv").exists()
    assert not list((tmp_path / "a").rglob("*.tmp"))
    write_set(RECIPE.job, 4, tmp_path / "a")
    write_set(RECIPE.job, 4, tmp_path / "b")
    assert (tmp_path / "a" / "manifest.csv").read_bytes() == (tmp_path / "b" / "manifest.csv").read_bytes()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "x", tmp_path / "file"):
        with pytest.raises(InputError, match="cannot be"):
            write_set(RECIPE.job, 1, path)


def test_a_font_that_has_gone_is_one_line(tmp_path: Path) -> None:
    def job(index: int) -> tuple[dict[str, str], bytes]:
        raise OSError("cannot open resource")

    with pytest.raises(InputError, match=r"sample 0 cannot be made \(cannot open resource\)"):
        write_set(job, 1, tmp_path)


@pytest.mark.parametrize("sync", [True, False])
def test_write_whole_leaves_the_old_file_or_the_new_one(
    sync: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deep" / "a.bin"
    write_whole(path, b"old", sync)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(InputError, match="a.bin: cannot be written .full.; the former file is untouched"):
        write_whole(path, b"new", sync)
    assert path.read_bytes() == b"old" and [p.name for p in path.parent.iterdir()] == ["a.bin"]
