from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from chuviet.errors import InputError
from chuviet.inputs import images
from chuviet.inputs.images import as_image, decode_image, list_images, read_image


def scene(height: int = 24, width: int = 60) -> np.ndarray:
    """A smooth colour gradient: every pixel differs from its mirror image, and JPEG keeps it closely."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([40 + 3 * x, 60 + 5 * y, 200 - 2 * x], axis=2).astype(np.uint8)


def encoded(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def test_png_rgb_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "ảnh chữ.png"
    Image.fromarray(scene()).save(path)
    out = read_image(path)
    assert out.dtype == np.uint8 and np.array_equal(out, scene())


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_jpeg_fast_path_gives_what_pillow_gives(mode: str) -> None:
    data = encoded(Image.fromarray(scene(64, 301)).convert(mode), format="JPEG", quality=80)
    slow = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(decode_image(data).astype(int) - slow).max() <= 2


def test_grey_is_repeated() -> None:
    grey = scene()[:, :, 0]
    out = decode_image(encoded(Image.fromarray(grey), format="PNG"))
    assert out.shape == (24, 60, 3) and all(np.array_equal(out[:, :, c], grey) for c in range(3))


def test_one_bit_is_black_and_white() -> None:
    bits = Image.fromarray(scene()[:, :, 0] > 100).convert("1")
    assert set(np.unique(decode_image(encoded(bits, format="PNG")))) == {0, 255}


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_is_scaled_not_clipped(kind: str) -> None:
    levels = np.array([[0, 257, 32768, 65535]], np.uint16).repeat(3, axis=0)
    out = decode_image(encoded(Image.fromarray(levels), format=kind))
    assert out[1, :, 2].tolist() == [0, 1, 128, 255]


def test_float_tiff_in_unit_range() -> None:
    levels = np.array([[0.0, 0.5, 1.0]], np.float32).repeat(2, axis=0)
    assert decode_image(encoded(Image.fromarray(levels), format="TIFF"))[0, :, 0].tolist() == [0, 128, 255]


def written(ink: int, share: float = 0.1) -> np.ndarray:
    """H W 4: strokes of grey `ink` on full transparency, whose hidden colour is the ink's own."""
    rgba = np.full((40, 100, 4), ink, np.uint8)
    rgba[:, :, 3] = 0
    rgba[10 : 10 + int(40 * share * 2), 25:75, 3] = 255
    return rgba


@pytest.mark.parametrize(("ink", "paper"), [(0, 255), (60, 255), (200, 0), (255, 0)])
def test_ink_on_transparency_is_laid_on_paper_that_shows_it(ink: int, paper: int) -> None:
    out = decode_image(encoded(Image.fromarray(written(ink)), format="PNG"))
    assert out[0, 0].tolist() == [paper] * 3 and out[12, 50].tolist() == [ink] * 3


def test_a_sheet_cut_out_of_its_desk_keeps_its_own_paper() -> None:
    sheet = np.zeros((40, 100, 4), np.uint8)
    sheet[5:35, 30:60] = 255  # less than a quarter is seen: white paper ...
    sheet[20:22, 35:55, :3] = 10  # ... with dark ink
    assert decode_image(encoded(Image.fromarray(sheet), format="PNG"))[0, 0].tolist() == [255] * 3
    sheet[:, :, :3] = 255 - sheet[:, :, :3]
    assert decode_image(encoded(Image.fromarray(sheet), format="PNG"))[0, 0].tolist() == [0] * 3


def test_transparent_corners_of_a_white_page_stay_white() -> None:
    page = np.full((40, 100, 4), 255, np.uint8)
    page[:3, :3, 3] = 0
    assert decode_image(encoded(Image.fromarray(page), format="PNG")).min() == 255


def test_transparency_is_white_paper() -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)  # black, and transparent but for one pixel that is half so and one that is not
    rgba[0, 0, 3], rgba[1, 1, 3] = 255, 128
    out = decode_image(encoded(Image.fromarray(rgba), format="PNG"))
    assert out[0, 0].tolist() == [0, 0, 0] and out[3, 3].tolist() == [255, 255, 255]
    assert abs(int(out[1, 1, 0]) - 127) <= 1


def test_grey_with_alpha_and_palette_with_transparency() -> None:
    la = Image.merge("LA", (Image.new("L", (3, 2), 0), Image.new("L", (3, 2), 0)))
    assert decode_image(encoded(la, format="PNG")).min() == 255
    palette = Image.new("P", (3, 2), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    assert decode_image(encoded(palette, format="PNG"))[0, 0].tolist() == [10, 20, 30]
    assert decode_image(encoded(palette, format="PNG", transparency=1))[0, 0].tolist() == [255, 255, 255]


def test_cmyk_jpeg_is_not_inverted() -> None:
    out = decode_image(encoded(Image.new("CMYK", (40, 20), (0, 0, 0, 0)), format="JPEG"))
    assert out.shape == (20, 40, 3) and out.min() >= 250  # no ink: white
    out = decode_image(encoded(Image.new("CMYK", (40, 20), (0, 0, 0, 255)), format="JPEG"))
    assert out.max() <= 5


def test_missing_and_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.jpg.*No such file"):
        read_image(tmp_path / "no.jpg")
    with pytest.raises(InputError, match="directory"):
        read_image(tmp_path)


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"a\.jpg: an empty file"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.98])
def test_truncated_never_passes(kind: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 200, 3), np.uint8)
    data = encoded(Image.fromarray(noise), format=kind)
    with pytest.raises(InputError, match=r"^x\.img: .*") as caught:
        decode_image(data[: int(len(data) * kept)], "x.img")
    assert "\n" not in str(caught.value)


