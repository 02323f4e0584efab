"""The rejector of `fots_light_small`: a text / no-text head on its map at 1/8; the rest keeps its weights."""

from chuviet.config import parent, replace
from chuviet.losses.rejector import RejectorLoss
from chuviet.models.rejector import Rejector

_detector = parent(__file__, "fots_light_small")

cfg = replace(
    _detector,
    **{
        "init": "fots_light_small",
        "init_parts": ("backbone", "centre", "decoder", "join", "read"),
        "model": Rejector.Config(detector=_detector.model),
        "loss": RejectorLoss.Config(),
        "data.augment.size": 320,
        "data.augment.empty": 0.6,
        "data.augment.scale": (0.7, 2.0),
        "data.batch": 16,
        "train.epochs": 4,
        "train.validate_every": 0,
    },
)
