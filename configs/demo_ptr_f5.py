"""Demo, first step: the weights that have seen drawn lines (`vi_line_ptr`) go on with the demo's drawn words: two and a
half minutes of two CPU cores, however fast they are.
"""

from chuviet.config import parent, replace
from chuviet.data.line_augment import LineAugment

cfg = replace(
    parent(__file__, "line_192_ptr_f5"),
    **{
        "data.csv": "demo/train_ext3.csv",
        "data.sources": ("address_words", "poems_words"),
        "data.draw": (),
        "data.augment": LineAugment.Config(p=0.6),
        "data.batch": 32,
        "optim.lr": 4e-4,
        "optim.warmup": 0.02,
        "train.epochs": 4,
        "train.minutes": 2.5,
        "train.ema": 0.99,
        "train.keep": "ema",
        "init": "weights/vi_line_ptr.safetensors",
    },
)
