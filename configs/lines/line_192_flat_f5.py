"""LineCTC, first step of four: 16,000 drawn pieces of one to four words, with a flat start.

CTC first learns where characters are. On whole lines that takes thousands of samples before the loss leaves its
plateau; on words it takes a fraction, and each is a fraction of the cost, and a flat start halves that again: five
minutes of one CPU core.
"""

from chuviet.recipes import ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 3),
    flat=0.5,
    fold="all",
    mix=("address_words:11000", "poems_words:5000"),
    batch=32,
    epochs=1,
    lr=2e-3,
    warmup=0.1,
    final=0.5,
)
