"""The campaign of `benchmarks/faults.py` in small, in this process, and what it found."""

from __future__ import annotations

import importlib
import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from chuviet.artifact.graph_check import GraphError, check_model
from chuviet.artifact.onnx_file import load_onnx
from chuviet.config import ConfigError
from chuviet.data.formats.mat import MatError, read_cells
from chuviet.decode.ctc import CTCBeam
from chuviet.errors import InputError, one_line
from chuviet.inputs.images import count_frames, decode_image
from chuviet.inputs.sources import find_in_bytes
from chuviet.language.levels import pack_keys, unpack_keys
from chuviet.preprocess.line import LinePreprocess
from chuviet.vocab import Charset, CharsetError

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """faulty(name): a module of the campaign."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return lambda name: importlib.import_module(f"faulty.{name}")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("kind", "count"), [("images", 400), ("pdfs", 100), ("labels", 150), ("onnx", 60)])
def test_damaged_files_are_read_or_refused_in_one_line(
    kind: str, count: int, faulty: Callable[[str], Any], tmp_path: Path
) -> None:
    seeds, cases = faulty("seeds"), faulty("cases")
    sound = seeds.write(kind, tmp_path / "sound")
    faulty("campaign").prepare(tmp_path / "work")
    files = cases.Files(sound, tmp_path / "work")
    outcomes = [cases.run_case(kind, files, 7, number) for number in range(count)]
    assert min(outcomes.count("read"), outcomes.count("refused")) > count / 20


def test_a_case_is_the_same_each_time(faulty: Callable[[str], Any]) -> None:
    mutation = faulty("mutation")
    made = [mutation.mutate_bytes(bytes(range(200)), mutation.generator("images", 1, n)) for n in (3, 3, 4)]
    assert made[0] == made[1] != made[2]


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP"])
def test_no_picture_of_a_cut_file_is_lost_in_silence(kind: str) -> None:
    """At every tenth place, and at every one of the last forty."""
    pictures = [Image.new("RGB", (12, 9), (40 * i, 90, 10)) for i in range(3)]
    out = io.BytesIO()
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:])
    whole = out.getvalue()
    assert len(find_in_bytes(whole, "a").sources) == 3
    for size in [*range(0, len(whole), 10), *range(len(whole) - 40, len(whole))]:
        with pytest.raises(InputError):
            for source in find_in_bytes(whole[:size], "a").sources:
                source.load()


def test_damage_behind_the_first_pages_is_named_and_they_are_read() -> None:
    out = io.BytesIO()
    Image.new("L", (12, 9), 50).save(out, "TIFF", save_all=True, append_images=[Image.new("L", (12, 9), 90)] * 2)
    cut = out.getvalue()[:-40]
    assert count_frames(cut, "TIFF") == 3
    assert decode_image(cut, "a", frame=1)[0, 0, 0] == 50
    with pytest.raises(InputError, match="truncated or broken"):
        decode_image(cut, "a", frame=3)


def test_what_decoders_raise_is_one_line() -> None:
    """Pillow's AVIF raises RuntimeError, and a cut JPEG 2000 was taken for a grey one."""
    out, other, refused = io.BytesIO(), io.BytesIO(), 0
    Image.effect_noise((64, 64), 80).convert("RGB").save(out, "AVIF")
    whole = out.getvalue()
    for place in range(whole.index(b"mdat") + 4, len(whole) - 20, len(whole) // 20):
        try:
            decode_image(whole[:place] + b"\xff" * 20 + whole[place + 20 :], "a")
        except InputError as e:
            assert str(e).startswith("a: truncated or broken")
            refused += 1
    assert refused
    Image.effect_noise((64, 64), 80).save(other, "JPEG2000")
    with pytest.raises(InputError, match=r"^a: truncated JPEG 2000 data \(no end mark\)"):
        decode_image(other.getvalue()[:-2], "a")


def test_an_animation_of_too_many_pixels_is_refused_before_it_is_drawn() -> None:
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    gif = b"GIF89a" + struct.pack("<HH", 12_000, 12_000) + b"\x80\0\0\0\0\0\xff\xff\xff" + picture * 10 + b";"
    with pytest.raises(InputError, match=r"^a: an animation of 10 pictures of 12000 x 12000 px"):
        find_in_bytes(gif, "a")


def test_errors_are_one_line_and_move_no_terminal() -> None:
    assert str(InputError("a\r\nb \x1b[2J c\u2028d")) == "a b  [2J c d"
    assert one_line("  hai  dòng  ") == "hai  dòng"


@pytest.mark.parametrize("compressed", [False, True])
def test_cells_of_mat_files_are_those_that_scipy_wrote(compressed: bool) -> None:
    rng = np.random.default_rng(0)
    boxes = [
        rng.normal(size=shape).astype(kind) for shape, kind in (((2, 4, 3), "f4"), ((2, 4), "f8"), ((2, 4, 0), "f4"))
    ]
    boxes.append(rng.integers(0, 200, (2, 4)).astype("u1"))
    texts = [np.array(["Huế", "a b"]), np.array(["漢字 x"]), np.array([], "U1"), np.array(["ab\n c"])]
    out = io.BytesIO()
    cells = {name: np.empty((1, 4), object) for name in ("b", "t", "other")}
    cells["b"][0, :], cells["t"][0, :], cells["other"][0, :] = boxes, texts, boxes
    savemat(out, cells, do_compression=compressed)
    found = read_cells(out.getvalue(), ("b", "t"))
    assert list(found) == ["b", "t"]
    for box, mine in zip(boxes, found["b"], strict=True):
        assert isinstance(mine, np.ndarray) and mine.shape == box.shape and np.array_equal(mine, box)
    rows = [[row.rstrip() for row in found["t"][i]] for i in (0, 1, 3)]
    assert rows == [["Huế", "a b"], ["漢字 x"], ["ab\n c"]]
    whole = out.getvalue()
    for place in range(0, len(whole), 7):
        for damaged in (whole[:place], whole[:place] + b"\xff" + whole[place + 1 :]):
            try:
                read_cells(damaged, ("b", "t"))
            except Exception as e:  # noqa: BLE001 (which ones is what is asked)
                assert isinstance(e, (MatError, ValueError)) or type(e).__module__ == "zlib", e


def test_strangers_models_are_refused(faulty: Callable[[str], Any], tmp_path: Path) -> None:
    """Those whose refusal is quick; all of them: benchmarks/faults.py strangers."""
    strangers = faulty("strangers")
    for name, data in [*strangers.graphs(), *strangers.metadata()]:
        if name == "computed.onnx":  # is found when it is run, by the lack of memory
            continue
        with pytest.raises(InputError) as error:
            faulty("cases").read_with(load_onnx(data, name))
        assert str(error.value).startswith(f"{name}: ") and len(str(error.value)) < 500
    for name, data in strangers.language_models():
        with pytest.raises(InputError, match="language model|gazetteer|n-gram"):
            load_onnx(data, name)


def test_a_graph_of_ours_is_allowed_and_says_what_is_not(small_onnx: Any) -> None:
    for path in (small_onnx.line, small_onnx.word, small_onnx.detector):
        check_model(path.read_bytes())
    evil = small_onnx.detector.read_bytes().replace(b"Mul", b"Nul").replace(b"ReduceMean", b"ReduceEvil")
    with pytest.raises(GraphError, match=r"the operator '(Nul|ReduceEvil)', which no network of chuviet has"):
        check_model(evil)


def test_sizes_of_configs_have_bounds() -> None:
    with pytest.raises(ConfigError, match=r"LinePreprocess\.Config: height=0: 4 to 1024 is possible"):
        LinePreprocess.Config(height=0)
    with pytest.raises(ConfigError, match="alpha=nan"):
        CTCBeam.Config(alpha=float("nan"))


def test_charsets_hold_text_and_are_judged_quickly() -> None:
    with pytest.raises(CharsetError, match=r"U\+001B"):
        Charset("ab\x1b")
    with pytest.raises(CharsetError, match="doubled"):
        Charset("".join(map(chr, range(0x4E00, 0x9FA5))) * 2)


def test_keys_of_another_length_are_refused_before_they_are_unpacked() -> None:
    keys = np.arange(0, 5000, 7, dtype=np.int64)
    assert np.array_equal(unpack_keys(pack_keys(keys), len(keys)), keys)
    with pytest.raises(ValueError, match="bytes for 3 keys"):
        unpack_keys(np.ones(1_000_000, np.uint8), 3)
