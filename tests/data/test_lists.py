"""Lists of scene-text sets: every row checked, splits that lose nothing, mixes whose shares hold in every epoch."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from chuviet.config import ConfigError
from chuviet.data.check import check_data
from chuviet.data.files import image_size
from chuviet.data.lists import convert_baidu, named_charset, read_dictionary, read_list
from chuviet.data.recognition import Concat, LineData
from chuviet.data.scene_augment import SceneAugment
from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.vocab import ASCII


@pytest.fixture
def word_list(tmp_path: Path) -> Callable[..., str]:
    """word_list(name, texts): crops of 40 px height and 30 px a character, and their list."""

    def make(name: str, texts: list[str]) -> str:
        lines = []
        for i, text in enumerate(texts):
            Image.new("RGB", (30 * len(text), 40), (50, 90, 130)).save(tmp_path / f"{name}{i}.png")
            lines.append(f"{name}{i}.png\t{text}\n")
        (tmp_path / f"{name}.txt").write_text("".join(lines))
        return str(tmp_path / f"{name}.txt")

    return make


def data(csv: str, fold: int = 0, **changes: object) -> LineData:
    fixed: dict[str, object] = {"charset": "abcd ", "preprocess": ScenePreprocess.Config(height=32, width=128),
                                "augment": None, "batch": 4, "workers": 0}  # fmt: skip
    return LineData.Config(csv=csv, **(fixed | changes)).build(fold=fold, seed=0)  # type: ignore[arg-type]


def test_read_list_keeps_spaces_inside_and_skips_blank_lines(tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_bytes("\ufeffa/1.jpg\ttwo words\r\n\r\nb.jpg\t a\tb \n".encode())
    frame = read_list(tmp_path / "l.txt")
    assert frame["img_path"].tolist() == ["a/1.jpg", "b.jpg"] and frame["text"].tolist() == ["two words", "a b"]
    assert (frame.index + 2).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("content", "message"),
    [("a.jpg word\n", r"l\.txt: row 1: no tab"), ("a.jpg\tx\nb.jpg\t \n", r"l\.txt: row 2: empty label"),
     ("\tx\n", r"l\.txt: row 1: empty path"), ("\n\n", r"l\.txt: an empty list"),
     ("a\tx\nb\nc\t\n", r"l\.txt: row 2: no tab; .*; row 3: empty label; correct or delete them"),
     ("a\tx\n\n./a\ty\n", r"l\.txt: row 3: img_path './a' was given before in row 1"),
     ("img_path,text\na,x\n", "row 1: a header, which a list has not; if this is a CSV, call it .csv")],
)  # fmt: skip
def test_bad_lists_say_file_and_row(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "l.txt").write_text(content)
    with pytest.raises(InputError, match=message):
        read_list(tmp_path / "l.txt")


def test_dictionary(tmp_path: Path) -> None:
    path = tmp_path / "dict.txt"
    path.write_text("a\nb\n中\n")
    assert read_dictionary(path).characters == "ab中" and read_dictionary(path, space=True).characters == "ab中 "
    for content, message in (
        ("a\nbc\n", "row 2: 'bc' is not one"),
        ("a\nb\na\n", "row 3: 'a' was given before in row 1"),
    ):
        path.write_text(content)
        with pytest.raises(InputError, match=message):
            read_dictionary(path)


def test_baidu_split_loses_nothing_and_depends_on_the_seed_alone(tmp_path: Path) -> None:
    rows = [f"{100 + i}\t48\timg{i}.jpg\t字{i}" for i in range(40)]
    (tmp_path / "train.list").write_text("\n".join(rows) + "\n")
    assert convert_baidu(tmp_path / "train.list", valid=0.1, seed=0) == {"valid.txt": 4, "train.txt": 36}
    train, valid = ((tmp_path / n).read_text().splitlines() for n in ("train.txt", "valid.txt"))
    assert sorted(train + valid) == sorted(f"img{i}.jpg\t字{i}" for i in range(40))
    convert_baidu(tmp_path / "train.list", valid=0.1, seed=0)
    assert (tmp_path / "valid.txt").read_text().splitlines() == valid
    convert_baidu(tmp_path / "train.list", valid=0.1, seed=1)
    assert (tmp_path / "valid.txt").read_text().splitlines() != valid
    (tmp_path / "train.list").write_text("100\t48\ta.jpg\n")
    with pytest.raises(InputError, match="row 1: not width, height, image and text"):
        convert_baidu(tmp_path / "train.list")


def test_lists_train_on_one_and_validate_on_the_other(word_list: Callable[..., str]) -> None:
    built = data(word_list("train", ["ab", "abc", "d a"]), valid=word_list("valid", ["ab", "dd"]))
    assert built.train["text"].tolist() == ["ab", "abc", "d a"] and built.valid["text"].tolist() == ["ab", "dd"]
    batch = next(iter(built.valid_loader()))
    assert batch.images.shape == (2, 3, 32, 128) and batch.widths.tolist() == [48, 48]
    assert torch.all(batch.images[..., 48:] == 0) and not torch.all(batch.images[..., :48] == 0)


def test_unknown_characters_and_long_labels_name_file_and_row(word_list: Callable[..., str]) -> None:
    with pytest.raises(InputError, match=r"train\.txt: 1 of 2 labels .*'x' .*first in row 2"):
        data(word_list("train", ["ab", "ax"]), fold=5)
    with pytest.raises(
        InputError, match=r"long\.txt: row 2: long1\.png: .* needs 40 CTC frames, a 128 px wide image has 32"
    ):
        data(word_list("long", ["ab", "abcd" * 10]), fold=5)


def test_bad_labels_are_named_and_left_out_if_asked(
    word_list: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    built = data(
        word_list("train", ["ab", "ax", "abcd" * 10, "dd"]), bad_labels="leave_out", valid=word_list("valid", ["a"])
    )
    assert built.train["text"].tolist() == ["ab", "dd"]
    said = capsys.readouterr().err
    assert "left out 1 of 4 rows, characters outside the charset: row 2: 'ax'" in said
    assert "left out 1 of 3 rows, too long for the frames of their image: row 3: 'abcd" in said


def test_tall_crops_are_turned_to_the_right() -> None:
    preprocess = ScenePreprocess.Config(height=32, width=None, turn=1.5).build()
    tall = np.zeros((90, 30, 3), np.uint8)
    tall[-20:] = 255  # the beginning of text that runs upwards
    turned = preprocess(tall)
    assert turned.shape == (32, 96, 3) and preprocess.out_width(90, 30) == 96
    assert turned[:, :18].min() > 200 and turned[:, 26:].max() < 50
    assert preprocess(np.zeros((44, 30, 3), np.uint8)).shape == (32, 48, 3)  # not tall enough; the least width


def test_mix_gives_each_list_its_share_of_every_epoch(word_list: Callable[..., str]) -> None:
    mix = (word_list("big", ["ab"] * 30) + ":25%", word_list("small", ["cd"] * 10) + ":75%")
    built = data("", mix=mix, valid=word_list("valid", ["a"]))
    for epoch in range(3):
        texts = built.train["text"].to_numpy()[np.concatenate(built.batches(epoch)) % len(built.train)]
        assert (texts == "ab").sum() == 10 and (texts == "cd").sum() == 30
    with pytest.raises(ConfigError, match=r"the shares 0\.5 \+ 0\.75 must be above 0 and sum to 1"):
        data("", mix=(mix[0].replace(":25%", ":50%"), mix[1]))


def test_a_list_named_twice_in_a_mix_has_both_shares(word_list: Callable[..., str]) -> None:
    big, small = word_list("big", ["ab"] * 30), word_list("small", ["cd"] * 10)
    built = data("", mix=(f"{big}:25%", f"{small}:50%", f"{big}:25%"), fold=5)
    texts = built.train["text"].to_numpy()[np.concatenate(built.batches(0)) % len(built.train)]
    assert len(built.train) == 40 and (texts == "ab").sum() == 20 and (texts == "cd").sum() == 20


def test_what_valid_names_alone_is_validated_on(word_list: Callable[..., str], tmp_path: Path) -> None:
    words, held = word_list("words", ["ab", "cd"]), word_list("held", ["dd"])
    (tmp_path / "t.csv").write_text("img_path,text,fold\nwords0.png,ab,0\nwords1.png,cd,1\n")
    for changes in (
        {"csv": str(tmp_path / "t.csv")},
        {"csv": "", "mix": (f"{tmp_path}/t.csv:50%", f"{words}:50%")},
    ):
        built = data(valid=held, **changes)  # type: ignore[arg-type]
        assert built.valid["text"].tolist() == ["dd"] and set(built.train["text"]) == {"ab", "cd"}
        assert len(built.train) == 2 * len(changes)
        with pytest.raises(ConfigError, match=r"fold=1: data\.valid=.*held\.txt .* the only fold is 0"):
            data(valid=held, fold=1, **changes)  # type: ignore[arg-type]
        everything = data(valid=held, fold=5, **changes)  # type: ignore[arg-type]
        assert set(everything.train["text"]) == {"ab", "cd", "dd"} and not len(everything.valid)
    for fold in (0, 1):
        with pytest.raises(ConfigError, match=rf"fold={fold}: .*words\.txt is a list, which has no folds"):
            data(words, fold=fold)


def test_lines_are_encoded_by_the_dictionary_that_chuviet_data_has(
    word_list: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chars.txt").write_text("b\na\nd\nc\n")
    train = word_list("train", ["ab", "a cd"])
    monkeypatch.setenv("CHUVIET_DATA", str(tmp_path))
    monkeypatch.chdir("/")
    built = data(train, dictionary="chars.txt", fold=5)
    assert built.charset.characters == "badc "
    (batch,) = built.train_loader(0)
    ids = {t: row[:n].tolist() for t, row, n in zip(batch.texts, batch.targets, batch.target_lengths, strict=True)}
    assert ids == {"ab": [1, 0], "a cd": [1, 4, 3, 2]}
    with pytest.raises(InputError, match=r"1 of 2 labels hold characters outside the charset: ' ' \(U\+0020"):
        data(train, dictionary="chars.txt", space=False, fold=5)


def test_a_set_that_is_not_there_is_named_with_where_its_commands_are() -> None:
    with pytest.raises(InputError, match=r"gone\.txt: no such file, nor below CHUVIET_DATA; docs/recipes\.md"):
        data("gone.txt", fold=5)


def test_check_reads_a_list_with_its_own_characters(word_list: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "chars.txt").write_text("a\nb\n")
    words = word_list("words", ["ab", "ba", "a" * 20, "a中"])
    (tmp_path / "words1.png").write_bytes(b"")
    found = check_data(words, named_charset(str(tmp_path / "chars.txt")), height=10)
    assert found.rows == 4 and len(found.problems) == 3
    assert "words.txt: 1 of 4 labels" in found.problems[0] and "first in row 4" in found.problems[0]
    assert "words.txt: row 2:" in found.problems[1] and "an empty file" in found.problems[1]
    assert "words.txt: row 3: words2.png" in found.problems[2] and "needs 39" in found.problems[2]
    assert named_charset("ascii").characters == ASCII
    with pytest.raises(InputError, match="charset nope: neither vietnamese, ascii, .* nor a dictionary file"):
        named_charset("nope")


def test_check_names_all_bad_rows_and_the_folder_by_the_first_image_there_is(
    word_list: Callable[..., str], tmp_path: Path
) -> None:
    words = Path(word_list("words", ["ab", "ba", "aa"]))
    (tmp_path / "link.png").symlink_to(tmp_path / "words2.png")
    words.write_text("gone.png\ta\n" + words.read_text() + "link.png\tb\nwords1.png\tb\nno tab\n")
    found = check_data(words, named_charset("ascii"))
    at = [p.removeprefix(f"{words}: ").split(":")[0] for p in found.problems]
    assert at == ["row 6", "row 7", "row 5", "row 1"] and found.rows == 7
    assert (
        "was given before in row 3" in found.problems[0]
        and "words2.png' was given before in row 4" in found.problems[2]
    )
    assert str(tmp_path / "gone.png") in found.problems[3]
    words.write_text("gone.png\ta\n")
    (problem,) = check_data(words, named_charset("ascii")).problems
    assert "row 1: there is no image gone.png in any of" in problem


def test_an_image_on_both_sides_is_refused_whatever_its_path(word_list: Callable[..., str], tmp_path: Path) -> None:
    train = word_list("train", ["ab", "cd", "dd"])
    with pytest.raises(InputError, match=r"3 of 3 images to validate on are trained on too: row 1 of .* is row 1 of "):
        data(train, valid=train)
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.png").symlink_to("train1.png")
    held = Path(word_list("held", ["ab"]))
    held.write_text(held.read_text() + f"link.png\tcd\n{tmp_path}/sub/../train2.png\tdd\n")
    with pytest.raises(InputError, match=r"2 of 3 images .*: row 2 of .*held\.txt is row 2 of .*train\.txt; row 3 of"):
        data(train, valid=str(held))
    assert len(data(train, valid=str(held), fold=5).train) == 6  # trained on all: none is validated on
    Path(train).write_text("train0.png\tab\ntrain1.png\tcd\nlink.png\tdc\n")
    with pytest.raises(InputError, match=r"1 images have two labels: row 3 has 'dc', row 2 of .*train\.txt 'cd'"):
        data(train, fold=5)


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC"), ("mixed", "NFC"), ("NFC", "mixed")])
def test_paths_in_another_unicode_form_are_found(tmp_path: Path, forms: tuple[str, str]) -> None:
    def written(text: str, form: str) -> str:
        decomposed = unicodedata.normalize("NFD", text)
        return decomposed.replace("a\u0302", "â") if form == "mixed" else unicodedata.normalize(form, text)  # type: ignore[arg-type]

    on_disk, in_list = (written("trấn ải/ảnh ấm 1.png", form) for form in forms)
    assert on_disk != in_list
    (tmp_path / on_disk).parent.mkdir()
    Image.new("RGB", (60, 40)).save(tmp_path / on_disk)
    path = tmp_path / written("nhãn ấ.txt", forms[0])
    path.write_text(f"{in_list}\tab\n", encoding="utf-8")
    assert check_data(path, named_charset("ascii"), height=32).problems == []
    built = data(str(tmp_path / written("nhãn ấ.txt", forms[1])), fold=5)
    assert [len(b) for b in built.train_loader(0)] == [1]


def test_lines_turned_by_exif_are_measured_upright(tmp_path: Path) -> None:
    """As `read_image` gives them, for every kind of file; a width of the stored pixels would have too few frames."""
    rows = []
    for suffix in ("jpg", "png", "tif", "webp"):
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            shape = (40, 150) if orientation < 5 else (150, 40)
            name = f"{suffix}{orientation}.{suffix}"
            Image.fromarray(np.zeros((*shape, 3), np.uint8)).save(tmp_path / name, exif=exif)
            assert image_size(tmp_path / name) == read_image(tmp_path / name).shape[:2] == (40, 150)
            rows.append(f"{name}\tabcdabcdab\n")
    (tmp_path / "l.txt").write_text("".join(rows))
    built = data(str(tmp_path / "l.txt"), fold=5)
    assert built.train["width"].tolist() == [120] * 32
    assert {tuple(b.images.shape[1:]) for b in built.train_loader(0)} == {(3, 32, 128)}


def test_all_unreadable_images_of_a_run_are_named(word_list: Callable[..., str], tmp_path: Path) -> None:
    train = word_list("train", ["ab", "cd", "dd"])
    (tmp_path / "train0.png").unlink()
    (tmp_path / "train2.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"row 1: .*train0\.png: no such image; row 3: .*train2\.png: cannot be read"):
        data(train, fold=5)


def test_concatenation_joins_texts_and_images_alike(word_list: Callable[..., str]) -> None:
    built = data(word_list("train", ["ab", "cd", "bd"]), valid=word_list("valid", ["a"]),
                 concat=Concat(p=1.0, extra=1, characters=4))  # fmt: skip
    seen = set()
    for epoch in range(4):
        for batch in built.train_loader(epoch):
            for text, width, length in zip(
                batch.texts, batch.widths.tolist(), batch.target_lengths.tolist(), strict=True
            ):
                seen.add(text)
                assert (
                    len(text) == length == 4 and text[:2] in ("ab", "cd", "bd") and width == 96
                )  # 2 x 60 px at 32 / 40
    assert len(seen) > 3
    short = data(
        word_list("train", ["ab", "cd", "bd"]), concat=Concat(p=1.0, extra=2, characters=3), valid=word_list("v", ["a"])
    )
    assert {t for batch in short.train_loader(0) for t in batch.texts} == {"ab", "cd", "bd"}


def test_scene_augment_is_seeded_and_keeps_the_size() -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 120, 3), dtype=np.uint8)
    augment = SceneAugment.Config(p=1.0).build()
    one, again, other = (augment(image, np.random.default_rng(s)) for s in (1, 1, 2))
    assert one.shape == image.shape and one.dtype == np.uint8
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_a_mix_of_sources_and_lists_is_validated_on_what_valid_names(
    word_list: Callable[..., str], tmp_path: Path
) -> None:
    words, held = word_list("words", ["ab", "cd", "bb"]), word_list("held", ["dd"])
    for name in ("own0", "own1"):
        Image.new("RGB", (64, 40), "white").save(tmp_path / f"{name}.png")
    (tmp_path / "t.csv").write_text("img_path,text,fold,source\nown0.png,a,0,real\nown1.png,b,6,drawn\n")
    built = data(str(tmp_path / "t.csv"), mix=("real", f"{words}:2"), valid=held)
    assert sorted(built.train["text"]) == ["a", "ab", "bb", "cd"] and built.valid["text"].tolist() == ["dd"]
    assert all(len(built.epoch_rows(epoch)) == 3 and 0 in built.epoch_rows(epoch) for epoch in range(3))
    assert set(built.train["source"]) == {"real", words}
    half = data(str(tmp_path / "t.csv"), mix=("real:50%", "drawn:50%"), fold=5)
    assert len(half.epoch_rows(0)) == 2  # as many as there are of both
    all_but = data(str(tmp_path / "t.csv"), mix=("*", "real:3"), fold=5)
    assert len(all_but.epoch_rows(0)) == 4
