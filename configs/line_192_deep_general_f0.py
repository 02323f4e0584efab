"""CPU-sized: LineCTC with six mixing layers (2.9 M parameters) for Vietnamese lines of any content; validated on fold 0.

It starts from the weights of `line_192_ptr_f5`, made deeper so that they still read the same:

    python -m chuviet.commands.deepening weights/vi_line_ptr.safetensors outputs/ptr_236.safetensors --depths 2,3,6

An epoch sees the real lines of folds 1-4, lines joined from their words, drawn addresses, drawn general text by hand
and in print, and real lines cut from pages by other hands (French).
"""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "line_192_f0"),
    **{
        "model.depths": (2, 3, 6),
        "data.sources": ("real", "joined", "address", "text", "text_printed", "pagelines"),
        "data.draw": (("joined", 1500), ("address", 400), ("text", 3200), ("text_printed", 700), ("pagelines", 700)),
        "data.unfit": "leave_out",
        "optim.lr": 1.0e-3,
        "optim.warmup": 0.03,
        "train.epochs": 12,
        "train.validate_every": 3,
        "train.checkpoint_minutes": 5.0,
        "init": "outputs/ptr_236.safetensors",
    },
)
