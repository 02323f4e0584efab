"""Scene text on a CPU: `rec_gtc` with ResNet-10 at 32 px from `rec_small_ptr_f5`: one of an equal budget."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "rec_gtc"),
    **{
        "model.student.backbone": "resnet10t",
        "model.student.pretrained": False,
        "data.csv": "scene_words/train.txt",
        "data.valid": "scene_words/val.txt",
        "data.preprocess.height": 32,
        "data.preprocess.width": None,
        "data.concat": None,
        "data.unfit": "leave_out",
        "data.workers": 1,
        "optim.lr": 1e-3,
        "train.epochs": 30,
        "init": "rec_small_ptr_f5",
        "init_parts": ("backbone",),
    },
)
