"""Text detection on a CPU: the light FOTS on real photos and receipts, some drawn pages among them."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "fots_light_ptr_small"),
    **{
        "init": "fots_light_ptr_small",
        "data.train": (
            ("icdar2015/text_localization/train_icdar2015_label.txt", 1.0),
            ("sroie/train_label.txt", 1.0),
            ("synthetic_data/pages_scene/label.txt", 12.0),
            ("synthetic_data/pages_receipt/label.txt", 24.0),
        ),
        "data.valid": (("icdar2015/text_localization/val_icdar2015_label.txt", 1.0), ("sroie/val_label.txt", 1.0)),
        "data.preprocess.longest": 1280,  # and `score`: the best on training pages
        "decoder.score": 0.98,
        "train.epochs": 48,
        "train.validate_every": 16,
    },
)
