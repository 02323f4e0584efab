"""One damaged file a case: how it is made, and what is asked of it.

A case ends as "read" or "refused" (an InputError of one line). `Fault` is what must not be: another exception, more
than one line, a count that is silently wrong. Crashes and hangs are seen from outside, by `campaign`.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chuviet.errors import InputError
from faulty.mutation import Rng, generator, mutate_bytes, mutate_json, seal_png

FRAMES = 4  # pictures of a file that are decoded


class Fault(Exception):
    """What must not be."""


@dataclass(frozen=True)
class Files:
    """The sound files of a kind, and a folder to write to."""

    sound: Sequence[Path]
    folder: Path

    def choose(self, rng: Rng) -> tuple[Path, bytes]:
        path = self.sound[int(rng.integers(0, len(self.sound)))]
        return path, path.read_bytes()

    @property
    def bytes(self) -> list[bytes]:
        return [p.read_bytes() for p in self.sound]


def run_case(kind: str, files: Files, seed: int, number: int) -> str:
    """How one case ends: "read" or "refused". Raises Fault, or whatever went wrong."""
    rng = generator(kind, seed, number)
    try:
        if kind in LISTED:
            LISTED[kind](files.sound[number % len(files.sound)], files.folder)
        else:
            CASES[kind](files, rng)
    except InputError as e:
        check_line(e)
        return "refused"
    return "read"


def check_line(e: Exception) -> None:
    """Raises Fault unless the message is one line that can be printed."""
    text = str(e)
    if not text or "\n" in text or len(text) > 2000:
        raise Fault(f"not one line: {text[:200]!r}")


def image_case(files: Files, rng: Rng) -> None:
    """An image: all its pictures are decoded as a run over a folder does it."""
    from chuviet.inputs.limits import LIMITS
    from chuviet.inputs.sources import find_in_bytes

    path, sound = files.choose(rng)
    data, damages = mutate_bytes(sound, rng, files.bytes)
    if path.suffix == ".png" and rng.random() < 0.6:
        data = seal_png(data)
    found = find_in_bytes(data, path.name)
    for source in found.sources[:FRAMES]:
        image = source.load()
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise Fault(f"no image: {image.dtype} {image.shape}")
        if image.shape[0] * image.shape[1] > 1.01 * LIMITS.pixels:
            raise Fault(f"larger than the limit: {image.shape}")
    if damages == "cut":
        _check_same(find_in_bytes(sound, path.name).sources, found.sources, path.name)


def _check_same(sound: Sequence[Any], cut: Sequence[Any], name: str) -> None:
    """Raises Fault where a file that was cut short reads as less than the whole, without a word."""
    if len(sound) != len(cut):
        raise Fault(f"{name} cut: {len(cut)} pictures instead of {len(sound)}")
    for one, other in zip(sound, cut, strict=True):
        if not np.array_equal(one.load(), other.load()):
            raise Fault(f"{name} cut: other pixels")


def pdf_case(files: Files, rng: Rng) -> None:
    """A PDF: pages counted, the first ones drawn at few dots, their text read."""
    from chuviet.inputs.limits import Limits
    from chuviet.inputs.sources import find_in_bytes

    path, sound = files.choose(rng)
    data, damages = mutate_bytes(sound, rng, files.bytes)
    limits = Limits(dpi=36, pixels=1_000_000)
    found = find_in_bytes(data, path.name, limits)
    for source in found.sources[:2]:
        image = source.load()
        height, width = image.shape[:2]  # of which each is rounded up
        if image.dtype != np.uint8 or image.shape[2:] != (3,) or (height - 1) * (width - 1) > limits.pixels:
            raise Fault(f"no page: {image.dtype} {image.shape}")
        if source.text_layer is not None:
            layer = source.text_layer()
            if (layer.height, layer.width) != image.shape[:2]:
                raise Fault("text and picture of a page differ in size")
    if damages == "cut" and len(found.sources) != 3:
        raise Fault(f"{path.name} cut: {len(found.sources)} pages instead of 3")


def label_case(files: Files, rng: Rng) -> None:
    """A label file of any format, from the file to its rows."""
    path, sound = files.choose(rng)
    data, _ = mutate_bytes(sound, rng, files.bytes)
    _LABELS[path.name](data, files.folder)


def _table(data: bytes, folder: Path) -> None:
    from chuviet.data.table import read_table
    from chuviet.inputs.tables import listed_images

    path, problems = folder / "table.csv", list[str]()
    path.write_bytes(data)
    try:
        listed_images(path)
    except InputError as e:
        check_line(e)
    frame = read_table(path, problems=problems)
    bad = {p.partition(": row ")[2].partition(":")[0] for p in problems}
    wanted = _rows_of_csv(data)
    if wanted is not None and len(frame) + len(bad) != wanted:
        raise Fault(f"{len(frame)} rows and {len(bad)} bad ones of {wanted}")


def _rows_of_csv(data: bytes) -> int | None:
    """The rows of a table below its header, counted apart; None where quotes may hold line ends."""
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    if '"' in text:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return sum(1 for line in lines if line) - 1


def _list(data: bytes, folder: Path) -> None:
    from chuviet.data.lists import read_list

    path, problems = folder / "list.txt", list[str]()
    path.write_bytes(data)
    frame = read_list(path, problems)
    bad = {p.partition(": row ")[2].partition(":")[0] for p in problems}
    lines = _lines(data)
    if len(frame) + len(bad) != len(lines):
        raise Fault(f"{len(frame)} rows and {len(bad)} bad ones of {len(lines)}")


def _lines(data: bytes) -> list[str]:
    """The lines of a text that hold something, as an editor counts them."""
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    return [line for line in text.split("\n") if line.strip()]


def _dictionary(data: bytes, folder: Path) -> None:
    from chuviet.data.lists import read_dictionary

    path = folder / "dictionary.dict"
    path.write_bytes(data)
    charset = read_dictionary(path)
    wanted = sum(1 for line in _text(data).split("\n") if line not in ("", "\r"))
    if len(charset) != wanted:
        raise Fault(f"{len(charset)} characters in {wanted} lines")


def _text(data: bytes) -> str:
    return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")


def _pages(name: str) -> Callable[[bytes, Path], None]:
    """Pages of one of the formats of detection, mended as training does it."""

    def read(data: bytes, folder: Path) -> None:
        from chuviet.data.pages import read_pages
        from chuviet.data.quads import mend_pages

        path, kind = folder / name, {".tsv": "tsv", ".mat": "synthtext", ".txt": "icdar"}[Path(name).suffix]
        if name.endswith("b.txt"):
            path, kind = folder / "sample_train_annotation_txt" / "a.txt", "lpcv"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        folders = {"icdar": path.parent, "lpcv": path.parent, "tsv": path, "synthtext": path}
        pages = read_pages(folders[kind], kind, images=None if kind in ("tsv", "synthtext") else folder / "images")
        if kind == "tsv" and len(pages) != len(_lines(data)):
            raise Fault(f"{len(pages)} pages in {len(_lines(data))} lines")
        if kind in ("icdar", "lpcv") and len(pages[0].texts) != len(_lines(data)):
            raise Fault(f"{len(pages[0].texts)} quads in {len(_lines(data))} lines")
        mend_pages(pages, name)

    return read


_LABELS: dict[str, Callable[[bytes, Path], None]] = {
    "table.csv": _table, "marked.csv": _table, "semicolons.csv": _table, "utf16.csv": _table, "list.txt": _list,
    "dictionary.dict": _dictionary, "pages.tsv": _pages("pages.tsv"), "gt_a.icdar": _pages("icdar/gt_a.txt"),
    "a.lpcv": _pages("b.txt"), "gt.mat": _pages("gt.mat"),
}  # fmt: skip


def onnx_case(files: Files, rng: Rng) -> None:
    """An ONNX file: damaged as it lies there (then it must be refused), or by a stranger who made its digest right."""
    from chuviet.artifact.onnx_file import load_onnx

    path, sound = files.choose(rng)
    way = int(rng.integers(0, 4))
    if way == 0:
        data, _ = mutate_bytes(sound, rng, files.bytes)
        begin = sound.find(b'{"format"')
        load_onnx(data, path.name)
        if data[:begin] != sound[:begin]:
            raise Fault("a damaged graph was taken for a sound one")
        return
    data = _other_metadata(sound, rng) if way == 1 else _other_graph(sound, rng, files.bytes, way == 2)
    read_with(load_onnx(data, path.name))


def read_with(artifact: Any) -> None:
    """Reads a small picture with an opened file."""
    from chuviet.reading.detector import Detector
    from chuviet.reading.lines import LineReader
    from faulty.seeds import picture

    image = picture(120, 32, 3)
    if artifact.charset is None:
        Detector(artifact).find(image)
        return
    line = LineReader(artifact).read(image)
    if not isinstance(line.text, str) or not 0 <= line.confidence <= 1:
        raise Fault(f"text {line.text!r}, confidence {line.confidence}")
    line.text.encode()


def _other_metadata(sound: bytes, rng: Rng) -> bytes:
    """The file with other metadata."""
    import onnx
    from onnx import helper

    from faulty.seeds import metadata_of

    graph = onnx.load_from_string(sound)
    text = json.dumps(mutate_json(metadata_of(graph), rng))
    if rng.random() < 0.1:
        text = mutate_bytes(text.encode(), rng)[0].decode("utf-8", "replace")
    helper.set_model_props(graph, {"chuviet": text})
    return graph.SerializeToString()


def _other_graph(sound: bytes, rng: Rng, others: Sequence[bytes], language_model: bool) -> bytes:
    """The file with another graph (bytes damaged anywhere, or the arrays of a language model), and its right digest."""
    import onnx
    from google.protobuf.message import DecodeError

    from faulty.seeds import metadata_of, seal_onnx

    graph = onnx.load_from_string(sound)
    metadata = metadata_of(graph)
    if language_model:
        for tensor in graph.graph.initializer:
            if tensor.name.startswith("chuviet.lm/") and rng.random() < 0.2:
                _damage_tensor(tensor, rng)
        return seal_onnx(graph, metadata)
    del graph.metadata_props[:]
    data, _ = mutate_bytes(graph.SerializeToString(), rng, others)
    try:
        return seal_onnx(onnx.load_from_string(data), metadata)
    except (DecodeError, ValueError):  # no protobuf any more
        return data


def _damage_tensor(tensor: Any, rng: Rng) -> None:
    """Other numbers, fewer or more of them, another type or shape. In place."""
    way = int(rng.integers(0, 5))
    if way == 0:
        tensor.data_type = int(rng.integers(0, 16))
    elif way == 1:
        del tensor.dims[:]
        tensor.dims.extend(rng.integers(0, 100, int(rng.integers(0, 3))).tolist())
    elif way == 2:
        tensor.raw_data = tensor.raw_data[: int(rng.integers(0, len(tensor.raw_data) + 1))]
    else:
        tensor.raw_data = mutate_bytes(tensor.raw_data or b"\0", rng)[0]
    if way in (2, 3):
        size = {1: 4, 2: 1, 3: 1, 5: 2, 6: 4, 7: 8, 10: 2}.get(tensor.data_type, 1)
        tensor.raw_data = tensor.raw_data[: len(tensor.raw_data) // size * size]
        del tensor.dims[:]
        tensor.dims.append(len(tensor.raw_data) // size)


def safetensors_case(files: Files, rng: Rng) -> None:
    """A safetensors file: damaged as it lies there, or by a stranger who made its digest right."""
    from chuviet.artifact.opening import open_artifact

    path, sound = files.choose(rng)
    target, way = files.folder / path.name, int(rng.integers(0, 3))
    data = mutate_bytes(sound, rng, files.bytes)[0] if way == 0 else _other_safetensors(sound, rng, way == 1)
    target.write_bytes(data)
    artifact = open_artifact(target)
    tensors = 8 + int.from_bytes(sound[:8], "little")
    if way == 0 and data[tensors:] != sound[tensors:]:
        raise Fault("damaged weights were taken for sound ones")
    read_with(artifact)


def _other_safetensors(sound: bytes, rng: Rng, configs: bool) -> bytes:
    import hashlib

    length = int.from_bytes(sound[:8], "little")
    header, tensors = json.loads(sound[8 : 8 + length]), sound[8 + length :]
    metadata = json.loads(header["__metadata__"]["chuviet"])
    if configs:
        metadata = mutate_json(metadata, rng)
    else:
        tensors = mutate_bytes(tensors, rng)[0]
        header = mutate_json(header, rng) if rng.random() < 0.5 else header
    if isinstance(metadata, dict):
        metadata["sha256"] = hashlib.sha256(tensors).hexdigest()
    if isinstance(header.get("__metadata__"), dict):
        header["__metadata__"]["chuviet"] = json.dumps(metadata)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def bomb_case(path: Path, folder: Path) -> None:
    """A file that asks for much, opened as a run with the usual settings does it."""
    from chuviet.inputs.sources import find_in_bytes

    kind, _, name = path.name.split("-", 2)
    if kind == "labels":
        _LABELS[name](path.read_bytes(), folder)
        return
    for source in find_in_bytes(path.read_bytes(), name).sources[:2]:
        source.load()
        if source.text_layer is not None:
            source.text_layer()


def stranger_case(path: Path, folder: Path) -> None:
    """A model file of a stranger: opened, and run where it could be opened. It must be refused."""
    from chuviet.artifact.opening import open_artifact

    (folder / "model").mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.mkfifo(folder / "model" / "secret")  # who opens it waits for ever
    target = folder / "model" / path.name.split("-", 1)[1]
    target.write_bytes(path.read_bytes())
    os.chdir(target.parent)
    read_with(open_artifact(target))
    raise Fault("was opened and run")


CASES: dict[str, Callable[[Files, Rng], None]] = {
    "images": image_case, "pdfs": pdf_case, "labels": label_case, "onnx": onnx_case, "safetensors": safetensors_case,
}  # fmt: skip
#: Kinds whose cases are one file each, as it is.
LISTED: dict[str, Callable[[Path, Path], None]] = {"bombs": bomb_case, "strangers": stranger_case}
