"""Text detection on a CPU: lines and words of pages and photos, EfficientNet-Lite0 of ImageNet, FPN, two maps; 3.6 M
parameters.

Each map learns from the sets that know its kind: photos have words, receipts and handwritten pages lines, drawn pages
both. Sets: docs/recipes.md.
"""

from chuviet.data.detection import PageData
from chuviet.data.page_augment import PageAugment
from chuviet.data.targets_lines import LineWordTargets
from chuviet.decode.db import DBDecoder, LineWordDecoder
from chuviet.experiment import Experiment
from chuviet.losses.line_word import LineWordLoss
from chuviet.models.dbnet import DBNet
from chuviet.models.fpn import FPN
from chuviet.preprocess.page import PagePreprocess
from chuviet.train.configs import Optim
from chuviet.train.engine import Train

cfg = Experiment(
    model=DBNet.Config(backbone="tf_efficientnet_lite0", neck=FPN.Config(width=64), words=True, threshold=False),
    loss=LineWordLoss.Config(),
    decoder=LineWordDecoder.Config(
        lines=DBDecoder.Config(threshold=0.5, box_threshold=0.78, unclip=0.0, shrink=0.6),
        words=DBDecoder.Config(threshold=0.5, box_threshold=0.8, unclip=0.0, shrink=0.4),
        margin=(0.2, 0.1),
    ),
    data=PageData.Config(
        train=(
            ("words:icdar2015/text_localization/train_icdar2015_label.txt", 0.5),
            ("lines:sroie/train_label.txt", 0.5),
            ("lines:training_data/sroie_more/other_shops.txt", 1.0),
            ("lines:training_data/pages_wills/train.txt", 0.25),
            ("both:synthetic_data/pages_letter", 1.0),
            ("both:synthetic_data/pages_document", 1.0),
            ("both:synthetic_data/pages_form", 1.0),
            ("both:synthetic_data/pages_scene", 1.0),
            ("both:synthetic_data/pages_receipt", 1.0),
            ("both:synthetic_data/pages_negative", 1.0),
        ),
        valid=(
            ("words:icdar2015/text_localization/val_icdar2015_label.txt", 1.0),
            ("lines:sroie/val_label.txt", 1.0),
            ("lines:training_data/pages_wills/test.txt", 1.0),
        ),
        preprocess=PagePreprocess.Config(longest=1280),
        augment=PageAugment.Config(
            size=512, rotate=10.0, scale=(0.6, 2.0), stretch=0.25, empty=0.05, quarter=0.1, copy_paste=0.0
        ),
        targets=LineWordTargets.Config(),
        batch=8,
    ),
    optim=Optim(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-3, schedule="cosine", warmup=0.03),
    train=Train(
        epochs=12, ema=0.998, keep="ema", validate_every=0, frozen=("conv_stem", "net.bn1", "blocks.0", "blocks.1")
    ),
)
