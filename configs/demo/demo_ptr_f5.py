"""The demo's first step: `vi_line_ptr` goes on with drawn words, for two and a half minutes.

`vi_line_ptr` are weights that have seen drawn lines. The minutes are those of two CPU cores, however fast they are.
"""

from chuviet.recipes import LineAugment, ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    fold="all",
    csv="demo/train_ext3.csv",
    mix=("address_words", "poems_words"),
    augment=LineAugment.Config(p=0.6),
    batch=32,
    epochs=4,
    minutes=2.5,
    lr=4e-4,
    warmup=0.02,
    ema=0.99,
    keep="ema",
    init="weights/vi_line_ptr.safetensors",
)
