"""LineCTC for Vietnamese lines of any content, from the weights of `line_192_ptr_f5`; validated on fold 0.

An epoch sees the real lines of folds 1-4, lines joined from their words, drawn addresses, drawn general text by hand
and in print, and real lines cut from pages by other hands (French): 7,971 lines.
"""

from chuviet.recipes import ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 3),
    trim=True,
    fold=0,
    mix=("real", "joined:1500", "address:400", "text:3200", "text_printed:700", "pagelines:700"),
    bad_labels="leave_out",
    batch=24,
    epochs=12,
    lr=1.0e-3,
    warmup=0.03,
    ema=0.998,
    keep="ema",
    validate_every=3,
    init="weights/vi_line_ptr.safetensors",
)
