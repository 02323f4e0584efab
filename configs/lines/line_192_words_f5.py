"""LineCTC, second step: 20,000 of the same pieces by CTC alone."""

from chuviet.recipes import ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 3),
    fold="all",
    mix=("address_words:13000", "poems_words:7000"),
    batch=32,
    epochs=1,
    lr=2e-3,
    warmup=0.1,
    final=0.3,
    ema=0.99,
    keep="ema",
    init="line_192_flat_f5",
)
