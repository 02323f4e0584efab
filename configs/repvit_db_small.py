"""Text detection on a CPU, second half: real photos and receipts, some drawn pages among them."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "repvit_db_ptr_small"),
    **{
        "init": "repvit_db_ptr_small",
        "loss.each_image": True,
        "loss.probability": "bce",  # Dice is as sure of false alarms as of text: no threshold parts them
        "data.train": (
            ("icdar2015/text_localization/train_icdar2015_label.txt", 1.0),
            ("sroie/train_label.txt", 0.5),
            ("synthetic_data/pages_scene/label.txt", 12.0),
            ("synthetic_data/pages_receipt/label.txt", 24.0),
        ),
        "data.valid": (("icdar2015/text_localization/val_icdar2015_label.txt", 1.0), ("sroie/val_label.txt", 1.0)),
        "data.preprocess.longest": 1280,  # as crops are enlarged: the gap between two words is a cell or two at 960 px
        "decoder.threshold": 0.5,  # and `box_threshold`: of 0.3 to 0.7 and 0.5 to 0.85 the best on training pages
        "decoder.box_threshold": 0.7,
        "train.epochs": 40,
        "train.validate_every": 0,
    },
)
