"""The long demo, second step: fine-tuning on the lines of 24 drawn "writers"; the mean of the last epochs is kept."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "demo_scratch_ptr_f5"),
    **{
        "data.sources": ("real",),
        "data.batch": 32,
        "optim.lr": 1.5e-3,
        "train.epochs": 6,
        "train.average": (4, 5, 6),
        "train.batchnorm_batches": 20,
        "train.keep": "average",
        "train.validate_every": 0,
        "fold": 0,
        "init": "demo_scratch_ptr_f5",
    },
)
