"""Scene text on a CPU: the start of a ResNet-10 by plain CTC on drawn words (the originals start from ImageNet).
Fold 5: all rows are drawn ones, and nothing is validated on.
"""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "rec_ctc"),
    **{
        "model.backbone": "resnet10t",
        "model.pretrained": False,
        "data.mix": (
            ("synthetic_data/scene_dictionary/manifest.csv", 0.6),
            ("synthetic_data/scene_words/manifest.csv", 0.25),
            ("synthetic_data/scene_random/manifest.csv", 0.15),
        ),
        "data.valid": "",
        "data.preprocess.height": 32,
        "data.preprocess.width": None,
        "data.concat": None,
        "data.bad_labels": "leave_out",
        "data.workers": 1,
        "optim.lr": 2e-3,
        "train.epochs": 3,
        "train.validate_every": 0,
        "fold": 5,
    },
)
