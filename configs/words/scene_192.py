"""Scene words on a CPU, the shipped `scene_word`: LineCTC in colour, from the reader of handwriting.

Its first convolution and its classes are new. The real words are those of no validation photo (docs/recipes.md has the
command: `chuviet check --pages`).
"""

from chuviet.recipes import ctc_words

cfg = ctc_words(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 3),
    fold=0,
    csv="train.txt",
    mix=(
        "training_data/scene_words.txt:50%",
        "synthetic_data/scene_dictionary/manifest.csv:30%",
        "synthetic_data/scene_words/manifest.csv:15%",
        "synthetic_data/scene_random/manifest.csv:5%",
    ),
    valid="scene_words/val.txt",
    bad_labels="leave_out",
    batch=64,
    workers=1,
    epochs=5,
    lr=1.5e-3,
    weight_decay=0.02,
    ema=0.998,
    keep="ema",
    init="weights/vi_text.onnx",
    init_parts=("stem2", "stage1", "reduce", "stage2", "flatten", "norm_in", "mixing", "norm_out"),
)
