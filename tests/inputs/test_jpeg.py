from __future__ import annotations

import io
import os
import struct
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from chuviet.errors import InputError
from chuviet.inputs import jpeg
from chuviet.inputs.images import decode_image, read_image


def photo(height: int = 160, width: int = 320, seed: int = 0) -> np.ndarray:
    """Writing-like strokes on grainy paper."""
    rng = np.random.default_rng(seed)
    picture = np.clip(rng.normal(220, 6, (height, width, 3)), 0, 255).astype(np.uint8)
    for x in range(10, width - 30, 24):
        x0, y0, x1, y1 = rng.integers(0, 24, 4).tolist()
        cv2.line(picture, (x + x0, 40 + 3 * y0), (x + x1, 40 + 3 * y1), (40, 40, 120), 3)
    return picture


def encoded(picture: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", **options)  # type: ignore[arg-type]
    return buffer.getvalue()


KINDS: dict[str, dict[str, object]] = {
    "baseline": {"quality": 80},
    "progressive": {"quality": 80, "progressive": True},
    "optimized": {"quality": 80, "optimize": True},
    "restarts": {"quality": 80, "restart_marker_rows": 1},
    "444": {"quality": 90, "subsampling": 0},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_at_any_place_is_an_error(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = encoded(photo(), **KINDS[kind])
    begin = data.index(b"\xff\xda") + 20
    for cut in np.random.default_rng(1).integers(begin, len(data) - 16, 40).tolist():
        for end in (b"", b"\xff\xd9"):  # as a copy that broke off, and as one that a program repaired
            with pytest.raises(InputError, match=r"^x\.jpg: (damaged|truncated) ") as caught:
                decode_image(data[:cut] + end, "x.jpg")
            assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["baseline", "optimized", "444"])
def test_overwritten_data_are_named(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Damage by chance may go by unnoticed where the codes fall into step again; most must not."""
    data, rng, noticed = encoded(photo(), **KINDS[kind]), np.random.default_rng(2), 0
    begin = data.index(b"\xff\xda") + 20
    for at in rng.integers(begin, len(data) - 80, 60).tolist():
        broken = bytearray(data)
        broken[at : at + 40] = rng.integers(0, 255, 40, np.uint8).tobytes()
        try:
            decode_image(bytes(broken), "x.jpg")
        except InputError:
            noticed += 1
    assert noticed >= 40
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("kind", KINDS)
def test_sound_files_pass_and_are_exact(kind: str) -> None:
    for seed, (height, width) in enumerate([(64, 400), (61, 333), (8, 8), (1, 1), (17, 1000)]):
        data = encoded(photo(height, width, seed), **KINDS[kind])
        assert np.array_equal(decode_image(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_what_follows_the_end_mark_is_no_damage() -> None:
    data = encoded(photo())
    whole = decode_image(data)
    for tail in (
        b"\0" * 100,
        b"SEFH" + bytes(range(200)),
        encoded(photo(seed=1)),
    ):  # padding, a phone's notes, a second view
        assert np.array_equal(decode_image(data + tail), whole)
    for filler in (b"\0" * 9, b"\xff" * 9):
        assert np.array_equal(decode_image(data[:-2] + filler + data[-2:]), whole)


def test_an_end_mark_in_the_thumbnail_is_not_the_end() -> None:
    """A file cut in its image data still has the end mark of the small picture in its EXIF block."""
    data, small = encoded(photo()), encoded(photo(16, 16))
    block = b"Exif\0\0" + small
    whole = data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]
    assert np.array_equal(decode_image(whole), decode_image(data))
    with pytest.raises(InputError, match="truncated"):
        decode_image(whole[:-500])


def test_damaged_cmyk_is_named() -> None:
    buffer = io.BytesIO()
    Image.fromarray(photo()).convert("CMYK").save(buffer, "JPEG")
    data = buffer.getvalue()
    assert decode_image(data).shape == (160, 320, 3)
    with pytest.raises(InputError, match="damaged"):
        decode_image(data[: len(data) // 2] + b"\xff\xd9")


def test_header_of_broken_bytes_never_raises() -> None:
    data, rng = encoded(photo(16, 16)), np.random.default_rng(3)
    for _ in range(300):
        broken = bytearray(data[: rng.integers(4, len(data))])
        for at in rng.integers(2, len(broken), 5).tolist():
            broken[at] = int(rng.integers(0, 256))
        header = jpeg.read_header(bytes(broken))
        assert header is None or 1 <= header.orientation <= 8


def test_others_may_write_to_standard_error_meanwhile(capfd: pytest.CaptureFixture[str]) -> None:
    data, written = encoded(photo()), threading.Event()

    def write() -> None:
        for number in range(200):
            os.write(2, f"line {number}\n".encode())
        written.set()

    thread = threading.Thread(target=write)
    thread.start()
    while not written.is_set():
        decode_image(data)
    thread.join()
    # All of them, whole and once each. Their order stays but for a line that is written in the very moment in which
    # standard error is given back.
    assert sorted(capfd.readouterr().err.splitlines()) == sorted(f"line {n}" for n in range(200))


def test_many_threads_decode_and_notice_damage() -> None:
    data = encoded(photo())
    broken = data[: len(data) // 2] + b"\xff\xd9"
    wrong: list[str] = []

    def work(seed: int) -> None:
        for number in range(20):
            damaged = (seed + number) % 3 == 0
            try:
                decode_image(broken if damaged else data, "x.jpg")
                passed = True
            except InputError:
                passed = False
            if passed == damaged:
                wrong.append(f"{seed} {number}")

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_no_standard_error_at_all(tmp_path: Path) -> None:
    """A service may have closed it."""
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(photo()))
    kept = os.dup(2)
    os.close(2)
    try:
        assert read_image(path).shape == (160, 320, 3)
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def test_108_megapixels(tmp_path: Path) -> None:
    """A phone's photo, reduced while it is decoded."""
    page = np.full((9024, 12032), 230, np.uint8)
    page[4000:4100, 2000:9000] = 20
    data = encoded(page, quality=60)
    out = decode_image(data, max_pixels=100_000_000)
    assert out.shape == (4512, 6016, 3)
    assert out[2025, 2000].max() < 40 and out[100, 100].min() > 220
    with pytest.raises(InputError, match="12032 x 9024"):
        decode_image(data)
