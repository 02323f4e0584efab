"""CPU-sized: LineCTC for Vietnamese lines of any content, from the weights of `line_192_ptr_f5`; validated on fold 0.

An epoch sees the real lines of folds 1-4, lines joined from their words, drawn addresses, drawn general text by hand
and in print, and real lines cut from pages by other hands (French).
"""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "line_192_f0"),
    **{
        "data.sources": ("real", "joined", "address", "text", "text_printed", "pagelines"),
        "data.draw": (("joined", 1000), ("address", 500), ("text", 3000), ("text_printed", 700), ("pagelines", 600)),
        "data.unfit": "leave_out",
        "train.epochs": 1,
        "train.validate_every": 1,
        "init": "weights/vi_line_ptr.safetensors",
    },
)
