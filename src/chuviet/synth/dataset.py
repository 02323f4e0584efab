"""Sets of drawn lines on disk: sample i of seed s is the same bytes with any number of workers and shards.

Each shard writes its images and one CSV manifest; a manifest row appears only for a whole image, so an interrupted run
goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import io
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from tqdm import tqdm

from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.manifest import COLUMNS, SYNTHETIC_FOLD
from chuviet.synth.fonts import Font
from chuviet.synth.ink import MARGINS, Hand, crop_line, draw_line
from chuviet.synth.paper import Sheet, encode_jpeg, put_on

_CONNECTED = ("playwrite", "dancing", "script", "vibes", "allura", "brush", "italianno", "corinthia")
_TRIES = 60


class Texts(Protocol):
    def text(self, index: int, rng: np.random.Generator) -> str: ...


@dataclass(frozen=True)
class LineRecipe:
    """How sample i is made: `job(i)` returns its manifest row and its JPEG bytes."""

    texts: Texts
    fonts: Sequence[Font]
    source: str
    alphabet: str
    seed: int = 0
    height: int = 64
    shortest: int = 4
    longest: int = 69
    cut: Callable[[str, np.random.Generator], str] | None = None  # such as `corpus.piece`
    hand: Callable[[np.random.Generator], Hand] = Hand.draw
    sheet: Callable[[np.random.Generator], Sheet] = Sheet.draw
    margins: Sequence[int] = MARGINS  # above and below the writing, see `ink.crop_line`

    def job(self, index: int) -> tuple[dict[str, str], bytes]:
        """Raises InputError when no font of the set covers a text that the corpus gave."""
        rng = np.random.default_rng((self.seed, index, len(self.source)))
        text = self._text(index, rng)
        needed, (covers, kinds) = frozenset(text.replace(" ", "")), self._covers
        able = tuple(k for k, cover in enumerate(covers) if cover >= needed)
        if not able:
            raise InputError(f"no font covers every character of {text!r}; add fonts")
        families = kinds[able] if able in kinds else kinds.setdefault(able, self._families(able))
        members = families[int(rng.integers(len(families)))]
        font = members[int(rng.integers(len(members)))]
        connected = any(name in font.family.lower() for name in _CONNECTED)
        sheet = self.sheet(rng)
        ink = crop_line(draw_line(text, font.path, self.hand(rng), rng, connected), self.height, rng, self.margins)
        image = put_on(ink, sheet, rng)
        row = dict(zip(COLUMNS, (f"{index // 1000:04d}/{index:07d}.jpg", text, "-1", str(SYNTHETIC_FOLD), self.source,
                                 Path(font.path).stem, ""), strict=True))  # fmt: skip
        return row, encode_jpeg(image, sheet.quality)

    @functools.cached_property
    def _covers(self) -> tuple[list[frozenset[str]], dict[tuple[int, ...], list[list[Font]]]]:
        """The different character sets of the fonts (hundreds of fonts share few), and room for the families of those
        that have some of these sets.
        """
        return list(dict.fromkeys(f.covers for f in self.fonts)), {}

    def _families(self, able: tuple[int, ...]) -> list[list[Font]]:
        """The fonts whose character sets are among `able`, by family."""
        families: dict[str, list[Font]] = {}
        covers = {self._covers[0][k] for k in able}
        for font in self.fonts:
            if font.covers in covers:
                families.setdefault(font.family, []).append(font)
        return [families[name] for name in sorted(families)]

    def _text(self, index: int, rng: np.random.Generator) -> str:
        for n in range(_TRIES):
            text = self.texts.text(index, rng)
            if self.cut:
                text = self.cut(text, rng)
            if self.shortest <= len(text) <= self.longest and set(text) <= set(self.alphabet):
                return text
            if n > _TRIES // 2:
                index += 1_000_003  # this ward's name may be too long in every form
        raise InputError(f"{_TRIES} texts in a row were not {self.shortest}-{self.longest} characters of the charset")


Job = Callable[[int], tuple[dict[str, str], bytes]]


def write_set(job: Job, count: int, out: Path, workers: int = 1, shard: tuple[int, int] = (0, 1)) -> Path:
    """Makes the samples of shard i of n (those with index % n == i) below `out`; returns the manifest.

    One shard of one writes ``manifest.csv``; else ``manifest-<i>of<n>.csv``, which `join_shards` puts together.
    """
    i, n = shard
    manifest = out / ("manifest.csv" if n == 1 else f"manifest-{i}of{n}.csv")
    partial = manifest.with_suffix(".partial")
    indices = range(i, count, n)
    done = _finished(manifest, out)
    todo = [k for k in indices if k not in done]
    write_whole(partial, _lines(done.values()))  # without the line that a kill or a full disk has cut
    with _one_line(partial), partial.open("ab") as f:
        rows = _rows(job, todo, out, workers)
        for row in tqdm(rows, total=len(todo), unit="line", desc=out.name, dynamic_ncols=True):
            f.write(_lines([row]))
            f.flush()
    done = _finished(manifest, out)
    write_whole(manifest, _lines([dict(zip(COLUMNS, COLUMNS, strict=True)), *(done[k] for k in indices)]))
    partial.unlink()
    return manifest


def join_shards(out: Path, count: int) -> Path | None:
    """Writes ``manifest.csv`` once the shard manifests hold all `count` samples: the file one machine would have
    made.
    """
    rows: dict[str, dict[str, str]] = {}
    for path in sorted(out.glob("manifest-*of*.csv")):
        rows |= {r["img_path"]: r for r in _read(path)}
    if len(rows) < count:
        return None
    manifest = out / "manifest.csv"
    write_whole(manifest, _lines([dict(zip(COLUMNS, COLUMNS, strict=True)), *(rows[k] for k in sorted(rows))]))
    return manifest


def _rows(job: Job, todo: Sequence[int], out: Path, workers: int) -> Iterator[dict[str, str]]:
    if workers <= 1:
        yield from (_make((job, k, out)) for k in todo)
        return
    # Not forked: OpenCV and torch may have threads, which a forked child would wait for in vain.
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=_start, initargs=(job, out)) as pool:
        yield from pool.imap(_make_here, todo, chunksize=64)


def _start(job: Job, out: Path) -> None:
    """Gives a worker process its job once, instead of with every sample."""
    cv2.setNumThreads(1)
    _make_here.task = job, out  # type: ignore[attr-defined]


def _make_here(index: int) -> dict[str, str]:
    job, out = _make_here.task  # type: ignore[attr-defined]
    return _make((job, index, out))


def _make(task: tuple[Job, int, Path]) -> dict[str, str]:
    job, index, out = task
    try:
        row, data = job(index)
    except OSError as e:  # a font that FreeType refuses, an image that has gone
        raise InputError(f"{out}: sample {index} cannot be made ({e})") from e
    write_whole(out / row["img_path"], data, sync=False)
    return row


def _finished(manifest: Path, out: Path) -> dict[int, dict[str, str]]:
    """Sample -> its row, for those in the manifest and in the one that is not finished whose images are there."""
    rows = [*_read(manifest), *_read(manifest.with_suffix(".partial"), header=False)]
    return {int(Path(r["img_path"]).stem): r for r in rows if (out / r["img_path"]).exists()}


def _read(path: Path, header: bool = True) -> list[dict[str, str]]:
    """The whole rows of a manifest; none where there is no file. Raises InputError for a file of another kind."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as e:
        raise InputError(f"{path}: cannot be read ({e.strerror or e})") from e
    text = data[: data.rfind(b"\n") + 1].decode("utf-8", "replace")  # a line cut by a kill is made again
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if header and rows[:1] != [list(COLUMNS)]:
        raise InputError(f"{path}: not a manifest of drawn samples ({','.join(COLUMNS)}); name another --out")
    return [dict(zip(COLUMNS, r, strict=True)) for r in rows[header:] if len(r) == len(COLUMNS)]


def _lines(rows: Iterable[dict[str, str]]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.DictWriter(buffer, COLUMNS, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


@contextlib.contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """An OSError inside is one line that names `path`."""
    try:
        yield
    except OSError as e:
        raise InputError(f"{path}: cannot be written ({e.strerror or e}); the same command goes on from here") from e
