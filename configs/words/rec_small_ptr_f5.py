"""Scene words on a CPU: the start of a ResNet-10 by plain CTC on drawn words.

The originals start from ImageNet instead. All rows are drawn ones, and nothing is validated on.
"""

from chuviet.recipes import scene_words

cfg = scene_words(
    backbone="resnet10t",
    pretrained=False,
    height=32,
    width=None,
    fold="all",
    csv="train.txt",
    mix=(
        "synthetic_data/scene_dictionary/manifest.csv:60%",
        "synthetic_data/scene_words/manifest.csv:25%",
        "synthetic_data/scene_random/manifest.csv:15%",
    ),
    bad_labels="leave_out",
    batch=64,
    workers=1,
    epochs=3,
    lr=2e-3,
    validate_every=0,
)
