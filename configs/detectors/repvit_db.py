"""Text detection after OpenOCR: RepViT, RSE-FPN, DB head; 3 M parameters. ICDAR2015 in OpenOCR's folders."""

from chuviet.recipes import db_pages

cfg = db_pages(
    backbone="repvit_m0_9",
    pretrained=False,  # of this width nobody published weights
    options=(("embed_dim", (40, 80, 160, 320)), ("depth", (2, 2, 10, 2))),
    neck=96,
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
