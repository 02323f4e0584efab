"""Text detection on a CPU, first half: the light FOTS (3 M parameters) on drawn pages. No validation."""

from chuviet.recipes import fots_pages

cfg = fots_pages(
    backbone="resnet18",
    pretrained=False,  # of this width nobody published weights
    options=(("channels", (32, 64, 128, 192)),),
    centre=(128, 256),
    decoder=(128, 64, 32, 16),
    out=32,
    crop=448,
    scale=(0.5, 2.0),
    stretch=0.35,
    score=0.95,  # the best on training pages
    mix=("synthetic_data/pages_scene/label.txt", "synthetic_data/pages_receipt/label.txt"),
    valid=(),
    batch=8,
    epochs=2,
    lr=1e-3,
    warmup=0.03,
    ema=0.998,
    keep="ema",
    validate_every=0,
)
