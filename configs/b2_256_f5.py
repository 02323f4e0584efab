"""Fine-tuning of `b2_256_ptr_f5` on all real lines; ends with the mean of the weights of epochs 100, 105 ... 200."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "b2_256_ptr_f5"),
    **{
        "data.sources": ("real",),
        "optim.lr": 2e-4,
        "train.epochs": 200,
        "train.average": tuple(range(100, 201, 5)),
        "train.keep": "average",
        "train.validate_every": 20,
        "init": "b2_256_ptr_f5",
    },
)
