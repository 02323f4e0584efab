"""Distortions of whole batches of strings, and the numbers that they are drawn from."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from chuviet.data.draws import normals, uniforms
from chuviet.data.line_augment import LineAugment
from chuviet.data.memory import ImageMemory
from chuviet.data.recognition import LineData
from chuviet.data.string_augment import StringAugment, _of_rectangles
from chuviet.preprocess.line import LinePreprocess
from chuviet.preprocess.scene import ScenePreprocess

STILL = StringAugment.Config(perspective=0, rotate=0, crop=0, colour=0)


def test_numbers_follow_from_seed_and_row_alone() -> None:
    rows = np.array([5, 2, 900_001])
    together = uniforms((3, 7), rows, 4)
    assert np.array_equal(together[1:2], uniforms((3, 7), rows[1:2], 4))
    assert np.array_equal(together[:, :2], uniforms((3, 7), rows, 2))
    assert not np.isin(together, uniforms((7, 3), rows, 4)).any() and len(np.unique(together)) == 12


def test_numbers_are_even_and_normal() -> None:
    drawn = uniforms((0, 1), np.arange(20_000), 4)
    assert drawn.min() >= 0 and drawn.max() < 1
    counts = np.stack([np.histogram(column, 10, (0, 1))[0] for column in drawn.T])
    assert np.abs(counts - 2000).max() < 5 * np.sqrt(2000 * 0.9)
    assert np.abs(np.corrcoef(drawn.T) - np.eye(4)).max() < 0.03
    bell = normals(drawn)
    assert abs(bell.mean()) < 0.02 and abs(bell.std() - 1) < 0.02 and abs((np.abs(bell) < 1).mean() - 0.6827) < 0.01


def test_rectangles_come_to_lie_on_their_quads() -> None:
    corner, size = np.array([[2.0, 1.0]]), np.array([[60.0, 28.0]])
    x, y = np.array([[0.0, 66, 61, 3]]), np.array([[2.0, -1, 33, 30]])
    wanted = cv2.getPerspectiveTransform(
        np.array([(2, 1), (62, 1), (62, 29), (2, 29)], np.float32), np.stack((x[0], y[0]), 1).astype(np.float32)
    )
    matrix = _of_rectangles(corner, size, x, y)[0]
    assert np.allclose(matrix / matrix[2, 2], wanted, atol=1e-4)


def test_nothing_is_changed_where_nothing_is_asked_for() -> None:
    image = np.random.default_rng(0).integers(0, 256, (32, 90, 3), dtype=np.uint8)
    (same,) = STILL.build().distort([image], (0, 1), np.array([4]))
    assert np.array_equal(same, image)


def test_each_kind_of_distortion_changes_what_it_should() -> None:
    image = np.full((32, 100, 3), 200, np.uint8)
    image[:, 40:60] = 20
    flat = np.full((32, 100, 3), 150, np.uint8)
    for field, value in {"perspective": 0.1, "rotate": 5.0, "crop": 0.2}.items():
        augment = StringAugment(
            StringAugment.Config(**{"perspective": 0, "rotate": 0, "crop": 0, "colour": 0, field: value})
        )  # type: ignore[arg-type]
        moved, still = augment.distort([image, flat], (0, 1), np.array([1, 2]))
        assert moved.shape == image.shape and (moved != image).any() and np.array_equal(still, flat)
    colour = StringAugment(StringAugment.Config(perspective=0, rotate=0, crop=0, colour=0.3))
    (other,) = colour.distort([flat], (0, 1), np.array([1]))
    assert len(np.unique(other.reshape(-1, 3), axis=0)) == 1 and (other != flat).any()


@pytest.fixture
def strings(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    rows = ["img_path,text,fold"]
    for i in range(11):
        cv2.imwrite(str(tmp_path / f"{i}.png"), rng.integers(0, 256, (32, 60 + 5 * i, 3), dtype=np.uint8))
        rows.append(f"{i}.png,abc,{int(i > 8)}")
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "labels.csv"


def batches(labels: Path, epoch: int, **options: int) -> list[torch.Tensor]:
    data = LineData.Config(
        csv=str(labels), charset="abc", preprocess=ScenePreprocess.Config(height=32, width=128),
        augment=StringAugment.Config(), batch=4, **options,  # type: ignore[arg-type]
    ).build(1, 0)  # fmt: skip
    list(data.train_loader(epoch))
    return [b.images for b in data.train_loader(epoch)]


def test_workers_and_memory_change_no_pixel(strings: Path) -> None:
    alone = batches(strings, 2, workers=0, memory=0)
    for other in (batches(strings, 2, workers=0), batches(strings, 2, workers=2)):
        assert all(torch.equal(a, b) for a, b in zip(alone, other, strict=True))
    assert not torch.equal(alone[0], batches(strings, 3, workers=0)[0])


def test_memory_has_a_limit_and_cannot_be_written_to() -> None:
    memory, asked = ImageMemory(0.00025), []

    def load(name: str) -> np.ndarray:
        asked.append(name)
        return np.zeros(100, np.uint8)

    for name in "abcabc":
        memory.get(name, lambda name=name: load(name))  # type: ignore[misc]
    assert asked == ["a", "b", "c", "c"] and memory.room == 50
    with pytest.raises(ValueError, match="read-only"):
        memory.get("a", lambda: load("a"))[0] = 1


def test_memory_is_filled_as_far_as_there_is_room_and_nothing_is_loaded_twice() -> None:
    memory, asked = ImageMemory(0.00025), []

    def load(name: str) -> np.ndarray:
        asked.append(name)
        return np.full(100, ord(name), np.uint8)

    memory.fill("ab", load, threads=2)
    memory.fill("abc", load, threads=2)
    assert sorted(asked) == ["a", "b", "c"] and memory.room == 0
    assert memory.get("b", lambda: load("b"))[0] == ord("b") and len(asked) == 3


@pytest.mark.skipif(torch.multiprocessing.get_start_method() != "fork", reason="other workers inherit nothing")
@pytest.mark.parametrize("augment", [StringAugment.Config(), LineAugment.Config()])
def test_workers_read_no_image_twice(strings: Path, augment: StringAugment.Config | LineAugment.Config) -> None:
    of_lines = isinstance(augment, LineAugment.Config)
    data = LineData.Config(
        csv=str(strings), charset="abc", augment=augment, batch=4, workers=2, ctc_stride=0,
        preprocess=LinePreprocess.Config() if of_lines else ScenePreprocess.Config(height=32, width=128),
    ).build(1, 0)  # fmt: skip
    first = [b.images for b in data.train_loader(1)]
    for image in strings.parent.glob("*.png"):
        image.unlink()
    assert all(torch.equal(a, b.images) for a, b in zip(first, data.train_loader(1), strict=True))
