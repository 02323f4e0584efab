"""Scene text: as `rec_ctc`, with a 1x1 convolution and BatchNorm straight to the classes."""

from chuviet.config import parent, replace

cfg = replace(parent(__file__, "rec_ctc"), **{"model.head": "conv"})
