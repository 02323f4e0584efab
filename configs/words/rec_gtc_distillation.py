"""Scene words by mutual learning: two recognisers of `rec_gtc` teach each other; the better one is shipped."""

from chuviet.recipes import Concat, SARConfig, scene_words

cfg = scene_words(
    backbone="resnet34.a1_in1k",
    guide=SARConfig(),
    mutual=True,
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
