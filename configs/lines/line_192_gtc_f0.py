"""LineCTC guided by an NRTR decoder, which trains the convolutions too and is not shipped: as `line_192_f0`."""

from chuviet.recipes import NRTRConfig, ctc_lines

cfg = ctc_lines(
    height=40,
    widths=(64, 128, 192),
    depths=(2, 3, 3),
    guide=NRTRConfig(),
    guide_weight=0.5,
    trim=True,
    fold=0,
    mix=("real", "joined:1471", "address:250", "poems:50"),
    batch=24,
    epochs=12,
    lr=1.2e-3,
    warmup=0.1,
    ema=0.998,
    keep="ema",
    validate_every=6,
    init="line_192_ptr_f5",
)
