"""Joint training of an attention recogniser with CTC (Kim et al. 2017, https://arxiv.org/abs/1609.06773).

A linear layer reads the encoder's columns by CTC, which cannot write without looking, so that the encoder learns to see
long before the attention has found where to look. It is not shipped.
"""

from __future__ import annotations

from typing import TypeAlias

from torch import Tensor, nn

from chuviet.batch import Batch, Output
from chuviet.models.configs import JointCTCConfig
from chuviet.models.protocols import State


class JointCTC(nn.Module):
    """A `Seq2Seq` and the layer beside it. Training: the recogniser's logits and those of CTC (`extra["ctc"]` N T V,
    blank 0; `lengths` are its frames); else the recogniser's alone.
    """

    Config: TypeAlias = JointCTCConfig

    def __init__(self, cfg: JointCTC.Config, num_characters: int) -> None:
        super().__init__()
        self.cfg = cfg
        self.reader = cfg.reader.build(num_characters)
        self.ctc = nn.Linear(2 * cfg.reader.hidden, num_characters + 1)

    def candidates(self) -> list[nn.Module]:
        """The models of which the best one is shipped."""
        return [self.reader]

    def encode(self, batch: Batch) -> State:
        return self.reader.encode(batch)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        return self.reader.step(tokens, state)

    def forward(self, batch: Batch) -> Output:
        if not self.training:
            return self.reader(batch)
        state = self.reader.encode(batch)
        _, memory, _, valid = state
        output = self.reader.write(state, batch)
        output.lengths, output.extra = valid.sum(1), {"ctc": self.ctc(memory)}
        return output
