"""Text detection: DBNet as in its paper, with ResNet-18 and a plain FPN of 256 channels."""

from chuviet.recipes import db_pages

cfg = db_pages(
    backbone="resnet18.a1_in1k",
    neck=256,
    excite=False,
    crop=640,
    mix=("icdar2015/text_localization/train_icdar2015_label.txt",),
    valid=("icdar2015/text_localization/test_icdar2015_label.txt",),
    batch=8,
    epochs=500,
    lr=1e-3,
    decoupled=False,
    warmup=0.004,
    validate_every=10,
)
