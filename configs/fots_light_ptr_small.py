"""Text detection on a CPU: the light FOTS (3 M parameters) on drawn pages, in crops of 448 px. No validation."""

from chuviet.config import parent, replace
from chuviet.models.fots import FOTS
from chuviet.train.configs import Optim

cfg = replace(
    parent(__file__, "fots"),
    **{
        "model": FOTS.Config(
            backbone="resnet18",
            pretrained=False,  # of this width nobody published weights
            options=(("channels", (32, 64, 128, 192)),),
            centre=(128, 256),
            decoder=(128, 64, 32, 16),
            out=32,
        ),
        "decoder.score": 0.95,  # the best on training pages
        "data.train": (
            ("synthetic_data/pages_scene/label.txt", 1.0),
            ("synthetic_data/pages_receipt/label.txt", 1.0),
        ),
        "data.valid": (),
        "data.augment.size": 448,
        "data.augment.scale": (0.5, 2.0),
        "data.augment.stretch": 0.35,
        "data.batch": 8,
        "data.workers": 2,
        "optim": Optim(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-5, schedule="cosine", warmup=0.03),
        "train.epochs": 2,
        "train.accumulate": 1,
        "train.clip": 5.0,
        "train.ema": 0.998,
        "train.keep": "ema",
        "train.validate_every": 0,
    },
)
