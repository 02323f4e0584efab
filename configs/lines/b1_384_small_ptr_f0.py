"""EfficientNetV2-B1, hidden width 384, minutes of a GPU: from random weights, drawn lines at 64 x 1024.

CTC reads beside the decoder. docs/recipes.md has the words that it starts with.
"""

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
    joint=0.5,
    fold=0,
    mix=(
        "text:22000",
        "joined:30000",
        "address:6000",
        "text_printed:1000",
        "address_words:3000",
        "poems_words:3000",
        "real:4000",
    ),
    batch=96,
    epochs=1,
    lr=1.2e-3,
    warmup=0.03,
    final=0.2,
    ema=0.99,
    keep="ema",
    validate_every=0,
)
