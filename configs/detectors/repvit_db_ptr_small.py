"""Text detection on a CPU, first half: a thin RepViT with DB's head (1.3 M parameters) on drawn pages.

No validation. A training step takes half the time of `repvit_db`'s: in an hour of one core that is worth more than
width.
"""

from chuviet.recipes import db_pages

cfg = db_pages(
    backbone="repvit_m0_9",
    pretrained=False,
    options=(("embed_dim", (32, 64, 128, 256)), ("depth", (1, 1, 6, 1))),
    neck=64,
    crop=448,
    scale=(0.6, 2.4),
    stretch=0.35,
    shrink=0.6,  # a receipt's line of 12 px shrinks to 4 px, not 2
    unclip=0.0,  # what undoes the shrinking exactly
    mix=("synthetic_data/pages_scene/label.txt", "synthetic_data/pages_receipt/label.txt"),
    valid=(),
    batch=8,
    epochs=2,
    lr=1e-3,
    ema=0.998,
    keep="ema",
    validate_every=0,
)
