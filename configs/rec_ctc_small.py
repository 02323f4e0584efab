"""Scene text on a CPU: `rec_ctc` with ResNet-10 at 32 px from `rec_small_ptr_f5`, on real and drawn words: one of an
equal budget.
"""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "rec_ctc"),
    **{
        "model.backbone": "resnet10t",
        "model.pretrained": False,
        "data.mix": (
            ("scene_words/train.txt", 0.6),
            ("synthetic_data/scene_dictionary/manifest.csv", 0.2),
            ("synthetic_data/scene_words/manifest.csv", 0.15),
            ("synthetic_data/scene_random/manifest.csv", 0.05),
        ),
        "data.valid": "scene_words/val.txt",
        "data.preprocess.height": 32,
        "data.preprocess.width": None,
        "data.concat": None,
        "data.bad_labels": "leave_out",
        "data.workers": 1,
        "optim.lr": 1e-3,
        "train.epochs": 2,  # of 47,800 words: each real one 10 times
        "train.validate_every": 1,
        "init": "rec_small_ptr_f5",
        "init_parts": ("backbone",),
    },
)
