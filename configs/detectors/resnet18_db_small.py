"""Text detection on a CPU, the shipped `text_det_db`: DBNet on the thin ResNet-18 of `fots_light_small`.

It starts from that one's trained backbone.
"""

from chuviet.recipes import db_pages

cfg = db_pages(
    backbone="resnet18",
    pretrained=False,
    options=(("channels", (32, 64, 128, 192)),),
    neck=64,
    crop=448,
    longest=1600,  # the best of 1,280 and 1,600 on training pages
    scale=(0.6, 2.4),
    stretch=0.35,
    shrink=0.6,
    unclip=0.0,
    threshold=0.5,
    box_threshold=0.7,
    probability="bce",
    each_image=True,
    mix=(
        "icdar2015/text_localization/train_icdar2015_label.txt",
        "sroie/train_label.txt:2x",
        "synthetic_data/pages_scene/label.txt:1/12",
        "synthetic_data/pages_receipt/label.txt:1/24",
    ),
    valid=("icdar2015/text_localization/val_icdar2015_label.txt", "sroie/val_label.txt"),
    batch=8,
    epochs=28,
    lr=1e-3,
    ema=0.998,
    keep="ema",
    validate_every=0,
    init="weights/text_det.onnx",
    init_parts=("backbone",),
    frozen=("net.conv1", "net.bn1", "net.layer1"),  # they see edges already; three tenths of a step's time
)
