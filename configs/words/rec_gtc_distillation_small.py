"""Scene words on a CPU, mutual learning: `rec_gtc_distillation` with ResNet-10 at 32 px.

One of four under an equal budget: two epochs of 47,800 words, each real one 10 times.
"""

from chuviet.recipes import SARConfig, scene_words

cfg = scene_words(
    backbone="resnet10t",
    pretrained=False,
    guide=SARConfig(),
    mutual=True,
    height=32,
    width=None,
    fold=0,
    csv="train.txt",
    mix=(
        "scene_words/train.txt:60%",
        "synthetic_data/scene_dictionary/manifest.csv:20%",
        "synthetic_data/scene_words/manifest.csv:15%",
        "synthetic_data/scene_random/manifest.csv:5%",
    ),
    valid="scene_words/val.txt",
    bad_labels="leave_out",
    batch=64,
    workers=1,
    epochs=2,
    lr=1e-3,
    init="rec_small_ptr_f5",
    init_parts=("backbone",),
)
