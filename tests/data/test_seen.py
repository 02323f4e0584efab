from __future__ import annotations

import base64
import hashlib
import struct

import pandas as pd

from chuviet.data.seen import count_seen, fingerprints, noted_rows, rows_note

ROWS = pd.DataFrame({"img_path": ["a/1.jpg", "b\\2.jpg", "3.jpg"], "text": ["Hà Nội", "Huế", "Đà Nẵng"]})


def test_a_row_is_known_by_its_name_and_text_wherever_its_folder_lies() -> None:
    by_hand = [hashlib.blake2b(k.encode(), digest_size=4).digest() for k in ("1.jpg\tHà Nội", "2.jpg\tHuế")]
    assert fingerprints(ROWS[:2]).tolist() == [struct.unpack("<I", b)[0] for b in by_hand]
    notes = rows_note(fingerprints(ROWS[:2]))
    assert count_seen(ROWS, notes) == 2
    assert count_seen(ROWS.assign(img_path=["/other/1.jpg", "2.jpg", "3.jpg"]), notes) == 2
    assert count_seen(ROWS.assign(text="Cần Thơ"), notes) == 0
    assert count_seen(ROWS.assign(img_path="4.jpg"), notes) == 0


def test_the_rows_of_several_are_those_of_all_and_unknown_if_one_is() -> None:
    first, second = fingerprints(ROWS[:2]), fingerprints(ROWS[1:])
    both = noted_rows(rows_note(first, second))
    assert both is not None and both.tolist() == sorted(fingerprints(ROWS).tolist())
    assert rows_note(first, None) == {} and count_seen(ROWS, {}) is None
    assert count_seen(ROWS, rows_note(first[:0])) == 0


def test_a_damaged_note_says_nothing() -> None:
    for note in ("!", "AAA", base64.b64encode(b"12345").decode(), None, 7):
        assert count_seen(ROWS, {"rows": note}) is None
