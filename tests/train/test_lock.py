"""A run's folder is kept for one process; what a crashed one left is recognised."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chuviet.errors import InputError
from chuviet.train.lock import LOCK, folder_lock, is_running, process_start

HOLD = """
import sys, time
from pathlib import Path
from chuviet.train.lock import folder_lock
with folder_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    """A process that holds the folder's lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "locked\n"
    return process


def test_a_second_process_is_refused_and_a_killed_ones_lock_is_taken_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = holder(tmp_path)
    with (
        pytest.raises(InputError, match=rf"process {first.pid} trains here since .*; wait for it"),
        folder_lock(tmp_path),
    ):
        pass
    assert (tmp_path / LOCK).exists()
    first.kill()  # not waited for: a zombie does not train
    while process_start(first.pid):
        time.sleep(0.01)
    with folder_lock(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()
    assert "takes over the folder" in capsys.readouterr().err and list(tmp_path.iterdir()) == []
    first.wait()


def test_the_lock_goes_after_ctrl_c(tmp_path: Path) -> None:
    first = holder(tmp_path)
    first.send_signal(signal.SIGINT)
    first.wait(timeout=60)
    assert list(tmp_path.iterdir()) == []


def write(folder: Path, **changes: object) -> Path:
    me = {"pid": os.getpid(), "host": socket.gethostname(), "started": process_start(os.getpid()), "since": "noon"}
    (folder / LOCK).write_text(json.dumps(me | changes))
    return folder / LOCK


def test_a_number_that_was_given_to_another_process_is_not_the_run(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(InputError, match="since noon"), folder_lock(tmp_path):
        pass
    write(tmp_path, started="another boot 17")
    with folder_lock(tmp_path):
        pass
    assert is_running(os.getpid(), process_start(os.getpid())) and not is_running(os.getpid(), "another boot 17")


def test_a_lock_of_another_host_says_which_file_to_delete(tmp_path: Path) -> None:
    path = write(tmp_path, host="elsewhere")
    with pytest.raises(InputError, match=rf"on elsewhere .* delete {path}"), folder_lock(tmp_path):
        pass
    assert path.exists()


@pytest.mark.parametrize("content", ["", "[1]", '{"pid": 3'])
def test_a_lock_that_was_cut_counts_while_it_may_be_in_the_writing(content: str, tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text(content)
    with pytest.raises(InputError, match="just beginning"), folder_lock(tmp_path):
        pass
    os.utime(tmp_path / LOCK, (time.time() - 60,) * 2)
    with folder_lock(tmp_path):
        pass


def test_of_two_that_take_over_one_is_refused(tmp_path: Path) -> None:
    write(tmp_path, started="another boot 17")
    takeover = tmp_path / f"{LOCK}.takeover"
    takeover.write_text("{}")
    with pytest.raises(InputError, match="just beginning"), folder_lock(tmp_path):
        pass
    os.utime(takeover, (time.time() - 60,) * 2)  # itself left by a crash
    with folder_lock(tmp_path):
        assert not takeover.exists()


def test_folders_made_for_nothing_go_again(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), folder_lock(tmp_path / "a/b"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with folder_lock(tmp_path / "a/b"):
        (tmp_path / "a/b/kept").touch()
    assert [p.name for p in (tmp_path / "a/b").iterdir()] == ["kept"]
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written"), folder_lock(tmp_path / "file/b"):
        pass
