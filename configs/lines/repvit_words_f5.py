"""RepViT-M0.9 with SVTR's neck, second step: as `line_192_words_f5`, to compare backbones."""

from chuviet.recipes import backbone_lines

cfg = backbone_lines(
    backbone="repvit_m0_9.dist_450e_in1k",
    height=40,
    fold="all",
    mix=("address_words:13000", "poems_words:7000"),
    batch=32,
    epochs=1,
    lr=2e-3,
    warmup=0.1,
    final=0.3,
    ema=0.99,
    keep="ema",
    init="repvit_flat_f5",
)
