"""Text detection on a CPU: DBNet on the thin ResNet-18 of `fots_light_small`, whose trained backbone it starts from."""

from chuviet.config import parent, replace
from chuviet.models.dbnet import DBNet
from chuviet.models.fpn import FPN

_fots = parent(__file__, "fots_light_small").model

cfg = replace(
    parent(__file__, "repvit_db_small"),
    **{
        "model": DBNet.Config(
            backbone=_fots.backbone, pretrained=False, options=_fots.options, neck=FPN.Config(width=64)
        ),
        "init": "weights/text_det.onnx",
        "init_parts": ("backbone",),
        "data.preprocess.longest": 1600,  # the best of 1,280 and 1,600 on training pages
        "train.epochs": 28,
        "train.frozen": ("net.conv1", "net.bn1", "net.layer1"),  # they see edges already; three tenths of a step's time
    },
)
