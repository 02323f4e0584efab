"""Text detection on a CPU, second half: `repvit_db_ptr_small` on real photos and receipts, some drawn pages."""

from chuviet.recipes import db_pages

cfg = db_pages(
    backbone="repvit_m0_9",
    pretrained=False,
    options=(("embed_dim", (32, 64, 128, 256)), ("depth", (1, 1, 6, 1))),
    neck=64,
    crop=448,
    longest=1280,  # as crops are enlarged: the gap between two words is a cell or two at 960 px
    scale=(0.6, 2.4),
    stretch=0.35,
    shrink=0.6,
    unclip=0.0,
    threshold=0.5,  # and `box_threshold`: of 0.3 to 0.7 and 0.5 to 0.85 the best on training pages
    box_threshold=0.7,
    probability="bce",  # Dice is as sure of false alarms as of text: no threshold parts them
    each_image=True,
    mix=(
        "icdar2015/text_localization/train_icdar2015_label.txt",
        "sroie/train_label.txt:2x",
        "synthetic_data/pages_scene/label.txt:1/12",
        "synthetic_data/pages_receipt/label.txt:1/24",
    ),
    valid=("icdar2015/text_localization/val_icdar2015_label.txt", "sroie/val_label.txt"),
    batch=8,
    epochs=40,
    lr=1e-3,
    ema=0.998,
    keep="ema",
    validate_every=0,
    init="repvit_db_ptr_small",
)
