"""CPU-sized: `line_192_f0` guided by an NRTR decoder, which trains the convolutions too and is not shipped."""

from chuviet.config import parent, replace
from chuviet.losses.guided import GuidedCTCLoss
from chuviet.models.attention_heads import NRTR
from chuviet.models.ctc import LineCTC
from chuviet.models.gtc import GTC

cfg = replace(
    parent(__file__, "line_192_f0"),
    model=GTC.Config(student=LineCTC.Config(), guide=NRTR.Config(), detach=False),
    loss=GuidedCTCLoss.Config(guide=0.5),
)
