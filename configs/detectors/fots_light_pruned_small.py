"""Text detection on a CPU: the light FOTS after `chuviet prune`, fine-tuned.

Its widths are those of the file that it starts from.
"""

from chuviet.recipes import fots_pages

cfg = fots_pages(
    backbone="resnet18",
    pretrained=False,
    options=(("channels", (32, 64, 128, 192)),),
    centre=(128, 256),
    decoder=(128, 64, 32, 16),
    out=32,
    crop=448,
    longest=1280,  # and `score`: the best on training pages
    scale=(0.5, 2.0),
    stretch=0.35,
    score=0.98,
    mix=(
        "icdar2015/text_localization/train_icdar2015_label.txt",
        "sroie/train_label.txt",
        "synthetic_data/pages_scene/label.txt:1/12",
        "synthetic_data/pages_receipt/label.txt:1/24",
    ),
    valid=("icdar2015/text_localization/val_icdar2015_label.txt", "sroie/val_label.txt"),
    batch=8,
    epochs=60,
    lr=1e-3,
    warmup=0.03,
    ema=0.998,
    keep="ema",
    validate_every=0,
    init="outputs/fots_light_pruned.safetensors",
)
