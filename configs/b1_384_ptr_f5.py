"""Synthetic pretraining of the EfficientNetV2-B1 recogniser (hidden width 384)."""

from chuviet.config import parent, replace

cfg = replace(parent(__file__, "b2_256_ptr_f5"), **{"model.backbone": "tf_efficientnetv2_b1.in1k", "model.hidden": 384})
