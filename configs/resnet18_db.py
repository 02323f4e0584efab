"""Text detection: DBNet as in its paper, with ResNet-18 and a plain FPN of 256 channels."""

from chuviet.config import parent, replace
from chuviet.models.dbnet import DBNet
from chuviet.models.fpn import FPN

cfg = replace(
    parent(__file__, "repvit_db"),
    model=DBNet.Config(backbone="resnet18.a1_in1k", neck=FPN.Config(width=256, excite=False)),
)
