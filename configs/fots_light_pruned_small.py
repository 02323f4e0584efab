"""The light FOTS after `chuviet prune`, fine-tuned at a small rate. Its widths are those of the file it starts from."""

from chuviet.config import parent, replace

cfg = replace(
    parent(__file__, "fots_light_small"),
    **{
        "init": "outputs/fots_light_pruned.safetensors",
        "optim.lr": 5e-4,
        "train.epochs": 8,
        "train.validate_every": 0,
    },
)
