"""Scene text, guided CTC: a SAR decoder trains the backbone, the CTC branch (SVTR neck, linear) reads its features and
alone is shipped.
"""

from chuviet.config import parent, replace
from chuviet.losses.guided import GuidedCTCLoss
from chuviet.models.gtc import GTC

cfg = replace(parent(__file__, "rec_ctc"), model=GTC.Config(), loss=GuidedCTCLoss.Config())
