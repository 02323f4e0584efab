"""MicroOCR, the easy task: 4-8 printed letters and digits, 9,548 parameters."""

from chuviet.recipes import StringAugment, micro_strings

cfg = micro_strings(
    hidden=16,
    height=32,
    width=128,
    fold=0,
    csv="synthetic_data/printed/manifest.csv",
    batch=32,
    epochs=35,
    lr=2e-2,
    precision="fp32",
    augment=StringAugment.Config(),
    threads=1,  # a second one only waits
    more={"data.preprocess.width": None, "data.preprocess.max_width": 128},  # padded to the widest of a batch
)
