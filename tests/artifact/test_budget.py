from __future__ import annotations

from pathlib import Path

import pytest

from chuviet.artifact.budget import check_budget, total_size
from chuviet.errors import InputError


def sized(path: Path, size: int) -> Path:
    path.write_bytes(b"0" * size)
    return path


def test_sum_at_the_limit_passes_and_one_byte_more_does_not(tmp_path: Path) -> None:
    a, b = sized(tmp_path / "a", 3_000_000), sized(tmp_path / "b", 2_000_000)
    assert check_budget([a, b], limit_mb=5) == 5_000_000
    sized(b, 2_000_001)
    with pytest.raises(InputError, match=r"/a 3\.00 \+ .*/b 2\.00 = 5\.00 MB: over the limit of 5 MB"):
        check_budget([a, b], limit_mb=5)


def test_a_megabyte_is_10_to_the_6_and_the_limit_50(tmp_path: Path) -> None:
    a = tmp_path / "a"
    with a.open("wb") as f:
        f.truncate(50_000_000)
    assert check_budget([a]) == 50_000_000
    with a.open("wb") as f:
        f.truncate(50_000_001)
    with pytest.raises(InputError, match="over the limit of 50 MB"):
        check_budget([a])


def test_a_file_counts_once_and_must_be_there(tmp_path: Path) -> None:
    a = sized(tmp_path / "a", 10)
    assert total_size([a, str(a)]) == 10
    with pytest.raises(InputError, match="no such weights file"):
        total_size([tmp_path / "b"])
