"""Lines and words of pages and photos, the shipped `page_det`: EfficientNet-Lite0, FPN, two maps.

3.6 M parameters; the backbone starts from ImageNet.

Each map learns from the sets that know its kind: photos have words, receipts and handwritten pages lines, drawn pages
both. Sets: docs/recipes.md.
"""

from chuviet.recipes import line_word_pages

cfg = line_word_pages(
    backbone="tf_efficientnet_lite0",
    neck=64,
    crop=512,
    longest=1280,
    scale=(0.6, 2.0),
    stretch=0.25,
    box_threshold=0.78,
    box_threshold_words=0.8,
    margin=(0.2, 0.1),
    mix=(
        "words:icdar2015/text_localization/train_icdar2015_label.txt:2x",
        "lines:sroie/train_label.txt:2x",
        "lines:training_data/sroie_more/other_shops.txt",
        "lines:training_data/pages_wills/train.txt:4x",
        "both:synthetic_data/pages_letter",
        "both:synthetic_data/pages_document",
        "both:synthetic_data/pages_form",
        "both:synthetic_data/pages_scene",
        "both:synthetic_data/pages_receipt",
        "both:synthetic_data/pages_negative",
    ),
    valid=(
        "words:icdar2015/text_localization/val_icdar2015_label.txt",
        "lines:sroie/val_label.txt",
        "lines:training_data/pages_wills/test.txt",
    ),
    batch=8,
    epochs=12,
    lr=1e-3,
    ema=0.998,
    keep="ema",
    validate_every=0,
    frozen=("conv_stem", "net.bn1", "blocks.0", "blocks.1"),
)
