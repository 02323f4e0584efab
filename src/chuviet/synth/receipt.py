"""The lines of a shop's receipt: head, items with prices, sums, thanks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_HEADS = ("TAX INVOICE", "RECEIPT", "CASH BILL", "INVOICE", "HOA DON", "SIMPLIFIED TAX INVOICE")
_LABELS = ("Date", "Time", "Cashier", "Bill No", "Table", "Tel", "GST No", "Member", "Counter", "Invoice No", "Ref")
_SUMS = ("Sub Total", "TOTAL", "Rounding", "Cash", "Change", "GST 6%", "Total Sales", "Discount", "Amount Due", "Qty")
_THANKS = ("THANK YOU", "PLEASE COME AGAIN", "Goods sold are not returnable", "Have a nice day", "www.shop.com")


def receipt_lines(width: int, size: int, rng: np.random.Generator) -> Iterator[tuple[str, float, float]]:
    """Phrase, where it stands across the page (0 left, 0.5 centred, 0.97 its right end) and its scale. A phrase at the
    right, or with a negative scale, ends its line; a scale's size counts.
    """
    room = max(int(width / (0.58 * size)), 12)  # letters a line
    left = rng.uniform(0.03, 0.1)
    for _ in range(int(rng.integers(2, 6))):
        yield _words(rng, room - 4).upper(), 0.5, float(rng.choice((-1.0, -1.0, -1.4)))
    if rng.random() < 0.5:
        yield "-" * (room - 3), 0.5, -1.0
    yield str(rng.choice(_HEADS)), 0.5, float(rng.choice((-1.0, -1.3)))
    for _ in range(int(rng.integers(2, 6))):
        yield f"{rng.choice(_LABELS)}: {_number(rng)}", left, 1.0
        yield (f"{rng.choice(_LABELS)}: {_number(rng)}", 0.97, 1.0) if rng.random() < 0.3 else ("", 0.97, 1.0)
    yield "-" * (room - 3), 0.5, -1.0
    for _ in range(int(rng.integers(2, 14))):
        yield _words(rng, room - (26 if (counted := rng.random() < 0.5) else 12)), left, 1.0
        if counted:
            yield f"{rng.integers(1, 9)} x {_price(rng)}", 0.6, 1.0
        yield _price(rng), 0.97, 1.0
    yield "-" * (room - 3), 0.5, -1.0
    for _ in range(int(rng.integers(2, 7))):
        yield str(rng.choice(_SUMS)), float(rng.choice((left, 0.45))), 1.0
        yield f"{rng.choice(('', 'RM', '$'))}{_price(rng)}", 0.97, 1.0
    for _ in range(int(rng.integers(1, 4))):
        yield str(rng.choice(_THANKS)), 0.5, -1.0


def _words(rng: np.random.Generator, longest: int) -> str:
    words: list[str] = []
    while len(" ".join(words)) < rng.uniform(0.3, 1) * longest:
        vowels, rest = "aeiou", "bcdfghklmnprstvw"
        letters = [rng.choice(list((rest, vowels)[k % 2])) for k in range(int(rng.integers(2, 8)))]
        words.append("".join(letters).upper() if rng.random() < 0.6 else "".join(letters).capitalize())
        if rng.random() < 0.15:
            words.append(str(rng.integers(1, 1000)))
    return " ".join(words)[: max(longest, 4)].strip()


def _number(rng: np.random.Generator) -> str:
    pattern = str(rng.choice(("##/##/20##", "##:##:##", "######", "##-########", "A#####", "000###", "##.##.####")))
    return "".join(str(rng.integers(10)) if c == "#" else c for c in pattern)


def _price(rng: np.random.Generator) -> str:
    return f"{rng.integers(0, 10 ** int(rng.integers(1, 4)))}.{rng.integers(0, 100):02d}"
