"""The light FOTS after `chuviet prune`, fine-tuned. Its widths are those of the file that it starts from."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "fots_light_small"),
    **{
        "init": "outputs/fots_light_pruned.safetensors",
        "optim.lr": 1e-3,
        "train.epochs": 60,
        "train.validate_every": 0,
    },
)
