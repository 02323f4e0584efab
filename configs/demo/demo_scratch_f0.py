"""The long demo's second step: fine-tuning on the lines of 24 drawn "writers"; the last epochs' mean is kept."""

from chuviet.recipes import LineAugment, ctc_lines

cfg = ctc_lines(
    height=32,
    stem=24,
    widths=(48, 96, 128),
    depths=(1, 2, 2),
    heads=4,
    dropout=0.0,
    fold=0,
    csv="demo/train_ext3.csv",
    mix=("real",),
    augment=LineAugment.Config(p=0.3),
    batch=32,
    epochs=6,
    lr=1.5e-3,
    warmup=0.05,
    final=0.1,
    ema=0.99,
    average=(4, 5, 6),
    batchnorm_batches=20,
    keep="average",
    validate_every=0,
    init="demo_scratch_ptr_f5",
)
