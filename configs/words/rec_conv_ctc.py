"""Scene words by CTC behind a 1x1 convolution and BatchNorm: otherwise as `rec_ctc`."""

from chuviet.recipes import parent, replace

cfg = replace(parent(__file__, "rec_ctc"), **{"model.head": "conv"})
