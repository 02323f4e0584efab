"""EfficientNetV2-B2, hidden width 256: pretraining on augmented, address and verse lines."""

from chuviet.recipes import seq2seq_lines

cfg = seq2seq_lines(
    backbone="tf_efficientnetv2_b2.in1k",
    hidden=256,
    height=128,
    width=2048,
    fold="all",
    mix=("aug", "address", "poems"),
    batch=32,
    epochs=30,
    lr=1e-3,
    validate_every=5,
)
