"""MicroOCR, Chinese: strings of 376 characters."""

from chuviet.config import parent, replace
from chuviet.vocab import CHINESE

cfg = replace(
    parent(__file__, "micro_64"), **{"data.csv": "synthetic_data/chinese/manifest.csv", "data.charset": CHINESE}
)
