"""As `line_192_flat_f5`, with PP-LCNet x1.0 and SVTR's neck (2.3 M parameters): for the comparison of backbones."""

from chuviet.config import parent, replace
from chuviet.models.backbone_ctc import BackboneCTC

cfg = replace(
    parent(__file__, "line_192_flat_f5"),
    model=BackboneCTC.Config(backbone="lcnet_100.ra2_in1k", pretrained=False, neck="svtr", dims=120),
)
