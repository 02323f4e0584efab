"""LineCTC, third step: pretraining on whole drawn lines.

Drawn lines alone (no distorted copies of real ones), so that every fold of `line_192_f*` may start from it.
"""

from chuviet.recipes import ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 3),
    fold="all",
    mix=("address:16000", "poems:2000"),
    batch=24,
    epochs=2,
    lr=2e-3,
    warmup=0.1,
    ema=0.998,
    keep="ema",
    init="line_192_words_f5",
)
