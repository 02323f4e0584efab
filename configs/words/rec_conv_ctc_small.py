"""Scene words on a CPU, CTC behind a convolution: otherwise as `rec_ctc_small`."""

from chuviet.recipes import parent, replace

cfg = replace(parent(__file__, "rec_ctc_small"), **{"model.head": "conv"})
