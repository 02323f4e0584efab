"""Fine-tuning of `b1_384_ptr_f5` on all real lines, at 160x1664."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "b2_256_f5"),
    **{
        "model.backbone": "tf_efficientnetv2_b1.in1k",
        "model.hidden": 384,
        "data.preprocess.height": 160,
        "data.preprocess.width": 1664,
        "init": "b1_384_ptr_f5",
    },
)
