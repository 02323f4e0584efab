"""LineCTC with four mixing layers, taught by the deeper one that it is a part of.

    python -m chuviet.commands.deepening DEEP outputs/short.safetensors --without stage2.3,mixing.3,mixing.4

DEEP: a reader of depths (2, 4, 6), such as `weights/vi_text.onnx` of chuviet 0.2.0, which has seen all folds and
teaches a run with `fold=all` alone; it is the teacher too (`model.teacher=DEEP`).
"""

from chuviet.recipes import ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 4),
    trim=True,
    teacher="outputs/deep.safetensors",
    teach=2.0,
    fold=0,
    mix=(
        "real:2400",
        "joined:3800",
        "address:600",
        "text:4000",
        "pagelines:800",
        "text_printed:200",
        "receipts:100",
        "receipts_more:100",
    ),
    bad_labels="leave_out",
    batch=24,
    epochs=12,
    lr=6.0e-4,
    warmup=0.03,
    ema=0.998,
    keep="ema",
    validate_every=0,
    init="outputs/short.safetensors",
    more={"model.student.activation": "silu"},
)
