"""Scene words by plain CTC: ResNet-34, the mean of each column, one linear layer.

Words of `data.csv`, a path<TAB>text list.
"""

from chuviet.recipes import Concat, scene_words

cfg = scene_words(
    backbone="resnet34.a1_in1k",
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
