"""`python -m chuviet.ray_read`: a worker that dies loses no page and doubles none. Needs the extra `ray`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from chuviet import read
from chuviet.errors import InputError

pytest.importorskip("ray", reason="needs the extra `ray`: pip install 'chuviet[ray]'")
pq: Any = pytest.importorskip("pyarrow.parquet")
pa: Any = pytest.importorskip("pyarrow")

MARK = "CHUVIET_RAY_TEST"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Twelve small pages with a number each, one of them cut short."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for i in range(12):
        page = np.full((90, 240, 3), 255, np.uint8)
        cv2.putText(page, f"{i:02} {i + 20}", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (0, 0, 0), 2)
        cv2.imwrite(str(folder / f"{i:02}.png"), page)
    (folder / "03.png").write_bytes((folder / "03.png").read_bytes()[:200])
    return folder


def rows(out: Path) -> list[dict[str, Any]]:
    return [row for file in sorted(out.glob("part-*.parquet")) for row in pq.read_table(file).to_pylist()]


def worker_of(mark: str) -> int | None:
    """A process of Ray that reads pages, of those that this test began."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if (
                entry.name.isdecimal()
                and b"PageWorker" in (entry / "cmdline").read_bytes()
                and (f"{MARK}={mark}".encode() in (entry / "environ").read_bytes().split(b"\0"))
            ):
                return int(entry.name)
    return None


def wait_for(what: Any, seconds: float = 300) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it took too long")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for the worker in /proc")
def test_a_killed_worker_loses_no_page_and_doubles_none(pages: Path, tmp_path: Path) -> None:
    out, command = tmp_path / "out", [sys.executable, "-m", "chuviet.ray_read", str(pages), "--workers", "1"]
    environment = os.environ | {MARK: str(tmp_path), "OMP_NUM_THREADS": "1"}
    options = ["--out", str(out), "--batch", "2", "--part", "1"]
    with subprocess.Popen([*command, *options], env=environment) as running:
        wait_for(lambda: len(list(out.glob("part-*"))) >= 2)
        before = wait_for(lambda: worker_of(str(tmp_path)))
        os.kill(before, signal.SIGKILL)
        assert running.wait(300) == 0
    found = {row["name"]: row for row in rows(out)}
    assert len(rows(out)) == 12 and sorted(found) == [f"{i:02}.png" for i in range(12)]
    assert [name for name, row in found.items() if row["error"]] == ["03.png"] and found["03.png"]["text"] is None
    for name in ("00.png", "11.png"):
        page = read(pages / name)
        assert found[name]["text"] == page.text and len(json.loads(found[name]["page"])["lines"]) == len(page.lines)
    # Begun again, it reads what is missing: here the pages of a part that is gone.
    first = min(out.glob("part-*"))
    lost = set(pq.read_table(first)["name"].to_pylist())
    first.unlink()
    shutil.copy(pages / "00.png", pages / "12.png")
    subprocess.run([*command, *options], env=environment, check=True)
    again = [row["name"] for row in rows(out)]
    assert sorted(again) == [f"{i:02}.png" for i in range(13)] and lost <= set(again[-len(lost) - 1 :])


def test_parts_take_each_page_once(tmp_path: Path) -> None:
    from chuviet.ray_read import COLUMNS, Parts

    def table(*names: str) -> Any:
        return pa.Table.from_pylist(
            [{"name": n, "text": "", "page": "{}", "error": None, "seconds": 1.0} for n in names]
        )

    parts = Parts(tmp_path, {"ocr": "auto"})
    assert parts.add(table("a", "b")) == 2 and parts.add(table("b", "c")) == 1 and parts.waiting == 3
    parts.write()
    parts.write()
    again = Parts(tmp_path, {"ocr": "auto"})
    assert again.done == {"a", "b", "c"} and again.add(table("c", "d")) == 1
    again.write()
    assert [row["name"] for row in rows(tmp_path)] == ["a", "b", "c", "d"]
    assert [p.name for p in sorted(tmp_path.glob("part-*"))] == ["part-000000.parquet", "part-000001.parquet"]
    assert pq.read_schema(tmp_path / "part-000001.parquet") == COLUMNS
    with pytest.raises(InputError, match="other settings"):
        Parts(tmp_path, {"ocr": "never"})
