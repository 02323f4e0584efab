"""Reads pages with Ray on one machine or a cluster: `python -m chuviet.ray_read INPUT... --out DIR`.

The driver finds the pages; workers, one process and one core each, read them as `chuviet.read` does, from a file that
all machines see; what is read flows back as text and is written as Parquet while the rest is being read. A page's
picture never leaves its worker: a page that lies on its side is looked at again once its lines are read, so finding and
reading are one step.

No page is lost and none comes twice: Ray gives a batch whose worker died to another one, the driver alone writes, each
part whole or not at all, and a run that is begun again leaves out what the parts hold. A page that cannot be read is a
row with its `error`.

Columns: `name` (as `chuviet read` calls the page), `text`, `page` (the page as a line of the format jsonl), `error`,
and `seconds` of processor time.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import ray
except ModuleNotFoundError as e:
    if __name__ != "__main__":
        raise
    raise SystemExit(f"ray_read: this needs {e.name}, which is not installed: pip install 'chuviet[ray]'") from None

from chuviet import __version__
from chuviet.errors import InputError
from chuviet.files import write_whole
from chuviet.formats.json_format import JsonLinesWriter
from chuviet.inputs.names import counted
from chuviet.inputs.sources import Source, find_sources
from chuviet.reading.pages import Reader

SETTINGS = "settings.json"
COLUMNS = pa.schema([*((name, pa.string()) for name in ("name", "text", "page", "error")), ("seconds", pa.float64())])


class PageWorker:
    """Reads batches of pages: columns `name`, `path` and `frame` in, those of `COLUMNS` out."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.reader = Reader(**options, threads=1)

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, list[Any]]:
        rows = zip(*(batch[key].tolist() for key in ("name", "path", "frame")), strict=True)
        read = [self._read(*row) for row in rows]
        return {key: [row[key] for row in read] for key in COLUMNS.names}

    def _read(self, name: str, path: str, frame: int) -> dict[str, Any]:
        start = time.process_time()
        text, entries, error = None, None, None
        try:
            page = self.reader.page(source_of(name, path, frame))
        except InputError as e:
            error = str(e)
        else:
            text, entries = page.text, JsonLinesWriter().body(page, 1).strip()
        seconds = time.process_time() - start
        return {"name": name, "text": text, "page": entries, "error": error, "seconds": seconds}


def source_of(name: str, path: str, frame: int) -> Source:
    """The page of a file that `find_sources` found."""
    several = find_sources([path]).sources if frame == 1 else find_sources([f"{path}#{frame}"]).sources
    first = several[0]
    return Source(name, first.path, frame, first.load, first.text_layer)


class Parts:
    """The Parquet files of a folder. `done`: the names of all pages that they hold."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        """Raises InputError where the folder's pages were read with other settings."""
        self.folder, record = folder, folder / SETTINGS
        if record.is_file() and json.loads(record.read_text("utf-8")) != settings:
            raise InputError(f"{folder}: was read with other settings ({record}); name another folder")
        write_whole(record, json.dumps(settings).encode("utf-8"))
        self.done: set[str] = set()
        self._rows: list[pa.Table] = []
        files = sorted(folder.glob("part-*.parquet"))
        for file in files:
            self.done.update(pq.read_table(file, columns=["name"])["name"].to_pylist())
        self._next = int(files[-1].stem.removeprefix("part-")) + 1 if files else 0

    def add(self, table: pa.Table) -> int:
        """Takes pages, but those that it has. Returns how many."""
        is_new = [name not in self.done for name in table["name"].to_pylist()]
        table = table.filter(pa.array(is_new)).select(COLUMNS.names).cast(COLUMNS)
        self.done.update(table["name"].to_pylist())
        self._rows.append(table)
        return len(table)

    def write(self) -> None:
        """Writes what was added since then as one more file."""
        table = pa.concat_tables(self._rows) if self._rows else COLUMNS.empty_table()
        if len(table):
            data = io.BytesIO()
            pq.write_table(table, data, compression="zstd")
            write_whole(self.folder / f"part-{self._next:06}.parquet", data.getvalue())
            self._next += 1
        self._rows = []

    @property
    def waiting(self) -> int:
        """How many pages are not written yet."""
        return sum(len(table) for table in self._rows)


def read_all(sources: Sequence[Source], options: dict[str, Any], workers: int, batch: int) -> Iterator[pa.Table]:
    """The pages as they are read, in any order."""
    ray.data.DataContext.get_current().enable_progress_bars = False
    rows = [{"name": s.name, "path": str(s.path), "frame": s.frame} for s in sources]
    data = ray.data.from_items(rows, override_num_blocks=max(-(-len(rows) // batch), 1))
    read = data.map_batches(
        PageWorker,
        fn_constructor_kwargs={"options": options},
        batch_size=batch,
        num_cpus=1,
        # A worker that dies, or its machine, is replaced, and its batch read by another one.
        compute=ray.data.ActorPoolStrategy(size=workers),
    )
    yield from read.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", nargs="+", help="as those of chuviet read, on a file system that all machines see")
    parser.add_argument("--out", required=True, type=Path, help="folder for part-NNNNNN.parquet")
    parser.add_argument("--address", help="of a running cluster, such as auto (default: this machine alone)")
    parser.add_argument("--workers", type=int, help="processes that read (default: one a core of the cluster)")
    parser.add_argument("--batch", type=int, default=8, help="pages that a worker gets at once (%(default)s)")
    parser.add_argument("--part", type=int, default=1000, help="pages a Parquet file (%(default)s)")
    parser.add_argument("--ocr", choices=("auto", "always", "never"), default="auto", help="as of chuviet read")
    args = parser.parse_args(arguments)
    try:
        run(args)
    except InputError as e:
        raise SystemExit(f"ray_read: {e}") from None


def run(args: argparse.Namespace) -> None:
    """Reads what the folder does not hold yet. Raises InputError for bad inputs, or a folder of other settings."""
    found = find_sources([str(Path(name).resolve()) if Path(name).exists() else name for name in args.input])
    options = {"ocr": args.ocr}
    parts = Parts(args.out, {"version": __version__, **options})
    todo = [source for source in found.sources if source.name not in parts.done]
    if any(source.path is None for source in todo):
        raise InputError("standard input can't be read by several processes; name files")
    cut = sum(pages for _, pages in found.cut)
    left_out = f"{counted(len(found.left_out), 'file')} (no images), {counted(cut, 'page')} (over the limit)"
    done = len(found.sources) - len(todo)
    print(f"{counted(len(found.sources), 'page')}, {done} of them done; not read: {left_out}")
    if not todo:
        return
    if not ray.is_initialized():
        ray.init(address=args.address, log_to_driver=False, include_dashboard=False)
    workers = args.workers or int(ray.cluster_resources().get("CPU", 1))
    with tqdm(total=len(todo), unit="page") as bar:
        for table in read_all(todo, options, workers, args.batch):
            bar.update(parts.add(table))
            if parts.waiting >= args.part:
                parts.write()
    parts.write()
    if missing := [source.name for source in todo if source.name not in parts.done]:
        raise InputError(f"{len(missing)} pages did not come back, {missing[0]} first; the same command goes on")


if __name__ == "__main__":
    main()
