"""Scene text on a CPU: `rec_gtc` with ResNet-10 at 32 px from `rec_small_ptr_f5`: one of an equal budget."""

from chuviet.config import parent, replace

_full = parent(__file__, "rec_gtc")

cfg = replace(
    parent(__file__, "rec_ctc_small"),
    model=replace(_full.model, **{"student.backbone": "resnet10t", "student.pretrained": False}),
    loss=_full.loss,
)
