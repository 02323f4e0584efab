"""EfficientNetV2-B1, hidden width 384, minutes of a GPU: fine-tuning on real lines of folds 1-4, at 64 x 1024."""

from chuviet.recipes import seq2seq_lines

cfg = seq2seq_lines(
    backbone="tf_efficientnetv2_b1.in1k",
    hidden=384,
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
    init="b1_384_small_ptr_f0",
)
