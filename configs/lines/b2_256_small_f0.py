"""EfficientNetV2-B2, hidden width 256: otherwise as `b1_384_small_f0`."""

from chuviet.recipes import seq2seq_lines

cfg = seq2seq_lines(
    backbone="tf_efficientnetv2_b2.in1k",
    hidden=256,
    height=64,
    width=1024,
    pretrained=False,
    dropout=0.1,
    drop_path=0.0,
    trim=True,
    fold=0,
    mix=("real:20000", "joined:24000", "text:6000", "address:2000"),
    batch=96,
    epochs=1,
    lr=5e-4,
    warmup=0.03,
    ema=0.995,
    keep="ema",
    validate_every=0,
    init="b2_256_small_ptr_f0",
)
