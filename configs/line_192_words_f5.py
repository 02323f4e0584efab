"""CPU-sized, second step: 20,000 of the same pieces by CTC alone."""

from chuviet.config import parent, replace
from chuviet.losses.ctc import CTCLoss

cfg = replace(
    parent(__file__, "line_192_flat_f5"),
    loss=CTCLoss.Config(),
    **{
        "data.draw": (("address_words", 13_000), ("poems_words", 7_000)),
        "optim.final": 0.3,
        "train.ema": 0.99,
        "train.keep": "ema",
        "init": "line_192_flat_f5",
    },
)
