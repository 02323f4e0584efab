"""As `line_192_flat_f5`, with RepViT-M0.9 and SVTR's neck (5.2 M parameters): for the comparison of backbones."""

from chuviet.config import parent, replace
from chuviet.models.backbone_ctc import BackboneCTC

cfg = replace(
    parent(__file__, "line_192_flat_f5"),
    model=BackboneCTC.Config(backbone="repvit_m0_9.dist_450e_in1k", pretrained=False, neck="svtr", dims=120),
)
