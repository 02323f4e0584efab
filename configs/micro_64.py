"""MicroOCR, captchas: 44,156 parameters."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "micro_16"),
    **{"model.width": 64, "data.csv": "synthetic_data/captcha/manifest.csv", "optim.lr": 5e-3},
)
