"""CPU-sized: fine-tuning of `line_192_ptr_f5` on the real lines of folds 1-4 with a share of drawn ones; validated
on fold 0.
"""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "line_192_ptr_f5"),
    **{
        "data.sources": ("real", "address", "poems"),
        "data.draw": (("address", 250), ("poems", 50)),
        "optim.lr": 1.2e-3,
        "train.epochs": 20,
        "train.validate_every": 10,
        "fold": 0,
        "init": "line_192_ptr_f5",
    },
)
