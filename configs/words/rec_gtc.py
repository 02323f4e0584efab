"""Scene words by guided CTC: a SAR decoder trains the backbone, the CTC branch reads its features.

The branch (SVTR's neck, one linear layer) alone is shipped.
"""

from chuviet.recipes import Concat, SARConfig, scene_words

cfg = scene_words(
    backbone="resnet34.a1_in1k",
    guide=SARConfig(),
    height=48,
    width=320,
    fold=0,
    csv="train.txt",
    valid="valid.txt",
    concat=Concat(),
    batch=64,
    epochs=100,
    lr=5e-4,
    validate_every=5,
)
