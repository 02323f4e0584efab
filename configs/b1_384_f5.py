"""EfficientNetV2-B1, hidden width 384: fine-tuning on all real lines, at 160 x 1664.

Ends with the mean of the weights of epochs 100, 105 ... 200.
"""

from chuviet.recipes import seq2seq_lines

cfg = seq2seq_lines(
    backbone="tf_efficientnetv2_b1.in1k",
    hidden=384,
    height=160,
    width=1664,
    fold="all",
    mix=("real",),
    batch=32,
    epochs=200,
    lr=2e-4,
    init="b1_384_ptr_f5",
    average=range(100, 201, 5),
    keep="average",
    validate_every=20,
)
