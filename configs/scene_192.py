"""Scene words on a CPU, the shipped default: LineCTC in colour on real and drawn words, from the weights of the
handwriting recogniser (but for its first convolution and its classes). The real words are those of no validation photo
(docs/recipes.md has the command: `chuviet check --pages`).
"""

from chuviet.config import parent, replace
from chuviet.models.ctc import LineCTC

cfg = replace(
    parent(__file__, "rec_ctc_small"),
    **{
        "model": LineCTC.Config(channels=3),
        "data.mix": (
            ("training_data/scene_words.txt", 0.5),
            ("synthetic_data/scene_dictionary/manifest.csv", 0.3),
            ("synthetic_data/scene_words/manifest.csv", 0.15),
            ("synthetic_data/scene_random/manifest.csv", 0.05),
        ),
        "data.preprocess.height": 40,
        "train.epochs": 5,
        "train.ema": 0.998,
        "train.keep": "ema",
        "optim.lr": 1.5e-3,
        "optim.weight_decay": 0.02,
        "init": "weights/vi_text.onnx",
        "init_parts": ("stem2", "stage1", "reduce", "stage2", "flatten", "norm_in", "mixing", "norm_out"),
    },
)
