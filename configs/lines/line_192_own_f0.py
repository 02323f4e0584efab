"""The shipped reader `vi_text`, trained on with lines of your own: its network and its weights.

It has seen the 1,838 lines of the public set; of other lines every fold may be measured. Lines joined from the words
of yours help where there are few: `python synthetic_data/gendata_join.py`, `python prepare_ext_data.py`. Without them:
`data.csv=train_folds.csv data.mix=real`.
"""

from chuviet.recipes import ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 4),
    trim=True,
    fold=0,
    mix=("real", "joined:1500"),
    bad_labels="leave_out",
    batch=24,
    epochs=6,
    lr=6.0e-4,
    warmup=0.1,
    ema=0.99,
    keep="ema",
    validate_every=3,
    init="weights/vi_text.onnx",
    more={"model.activation": "silu"},
)
