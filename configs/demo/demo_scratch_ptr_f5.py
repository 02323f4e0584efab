"""The long demo's first step (`make demo FROM=scratch`): a small LineCTC on drawn words, from random weights."""

from chuviet.recipes import LineAugment, ctc_lines

cfg = ctc_lines(
    height=32,
    stem=24,
    widths=(48, 96, 128),
    depths=(1, 2, 2),
    heads=4,
    dropout=0.0,
    fold="all",
    csv="demo/train_ext3.csv",
    mix=("address_words", "poems_words"),
    augment=LineAugment.Config(p=0.3),
    batch=32,
    epochs=3,
    lr=2e-3,
    warmup=0.05,
    final=0.1,
    ema=0.99,
    keep="ema",
)
