"""Scene text on a CPU: `rec_conv_ctc` with ResNet-10 at 32 px from `rec_small_ptr_f5`: one of an equal budget."""

from chuviet.config import parent, replace

cfg = replace(parent(__file__, "rec_ctc_small"), **{"model.head": "conv"})
