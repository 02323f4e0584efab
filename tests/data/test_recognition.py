"""Which rows an epoch sees, how they are batched and distorted: from (seed, epoch, index), with any number of
workers.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from chuviet.config import Config
from chuviet.data.batches import batch_ends, bucket_batches, number_repeats
from chuviet.data.recognition import LineData
from chuviet.errors import InputError
from chuviet.inputs.images import read_image


@pytest.fixture(scope="module")
def csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lines")
    rng = np.random.default_rng(0)
    rows = []
    for i in range(30):
        width = 60 + 10 * (i % 7)
        Image.fromarray(rng.integers(0, 256, (32, width, 3), dtype=np.uint8)).save(folder / f"{i}.png")
        source = "real" if i < 20 else "address"
        rows.append((f"{i}.png", "ab" + "cd"[i % 2], i % 4, i % 5 if i < 20 else 6, source))
    pd.DataFrame(rows, columns=["img_path", "text", "writer_id", "fold", "source"]).to_csv(
        folder / "t.csv", index=False
    )
    return folder / "t.csv"


def config(csv: Path, **changes: object) -> LineData.Config:
    base = LineData.Config(csv=str(csv), charset="abcd", batch=4, bucket=2, workers=0)
    return replace(base, **changes)  # type: ignore[arg-type]


def test_an_epoch_drops_nothing_and_validates_only_the_real_rows_of_the_fold(csv: Path) -> None:
    data = config(csv).build(fold=1, seed=0)
    seen = np.concatenate(data.batches(0))
    assert sorted(seen) == list(range(len(data.train))) and len(data.train) == 26
    assert set(data.valid["fold"]) == {1} and set(data.valid["source"]) == {"real"}
    assert not set(data.train["img_path"]) & set(data.valid["img_path"])
    valid = torch.cat([b.index for b in data.valid_loader()])
    assert sorted(valid.tolist()) == list(range(len(data.valid)))


def test_fold_5_trains_on_all_and_validates_on_nothing(csv: Path) -> None:
    data = config(csv).build(fold=5, seed=0)
    assert len(data.train) == 30 and list(data.valid_loader()) == []


def test_draw_is_fresh_each_epoch_and_the_rest_is_whole(csv: Path) -> None:
    data = config(csv, mix=("*", "address:3")).build(fold=5, seed=0)
    epochs = [data.epoch_rows(e) for e in range(6)]
    assert all(len(rows) == 23 and set(range(20)) <= set(rows.tolist()) for rows in epochs)
    assert len({tuple(sorted(rows.tolist())) for rows in epochs}) > 1
    assert np.array_equal(data.epoch_rows(2), epochs[2])


def test_buckets_hold_similar_widths() -> None:
    rng = np.random.default_rng(0)
    rows, widths = np.arange(1000), rng.integers(100, 1000, 1000)
    batches = bucket_batches(rows, widths, 10, 50, rng)
    assert sorted(np.concatenate(batches)) == list(range(1000))
    spread = np.mean([np.ptp(widths[b]) for b in batches])
    assert spread < 40  # of 900


def test_distortion_is_the_same_with_any_workers_and_another_each_epoch(csv: Path) -> None:
    def epoch(workers: int, number: int) -> dict[int, torch.Tensor]:
        data = config(csv, workers=workers).build(fold=5, seed=3)
        out = {}
        for b in data.train_loader(number):
            for i, image, w in zip(b.index.tolist(), b.images, b.widths.tolist(), strict=True):
                out[i] = image[..., :w]
        return out

    alone, two, later = epoch(0, 1), epoch(2, 1), epoch(0, 2)
    assert all(torch.equal(alone[i], two[i]) for i in alone)
    assert sum(alone[i].shape == later[i].shape and torch.equal(alone[i], later[i]) for i in alone) < 6


def test_ranks_share_the_batches_without_loss_or_double(csv: Path) -> None:
    data = config(csv).build(fold=0, seed=0)
    whole = [b.index.tolist() for b in data.train_loader(0)]
    halves = [[b.index.tolist() for b in data.train_loader(0, rank=r, world=2)] for r in (0, 1)]
    assert [sorted(a + b) for a, b in zip(*halves, strict=True)] == [sorted(w) for w in whole]
    valid = [i for r in (0, 1) for b in data.valid_loader(r, 2) for i in b.index.tolist()]
    assert sorted(valid) == list(range(len(data.valid)))


def test_a_short_rest_goes_into_the_batch_before_so_that_two_processes_share_it(csv: Path) -> None:
    assert [batch_ends(n, 4) for n in (1, 4, 5, 6, 9, 13)] == [[1], [4], [5], [4, 6], [4, 9], [4, 8, 13]]
    assert batch_ends(3, 2) == [3] and batch_ends(3, 1) == [1, 2, 3]
    data = config(csv, batch=4, mix=("*", "address:1")).build(fold=5, seed=0)  # 20 real rows and one
    whole = [b.index.tolist() for b in data.train_loader(0)]
    assert sorted(map(len, whole)) == [4, 4, 4, 4, 5] and len({i for b in whole for i in b}) == 21
    halves = [[b.index.tolist() for b in data.train_loader(0, rank=r, world=2)] for r in (0, 1)]
    assert [sorted(a + b) for a, b in zip(*halves, strict=True)] == [sorted(w) for w in whole]


def test_a_validation_row_alone_is_read_by_one_of_two_processes(csv: Path) -> None:
    data = config(csv).build(fold=0, seed=0)
    data.valid = data.valid.iloc[:1]
    assert [len(list(data.valid_loader(r, 2))) for r in (0, 1)] == [1, 0]


def test_skip_goes_on_within_an_epoch(csv: Path) -> None:
    data = config(csv).build(fold=5, seed=0)
    whole = [b.images for b in data.train_loader(4)]
    rest = [b.images for b in data.train_loader(4, skip=3)]
    assert all(torch.equal(a, b) for a, b in zip(whole[3:], rest, strict=True))


def test_target_longer_than_the_frames_is_an_error_with_file_and_row(tmp_path: Path) -> None:
    Image.new("RGB", (20, 40), "white").save(tmp_path / "a.png")
    (tmp_path / "t.csv").write_text("img_path,text,fold\na.png,aabb,0\n")
    with pytest.raises(InputError, match=r"t\.csv: row 2: a\.png: 'aabb' needs 6 CTC frames, a 20 px wide image has 5"):
        config(tmp_path / "t.csv").build(fold=5, seed=0)


def test_all_targets_longer_than_the_frames_are_told_at_once(tmp_path: Path) -> None:
    rows = ""
    for i in range(8):
        Image.new("RGB", (20 if i else 400, 40), "white").save(tmp_path / f"{i}.png")
        rows += f"{i}.png,aabb,0\n"
    (tmp_path / "t.csv").write_text(f"img_path,text,fold\n{rows}")
    with pytest.raises(InputError, match=r"t\.csv: row 3: 1\.png: .*; row 7: 5\.png: .*; and 2 more; correct") as e:
        config(tmp_path / "t.csv").build(fold=5, seed=0)
    assert "row 2:" not in str(e.value) and "row 8:" not in str(e.value)


def test_unknown_character_and_unknown_source_are_errors(csv: Path) -> None:
    with pytest.raises(InputError, match="outside the charset"):
        config(csv, charset="abc").build(fold=5, seed=0)
    with pytest.raises(InputError, match="no rows of source verse"):
        config(csv, mix=("*", "verse:2")).build(fold=5, seed=0)
    with pytest.raises(InputError, match="no fold 7"):
        config(csv).build(fold=7, seed=0)


def test_a_row_that_comes_again_in_an_epoch_is_distorted_anew(csv: Path) -> None:
    data = config(csv, mix=("real:200",)).build(fold=5, seed=3)
    assert number_repeats(np.array([2, 0, 2, 1, 2, 0]), 5).tolist() == [2, 0, 7, 1, 12, 5]
    assert sorted(len(b) for b in data.batches(0)) == sorted(data.batch_sizes(0))
    pictures: dict[int, set[bytes]] = {}
    count = 0
    for batch in data.train_loader(0):
        for image, row in zip(batch.images, batch.index.tolist(), strict=True):
            pictures.setdefault(row, set()).add(image.numpy().tobytes())
            count += 1
    assert count == 200 and max(pictures) < len(data.train) == 20
    assert sum(map(len, pictures.values())) > 150  # those that stay as they are, and are padded alike, are one


class InMemory:
    """Images of a table by other names than those of their files, held in memory."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Config):
        folder: str = ""

        def build(self) -> "InMemory":
            return InMemory(self.folder)

    def __init__(self, folder: str) -> None:
        self.folder, self.held = folder, dict[str, np.ndarray]()

    def names(self, labels: Path, frame: pd.DataFrame) -> list[str]:
        names = [f"memory {path}" for path in frame["img_path"]]
        self.held |= {name: read_image(Path(self.folder, name.removeprefix("memory "))) for name in names}
        return names

    def size(self, name: str) -> tuple[int, int]:
        height, width = self.held[name].shape[:2]
        return height, width

    def read(self, name: str) -> np.ndarray:
        return self.held[name]


@pytest.mark.parametrize("workers", [0, 1])
def test_images_may_be_elsewhere_and_the_batches_stay(csv: Path, workers: int) -> None:
    of_files = LineData(config(csv), 0, seed=1)
    elsewhere = LineData(config(csv, images=InMemory.Config(folder=str(csv.parent)), workers=workers), 0, seed=1)
    for a, b in zip(of_files.train_loader(2), elsewhere.train_loader(2), strict=True):
        assert a.texts == b.texts and torch.equal(a.images, b.images)
    for a, b in zip(of_files.valid_loader(), elsewhere.valid_loader(), strict=True):
        assert a.texts == b.texts and torch.equal(a.images, b.images)


@pytest.mark.parametrize(("free", "workers"), [(1, 1), (8, 2)])
def test_no_more_workers_than_cores(csv: Path, monkeypatch: pytest.MonkeyPatch, free: int, workers: int) -> None:
    monkeypatch.setattr("chuviet.data.batches.cores", lambda: free)
    loader = config(csv, workers=2).build(fold=1, seed=0).train_loader(1)
    assert loader.num_workers == workers
