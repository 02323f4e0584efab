"""The rejector of `fots_light_small`: a text / no-text head on its map at 1/8; the rest keeps its weights."""

from chuviet.recipes import fots_rejector, parent

cfg = fots_rejector(
    parent(__file__, "fots_light_small"),
    crop=320,
    scale=(0.7, 2.0),
    empty=0.6,
    batch=16,
    epochs=4,
    validate_every=0,
    init="fots_light_small",
)
