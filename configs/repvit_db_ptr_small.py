"""Text detection on a CPU, first half: a thin RepViT (1.3 M parameters with neck and heads) on drawn pages, in crops of
448 px. No validation.
"""

from chuviet.config import parent, replace
from chuviet.models.dbnet import DBNet
from chuviet.models.fpn import FPN
from chuviet.train.configs import Optim

cfg = replace(
    parent(__file__, "repvit_db"),
    **{
        # A training step takes half the time of `repvit_db`'s: in an hour of one core that is worth more than width.
        "model": DBNet.Config(
            backbone="repvit_m0_9",
            pretrained=False,
            options=(("embed_dim", (32, 64, 128, 256)), ("depth", (1, 1, 6, 1))),
            neck=FPN.Config(width=64),
        ),
        "decoder.unclip": 0.0,  # what undoes the shrinking exactly, and
        "decoder.shrink": 0.6,  # less of it: a receipt's line of 12 px shrinks to 4 px, not 2
        "data.targets.shrink": 0.6,
        "data.train": (
            ("synthetic_data/pages_scene/label.txt", 1.0),
            ("synthetic_data/pages_receipt/label.txt", 1.0),
        ),
        "data.valid": (),
        "data.augment.size": 448,
        "data.augment.scale": (0.6, 2.4),
        "data.augment.stretch": 0.35,
        "optim": Optim(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=5e-5, schedule="cosine", warmup=0.03),
        "train.epochs": 2,
        "train.ema": 0.998,
        "train.keep": "ema",
        "train.validate_every": 0,
    },
)
