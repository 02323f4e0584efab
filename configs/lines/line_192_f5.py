"""LineCTC, last step on all five folds: as `line_192_f0`; made the shipped reader of handwriting of 0.2."""

from chuviet.recipes import parent, replace

cfg = replace(parent(__file__, "line_192_f0"), fold="all")
