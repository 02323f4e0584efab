"""Scene text, guided CTC: as `rec_gtc`, with the NRTR decoder (a transformer) as the guide."""

from chuviet.config import parent, replace
from chuviet.models.attention_heads import NRTR

cfg = replace(parent(__file__, "rec_gtc"), **{"model.guide": NRTR.Config()})
