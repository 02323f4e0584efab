"""The demo's second step: fine-tuning on the lines of 24 drawn "writers", half a minute a fold.

Fold 0 is left out; `--folds 0-4` runs all five. The minutes are those of two CPU cores, however fast they are.
"""

from chuviet.recipes import LineAugment, ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    fold=0,
    csv="demo/train_ext3.csv",
    mix=("real",),
    augment=LineAugment.Config(p=0.8),
    batch=16,
    epochs=6,
    minutes=0.4,
    lr=1e-4,
    warmup=0.1,
    ema=0.95,
    keep="ema",
    validate_every=0,
    init="demo_ptr_f5",
)
