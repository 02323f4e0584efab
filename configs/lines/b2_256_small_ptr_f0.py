"""EfficientNetV2-B2, hidden width 256: otherwise as `b1_384_small_ptr_f0`."""

from chuviet.recipes import parent, replace

cfg = replace(
    parent(__file__, "b1_384_small_ptr_f0"),
    **{"model.reader.backbone": "tf_efficientnetv2_b2.in1k", "model.reader.hidden": 256},
)
