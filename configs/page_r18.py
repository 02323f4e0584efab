"""Text detection on a CPU: as `page_lite0`, on the thin ResNet-18 of `fots_light_small`, from its trained backbone."""

from chuviet.config import parent, replace
from chuviet.models.dbnet import DBNet
from chuviet.models.fpn import FPN

_fots = parent(__file__, "fots_light_small").model

cfg = replace(
    parent(__file__, "page_lite0"),
    **{
        "model": DBNet.Config(
            backbone=_fots.backbone,
            pretrained=False,
            options=_fots.options,
            neck=FPN.Config(width=64),
            words=True,
            threshold=False,
        ),
        "init": "weights/text_det.onnx",
        "init_parts": ("backbone",),
        "train.frozen": ("net.conv1", "net.bn1", "net.layer1"),
    },
)
