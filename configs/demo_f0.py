"""Demo, second step: fine-tuning on the lines of 24 drawn "writers", fold 0 left out; half a minute of two CPU cores a
fold, however fast they are.
"""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "demo_ptr_f5"),
    **{
        "data.sources": ("real",),
        "data.augment.p": 0.8,
        "data.batch": 16,
        "optim.lr": 1e-4,
        "optim.warmup": 0.1,
        "train.epochs": 6,
        "train.minutes": 0.4,
        "train.ema": 0.95,
        "train.validate_every": 0,
        "fold": 0,
        "init": "demo_ptr_f5",
    },
)
