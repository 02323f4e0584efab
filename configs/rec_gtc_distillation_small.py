"""Scene text on a CPU: `rec_gtc_distillation` with ResNet-10 at 32 px from `rec_small_ptr_f5`; an equal budget."""

from chuviet.config import parent, replace

_full = parent(__file__, "rec_gtc_distillation")

cfg = replace(
    parent(__file__, "rec_ctc_small"),
    model=replace(_full.model, **{"member.student.backbone": "resnet10t", "member.student.pretrained": False}),
    loss=_full.loss,
)