def test_not_an_image() -> None:
    with pytest.raises(InputError, match=r"note\.jpg: not an image"):
        decode_image(b"xin chao" * 50, "note.jpg")


@pytest.mark.filterwarnings("ignore")
def test_broken_header_bytes_raise_nothing_but_input_error() -> None:
    rng = np.random.default_rng(1)
    for kind in ("JPEG", "PNG", "TIFF", "BMP", "WEBP"):
        good = encoded(Image.fromarray(scene()), format=kind)
        for _ in range(60):
            data = np.frombuffer(good, np.uint8).copy()
            data[rng.integers(0, min(len(data), 200), 4)] = rng.integers(0, 256, 4)
            try:
                out = decode_image(data.tobytes())
            except InputError:
                continue
            assert out.ndim == 3 and out.shape[2] == 3 and out.dtype == np.uint8


def test_absurd_size_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(Image.fromarray(scene()), format="PNG")
    monkeypatch.setattr(images, "MAX_PIXELS", 24 * 60 - 1)
    with pytest.raises(InputError, match="60 x 24 px"):
        decode_image(data)
    monkeypatch.setattr(images, "MAX_PIXELS", 24 * 60)
    assert decode_image(data).shape == (24, 60, 3)


def test_bomb_header() -> None:
    data = bytearray(encoded(Image.fromarray(scene()), format="BMP"))
    data[18:26] = (200_000).to_bytes(4, "little") * 2  # width and height of the header
    with pytest.raises(InputError, match=r"pixels|px"):
        decode_image(bytes(data))


def test_large_images_are_scaled_down_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 5_000)
    monkeypatch.setattr(images, "LARGEST_PIXELS", 20_000)
    picture = Image.fromarray(scene(80, 100))
    for kind in ("JPEG", "PNG", "TIFF", "GIF"):
        data = encoded(picture, format=kind)
        with pytest.raises(InputError, match="100 x 80 px"):
            decode_image(data)
        out = decode_image(data, max_pixels=2_500)
        assert out.shape == (40, 50, 3), kind
        even = np.asarray(picture.reduce(2)).astype(int)
        assert np.abs(out - even).mean() < (8 if kind == "GIF" else 3), kind
    assert as_image(scene(80, 100), max_pixels=2_500).shape == (40, 50, 3)
    with pytest.raises(InputError, match="200 x 200 px"):
        decode_image(encoded(Image.new("L", (200, 200)), format="JPEG"), max_pixels=2_500)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16", "F"])
def test_every_mode_can_be_scaled_down(mode: str) -> None:
    grey = Image.fromarray(scene(40, 50)[:, :, 1])
    picture = Image.fromarray(np.asarray(grey, np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    data = encoded(picture, format="TIFF" if mode in ("I;16", "F") else "PNG")
    small = decode_image(data, max_pixels=500)
    assert small.shape == (20, 25, 3) and small.dtype == np.uint8
    if mode not in ("1", "P"):
        assert np.abs(small[:, :, 0].astype(int) - np.asarray(grey.reduce(2))).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(scene(24, 64)), format=kind, exif=exif, **({"quality": 95} if kind != "PNG" else {}))
    wanted = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")).astype(int)
    out = decode_image(data)
    assert out.shape == wanted.shape and out.flags.c_contiguous and np.abs(out - wanted).max() <= 2
    assert np.array_equal(as_image(Image.open(io.BytesIO(data))), wanted)
    small = decode_image(data, max_pixels=500)
    assert small.shape == (wanted.shape[0] // 2, wanted.shape[1] // 2, 3)
    even = np.asarray(Image.fromarray(wanted.astype(np.uint8)).reduce(2)).astype(int)
    assert np.abs(small - even).max() <= 6


def test_avif_that_claims_more_than_one_brand() -> None:
    pytest.importorskip("PIL.AvifImagePlugin")
    data = bytearray(encoded(Image.fromarray(scene()), format="AVIF", quality=95))
    assert decode_image(bytes(data)).shape == (24, 60, 3)
    data[8:12] = b"mif1"
    assert decode_image(bytes(data)).shape == (24, 60, 3)


def test_heic_and_pdf_are_explained() -> None:
    with pytest.raises(InputError, match="^a.heic: a HEIC image.*JPEG"):
        decode_image(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "a.heic")
    with pytest.raises(InputError, match="^a: a PDF"):
        decode_image(b"%PDF-1.7\n" + bytes(100), "a")


@pytest.mark.parametrize("kind", ["GIF", "PPM", "JPEG2000", "WEBP", "BMP", "TIFF", "PNG"])
def test_every_kind_is_read(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    out = decode_image(encoded(Image.fromarray(scene()), format=kind, **options))
    assert out.shape == (24, 60, 3) and np.abs(out.astype(int) - scene()).mean() < (8 if kind == "GIF" else 1)


def test_list_images_in_natural_order(tmp_path: Path) -> None:
    for name in ("2/10.jpg", "2/9.JPG", "10/1.png", "2/notes.txt", "2/.hidden.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [p.relative_to(tmp_path).as_posix() for p in list_images(tmp_path)] == ["2/9.JPG", "2/10.jpg", "10/1.png"]


def test_every_page_of_a_tiff_is_held_to_the_limit_by_its_own_size() -> None:
    data = io.BytesIO()
    first, second = Image.new("1", (30, 20), 1), Image.new("1", (10_001, 10_000), 1)
    first.save(data, "TIFF", save_all=True, append_images=[second], compression="group4")
    assert decode_image(data.getvalue()).shape == (20, 30, 3)
    with pytest.raises(InputError, match="a.tiff: 10001 x 10000 px; images of 1 to 100,000,000 px are read"):
        decode_image(data.getvalue(), "a.tiff", frame=2)
