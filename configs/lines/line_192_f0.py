"""LineCTC, last step: fine-tuning on the real lines of folds 1-4, joined and drawn ones; validated on fold 0.

As many lines as there are real ones are joined from their words.
"""

from chuviet.recipes import ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 3),
    trim=True,
    fold=0,
    mix=("real", "joined:1471", "address:250", "poems:50"),
    batch=24,
    epochs=12,
    lr=1.2e-3,
    warmup=0.1,
    ema=0.998,
    keep="ema",
    validate_every=6,
    init="line_192_ptr_f5",
)
