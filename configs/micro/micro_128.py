"""MicroOCR, complex backgrounds: 104,636 parameters."""

from chuviet.recipes import micro_strings

cfg = micro_strings(
    hidden=128,
    height=32,
    width=128,
    fold=0,
    csv="synthetic_data/scene/manifest.csv",
    batch=32,
    epochs=35,
    lr=5e-3,
    precision="fp32",
)
