"""Pages as batches: what an epoch sees, the same for any number of workers, whole pages for validation."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from chuviet.config import ConfigError
from chuviet.data.detection import PageData, read_set
from chuviet.data.page_augment import PageAugment
from chuviet.data.pages import read_pages, write_pages
from chuviet.data.targets_lines import LineWordTargets
from chuviet.errors import InputError
from chuviet.preprocess.page import PagePreprocess


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Ten photos of 100 x 80 px with one word each, at another place in each."""
    lines = []
    for i in range(10):
        quad = np.array([(5 + 4 * i, 30), (45 + 4 * i, 30), (45 + 4 * i, 50), (5 + 4 * i, 50)])
        image = np.full((80, 100, 3), 200, np.uint8)
        cv2.fillPoly(image, [quad.astype(np.int32)], (0, 0, 0))
        Image.fromarray(image).save(tmp_path / f"{i}.png")
        lines.append(f"{i}.png\t{json.dumps([{'transcription': f'w{i}', 'points': quad.tolist()}])}\n")
    (tmp_path / "label.txt").write_text("".join(lines))
    return tmp_path / "label.txt"


def build(mix: tuple[str, ...], valid: tuple[str, ...] = (), workers: int = 0) -> PageData:
    augment = PageAugment.Config(size=64)
    preprocess = PagePreprocess.Config(longest=96)
    return PageData.Config(
        mix=mix, valid=valid, augment=augment, preprocess=preprocess, batch=4, workers=workers
    ).build(5, seed=3)


def test_a_fold_of_pages_is_refused(pages: Path) -> None:
    with pytest.raises(ConfigError, match="fold=0: pages have no folds; data.valid names what"):
        PageData.Config(mix=(str(pages),), valid=()).build(0, seed=3)


def test_slices_divide_a_set(pages: Path) -> None:
    first, rest = read_set(f"{pages}[:0.8]"), read_set(f"{pages}[0.8:]")
    assert [p.texts for p in first + rest] == [[f"w{i}"] for i in range(10)] and len(rest) == 2
    assert first[0].source == f"{pages.parent.name}/label.txt"
    with pytest.raises(InputError, match=r"a part of a set lies between 0 and 1"):
        read_set(f"{pages}[0.8:0.3]")
    with pytest.raises(InputError, match="no such file or folder"):
        read_set(str(pages) + "x")


def test_an_epoch_sees_the_share_of_each_set_and_another_one_the_next_time(pages: Path) -> None:
    data = build((f"{pages}[:0.6]:1/3", f"{pages}[0.6:]:2x"))
    rows = [data.epoch_rows(e) for e in (0, 0, 1)]
    assert len(rows[0]) == 2 + 8 and rows[0].tolist() == rows[1].tolist() != rows[2].tolist()
    counts = np.bincount(rows[0], minlength=10)
    assert counts[:6].sum() == 2 and counts[:6].max() == 1 and counts[6:].tolist() == [2, 2, 2, 2]
    assert sum(len(b) for b in data.batches(0)) == 10
    crops = [
        image
        for batch in data.train_loader(0)
        for image, row in zip(batch.images, batch.index, strict=True)
        if row >= 6
    ]
    assert len(crops) == len({crop.numpy().tobytes() for crop in crops}) == 8  # each page twice, never twice alike
    seen = {int(r) for e in range(12) for r in data.epoch_rows(e) if r < 6}
    assert seen == set(range(6))
    with pytest.raises(ConfigError, match="an amount above 0 of a named set is expected"):
        build((f"{pages}:0x",))


def test_batches_do_not_depend_on_workers_and_two_processes_share_them(pages: Path) -> None:
    alone = list(build((str(pages),)).train_loader(1))
    others = list(build((str(pages),), workers=2).train_loader(1))
    for a, b in zip(alone, others, strict=True):
        assert torch.equal(a.images, b.images) and all(torch.equal(a.maps[k], b.maps[k]) for k in a.maps)
    assert alone[0].images.shape == (4, 3, 64, 64) and set(alone[0].maps) >= {"text", "threshold"}
    halves = [list(build((str(pages),)).train_loader(1, rank=r, world=2)) for r in (0, 1)]
    assert torch.equal(halves[0][0].images, alone[0].images[::2])
    assert torch.equal(halves[1][0].index, alone[0].index[1::2])
    assert torch.equal(next(iter(build((str(pages),)).train_loader(1, skip=2))).images, alone[2].images)


def test_a_short_rest_of_the_pages_goes_into_the_batch_before(pages: Path) -> None:
    data = build((f"{pages}[:0.9]",), (f"{pages}[:0.1]",))
    assert [len(b) for b in data.batches(0)] == [4, 5]
    halves = [[b.index.tolist() for b in data.train_loader(0, rank=r, world=2)] for r in (0, 1)]
    assert [[len(b) for b in h] for h in halves] == [[2, 3], [2, 2]]
    assert sorted(i for h in halves for b in h for i in b) == list(range(9))
    assert [len(list(data.valid_loader(r, 2))) for r in (0, 1)] == [1, 0]


def test_validation_pages_are_whole_and_come_with_their_ground_truth(pages: Path) -> None:
    data = build((str(pages),), (f"{pages}:1/3",))
    batches = list(data.valid_loader())
    assert len(batches) == 3 and [b.ground_truth[0].texts for b in batches] == [["w0"], ["w3"], ["w6"]]
    batch = batches[1]
    assert batch.shapes is not None and batch.shapes.tolist() == [[77, 96, 80, 100]]  # 96 / 100 of 80 is 76.8
    assert batch.images.shape == (1, 3, 96, 96) and batch.maps["text"].shape == (1, 96, 96)
    assert batch.images[0, :, 77:].abs().max() == 0  # padding
    y, x = np.argwhere(batch.maps["text"][0].numpy()).mean(0)
    centre = batch.ground_truth[0].quads[0].mean(0) * (96 / 100, 77 / 80)
    assert abs(x - centre[0]) < 1 and abs(y - centre[1]) < 1
    two = [[b.ground_truth[0].texts for b in data.valid_loader(rank, 2)] for rank in (0, 1)]
    assert two == [[["w0"], ["w6"]], [["w3"]]]


