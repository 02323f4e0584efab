"""Scene text, mutual learning: two recognisers of `rec_gtc` teach each other; the better one is shipped."""

from chuviet.config import parent, replace
from chuviet.losses.guided import MutualLoss
from chuviet.models.gtc import Mutual

cfg = replace(parent(__file__, "rec_gtc"), model=Mutual.Config(), loss=MutualLoss.Config())
