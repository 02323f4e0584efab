"""CPU-sized, last step: fine-tuning of `line_192_ptr_f5` on the real lines of folds 1-4, as many lines joined from
their words, and a share of drawn ones; validated on fold 0.
"""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "line_192_ptr_f5"),
    **{
        "data.preprocess.trim": True,
        "data.sources": ("real", "joined", "address", "poems"),
        "data.draw": (("joined", 1471), ("address", 250), ("poems", 50)),
        "optim.lr": 1.2e-3,
        "train.epochs": 12,
        "train.validate_every": 6,
        "fold": 0,
        "init": "line_192_ptr_f5",
    },
)
