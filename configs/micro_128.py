"""MicroOCR, complex backgrounds: 104,636 parameters."""

from chuviet.config import parent, replace

cfg = replace(parent(__file__, "micro_64"), **{"model.width": 128, "data.csv": "synthetic_data/scene/manifest.csv"})
