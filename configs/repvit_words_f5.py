"""As `line_192_words_f5`, from `repvit_flat_f5`: for the comparison of backbones."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "line_192_words_f5"), model=parent(__file__, "repvit_flat_f5").model, init="repvit_flat_f5"
)
