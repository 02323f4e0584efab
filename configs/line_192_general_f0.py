"""CPU-sized: LineCTC (1.7 M parameters) for Vietnamese lines of any content, from the weights of `line_192_ptr_f5`;
validated on fold 0.

An epoch sees the real lines of folds 1-4, lines joined from their words, drawn addresses, drawn general text by hand
and in print, and real lines cut from pages by other hands (French): 7,971 lines.
"""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "line_192_f0"),
    **{
        "data.sources": ("real", "joined", "address", "text", "text_printed", "pagelines"),
        "data.draw": (("joined", 1500), ("address", 400), ("text", 3200), ("text_printed", 700), ("pagelines", 700)),
        "data.bad_labels": "leave_out",
        "optim.lr": 1.0e-3,
        "optim.warmup": 0.03,
        "train.epochs": 12,
        "train.validate_every": 3,
        "train.checkpoint_minutes": 5.0,
        "init": "weights/vi_line_ptr.safetensors",
    },
)
