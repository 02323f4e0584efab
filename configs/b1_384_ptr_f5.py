"""EfficientNetV2-B1, hidden width 384: pretraining on augmented, address and verse lines."""

from chuviet.recipes import seq2seq_lines

cfg = seq2seq_lines(
    backbone="tf_efficientnetv2_b1.in1k",
    hidden=384,
    height=128,
    width=2048,
    fold="all",
    mix=("aug", "address", "poems"),
    batch=32,
    epochs=30,
    lr=1e-3,
    validate_every=5,
)
