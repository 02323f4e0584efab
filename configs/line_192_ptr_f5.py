"""CPU-sized, third step: synthetic pretraining of LineCTC (1.7 M parameters) on whole drawn lines.

Uses drawn lines alone (no distorted copies of real ones), so that every fold of `line_192_f*` may start from it.
"""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "line_192_words_f5"),
    **{
        "data.sources": ("address", "poems"),
        "data.draw": (("address", 16_000), ("poems", 2_000)),
        "data.batch": 24,
        "optim.final": 0.0,
        "train.epochs": 2,
        "train.ema": 0.998,
        "init": "line_192_words_f5",
    },
)