def test_one_in_k_of_synthtext_and_every_sample_of_lpcv(pages: Path, tmp_path: Path) -> None:
    """As FOTS for LPCV trains: a draw from the first four fifths of gt.mat, the last fifth held out, all samples."""
    drawn = read_pages(pages)
    write_pages(drawn, tmp_path / "SynthText" / "gt.mat", "synthtext")
    for i, page in enumerate(drawn[:3]):
        page.meta["split"] = ("train", "test")[i == 2]
    write_pages(drawn[:3], tmp_path / "sample", "lpcv")
    mat, sample = str(tmp_path / "SynthText" / "gt.mat"), str(tmp_path / "sample")
    data = build((f"{mat}[:0.8]:1/4", sample), (f"{mat}[0.8:]",))
    sources = [page.source for page in data.train_pages]
    assert sources == ["SynthText/gt.mat"] * 8 + [f"{tmp_path.name}/sample"] * 3
    seen: set[int] = set()
    for epoch in range(15):
        rows = data.epoch_rows(epoch).tolist()
        assert len(rows) == 2 + 3 and set(rows) >= {8, 9, 10} and len(set(rows)) == 5
        seen |= set(rows)
    assert seen == set(range(11))  # another quarter each time
    assert [b.ground_truth[0].texts for b in data.valid_loader()] == [["w8"], ["w9"]]
    batches = list(data.train_loader(0))
    assert sum(len(b) for b in batches) == 5 and all(b.images.shape[1:] == (3, 64, 64) for b in batches)


def test_a_set_says_what_its_quads_are(pages: Path) -> None:
    assert {p.kind for p in read_set(str(pages))} == {"text"}
    for kind in ("lines", "words"):
        found = read_set(f"{kind}:{pages}[0.8:]")
        assert [p.kind for p in found] == [kind, kind] and found[0].rows("lines").tolist() == [kind == "lines"]


def test_a_folder_with_lines_and_words_gives_both(pages: Path) -> None:
    folder = pages.parent
    rows = pages.read_text().splitlines()[:3]
    outline = [[5, 30], [20, 28], [45, 30], [45, 50], [20, 48], [5, 50]]
    region = {"transcription": "a b", "points": [[5, 28], [45, 28], [45, 50], [5, 50]], "polygon": outline}
    lines = [f"{row.split(chr(9))[0]}\t{json.dumps([region])}" for row in rows]
    (folder / "lines.txt").write_text("\n".join(lines) + "\n")
    (folder / "words.txt").write_text("\n".join(rows) + "\n")
    found = read_set(f"both:{folder}")
    assert [p.texts for p in found] == [["a b", f"w{i}"] for i in range(3)]
    first = found[0]
    assert first.is_word is not None and first.is_word.tolist() == [False, True]
    assert first.rows("lines").tolist() == [True, False] and first.rows("words").tolist() == [False, True]
    assert first.outlines is not None and np.array_equal(first.outlines[0], outline) and first.outlines[1] is None
    cfg = PageData.Config(
        mix=(f"both:{folder}", f"words:{pages}"), valid=(f"both:{folder}",),
        augment=PageAugment.Config(size=64), targets=LineWordTargets.Config(), batch=13, workers=0,
    )  # fmt: skip
    data = cfg.build(5, seed=0)
    (batch,) = data.train_loader(0)
    assert set(batch.maps) == {f"{kind}{what}" for kind in ("lines", "words") for what in ("", "_mask", "_weight")}
    known = batch.maps["lines_mask"].flatten(1).any(1)
    assert known.tolist() == [i < 3 for i in batch.index.tolist()] and batch.maps["words_mask"].flatten(1).any(1).all()
    (whole, *_) = data.valid_loader()
    assert whole.maps["lines"].any() and whole.pages[0].kind == "both"
    (folder / "words.txt").write_text("\n".join(rows[:2]) + "\n")
    with pytest.raises(InputError, match=r"lines\.txt and words\.txt are not of the same pages"):
        read_set(f"both:{folder}")


def test_a_set_that_does_not_say_what_its_quads_are_is_refused_where_it_matters(pages: Path) -> None:
    of_both = {"valid": (), "targets": LineWordTargets.Config()}
    with pytest.raises(InputError, match=f"say what its quads are: lines:{pages}, words:"):
        PageData.Config(mix=(str(pages),), **of_both).build(5, seed=0)  # type: ignore[arg-type]
    for name in ("lines.txt", "words.txt"):
        (pages.parent / name).write_text(pages.read_text())
    PageData.Config(mix=(f"both:{pages.parent}",), **of_both).build(5, seed=0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="lines and words at once"):
        build((f"both:{pages.parent}",))


@pytest.mark.parametrize(("free", "workers"), [(1, 1), (8, 2)])
def test_no_more_workers_than_cores(pages: Path, monkeypatch: pytest.MonkeyPatch, free: int, workers: int) -> None:
    monkeypatch.setattr("chuviet.data.batches.cores", lambda: free)
    loader = build((f"{pages}:4x",), workers=2).train_loader(1)
    assert loader.num_workers == workers
