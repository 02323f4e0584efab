"""LineCTC for hand and print, the run of `vi_text`: general lines, receipts, more print; without fold 0.

With `fold=all init=weights/vi_text.onnx` it goes on from the shipped reader.
"""

from chuviet.recipes import ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 4),
    trim=True,
    fold=0,
    mix=(
        "real",
        "joined:1500",
        "address:400",
        "text:2600",
        "text_printed:1400",
        "pagelines:700",
        "receipts:400",
        "receipts_more:800",
    ),
    bad_labels="leave_out",
    batch=24,
    epochs=12,
    lr=1.0e-3,
    warmup=0.03,
    ema=0.998,
    keep="ema",
    validate_every=3,
    init="weights/vi_text_f0.safetensors",
    more={"model.activation": "silu"},
)
