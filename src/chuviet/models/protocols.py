"""What some models and configs can do beside `model(batch) -> Output`: named here, and asked for by `isinstance`."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from chuviet.batch import Batch
from chuviet.config import Config
from chuviet.models.widths import Widths

State = tuple[Tensor, ...]


@runtime_checkable
class StepModel(Protocol):
    """Writes character by character; every tensor of its state begins with the batch dimension."""

    def encode(self, batch: Batch) -> State: ...
    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """The last characters (N int64) -> logits of the next ones N V, and the new state."""

    def parameters(self) -> Any: ...


@runtime_checkable
class ReadsUnpadded(Protocol):
    """A CTC recogniser that has less to do for images without padding."""

    def read_unpadded(self, images: Tensor) -> Tensor:
        """Images N C H W, no wider than their lines -> logits N T V, as the model gives for them."""


@runtime_checkable
class Slimmable(Protocol):
    """Ships less than it trained: without branches that only training needs."""

    def slim(self) -> nn.Module:
        """This model as it is shipped, in eval mode. In place."""


@runtime_checkable
class HasCandidates(Protocol):
    """Holds several models of which the best one is shipped."""

    def candidates(self) -> list[nn.Module]: ...


@runtime_checkable
class ShipsAnother(Protocol):
    """The config of a model that is trained as a part of a larger one."""

    @property
    def shipped(self) -> Config:
        """The config of what the weights file holds."""


@runtime_checkable
class Prunable(Protocol):
    """A config whose layers may have other widths, see `chuviet.models.widths`."""

    pruned: Widths


def shipped_config(cfg: Config) -> Config:
    """The config of what a run ships: of a guided model the plain one inside."""
    return cfg.shipped if isinstance(cfg, ShipsAnother) else cfg


def candidates_of(model: nn.Module) -> list[nn.Module]:
    """The models of which a run ships the best: several of a guided or mutual one, else the model itself."""
    return model.candidates() if isinstance(model, HasCandidates) else [model]
