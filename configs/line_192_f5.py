"""CPU-sized: as `line_192_f0`, on all five folds: the run whose weights are shipped as the default line recogniser."""

from chuviet.config import parent, replace

cfg = replace(parent(__file__, "line_192_f0"), fold=5)
