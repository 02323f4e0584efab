"""RepViT-M0.9 with SVTR's neck (5.2 M parameters), first step: as `line_192_flat_f5`, to compare backbones."""

from chuviet.recipes import backbone_lines

cfg = backbone_lines(
    backbone="repvit_m0_9.dist_450e_in1k",
    height=40,
    flat=0.5,
    fold="all",
    mix=("address_words:11000", "poems_words:5000"),
    batch=32,
    epochs=1,
    lr=2e-3,
    warmup=0.1,
    final=0.5,
)
