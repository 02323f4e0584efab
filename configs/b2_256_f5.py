"""EfficientNetV2-B2, hidden width 256: fine-tuning on all real lines, at 128 x 2048.

Ends with the mean of the weights of epochs 100, 105 ... 200.
"""

from chuviet.recipes import seq2seq_lines

cfg = seq2seq_lines(
    backbone="tf_efficientnetv2_b2.in1k",
    hidden=256,
    height=128,
    width=2048,
    fold="all",
    mix=("real",),
    batch=32,
    epochs=200,
    lr=2e-4,
    init="b2_256_ptr_f5",
    average=range(100, 201, 5),
    keep="average",
    validate_every=20,
)
