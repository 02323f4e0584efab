"""MicroOCR, Chinese: strings of 376 characters."""

from chuviet.recipes import CHINESE, micro_strings

cfg = micro_strings(
    hidden=64,
    height=32,
    width=128,
    fold=0,
    csv="synthetic_data/chinese/manifest.csv",
    charset=CHINESE,
    batch=32,
    epochs=35,
    lr=5e-3,
    precision="fp32",
)
