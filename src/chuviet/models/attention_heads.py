"""Attention decoders that guide a CTC recogniser while it is trained: SAR and NRTR. Neither is shipped.

SAR: Li et al., "Show, Attend and Read" (https://arxiv.org/abs/1811.00751). NRTR: Sheng et al.
(https://arxiv.org/abs/1806.00926). Both are teacher-forced: they see the true characters before the one they write.
Classes as for all attention models of the project: PAD, SOS, EOS, MASK, then the characters.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chuviet.batch import Batch, within
from chuviet.models.configs import NRTRConfig, SARConfig
from chuviet.vocab import SOS, SPECIALS


def decoder_inputs(batch: Batch) -> Tensor:
    """SOS and the true characters: N L+1 class ids (padding reads as PAD or as the first character; its loss is
    masked).
    """
    assert batch.targets is not None
    tokens = batch.targets.clamp(min=0) + SPECIALS
    return torch.cat((torch.full_like(tokens[:, :1], SOS), tokens), dim=1)


class SAR(nn.Module):
    """Features N C h T -> logits N L+1 V: an LSTM reads the columns to one vector, a second one writes with attention
    over the whole map.
    """

    Config: TypeAlias = SARConfig

    def __init__(self, cfg: SAR.Config, channels: int, num_characters: int) -> None:
        super().__init__()
        d, classes = cfg.hidden, num_characters + SPECIALS
        self.encoder = nn.LSTM(channels, d, num_layers=2, batch_first=True)
        self.holistic = nn.Linear(d, d)
        self.embedding = nn.Embedding(classes, d)
        self.decoder = nn.LSTM(d, d, num_layers=2, batch_first=True)
        self.keys = nn.Conv2d(channels, d, 3, padding=1)
        self.query = nn.Linear(d, d)
        self.score = nn.Linear(d, 1, bias=False)
        self.dropout = nn.Dropout(cfg.dropout)
        self.classify = nn.Linear(2 * d + channels, classes)

    def forward(self, features: Tensor, lengths: Tensor, batch: Batch) -> Tensor:
        """`lengths`: N, the columns of each map that are not padding."""
        n, t = features.shape[0], features.shape[3]
        valid = within(lengths, t)  # N T
        read, _ = self.encoder(features.amax(dim=2).transpose(1, 2))  # N T d
        whole = self.holistic(read[torch.arange(n), lengths - 1])  # N d
        inputs = torch.cat((whole[:, None], self.embedding(decoder_inputs(batch))), dim=1)
        states, _ = self.decoder(inputs)
        states = states[:, 1:]  # N L+1 d: after the holistic vector
        # Teacher forcing makes all states known at once, so attention is one pass over (step, place).
        keys, query = self.keys(features), self.query(states)
        energy = self.score(
            torch.tanh(keys.permute(0, 2, 3, 1)[:, None] + query[:, :, None, None])
        ).float()  # N L h T 1
        energy = energy[..., 0].masked_fill(~valid[:, None, None], float("-inf"))
        weights = energy.flatten(2).softmax(-1).to(features.dtype)  # N L h*T
        glimpse = weights @ features.flatten(2).transpose(1, 2)  # N L C
        whole = whole[:, None].expand(-1, states.shape[1], -1)
        return self.classify(self.dropout(torch.cat((states, glimpse, whole), dim=-1)))


class NRTR(nn.Module):
    """Features N C h T -> logits N L+1 V: a transformer decoder over all places of the map."""

    Config: TypeAlias = NRTRConfig

    def __init__(self, cfg: NRTR.Config, channels: int, num_characters: int) -> None:
        super().__init__()
        d, classes = cfg.hidden, num_characters + SPECIALS
        self.enter = nn.Linear(channels, d)
        self.embedding = nn.Embedding(classes, d)
        layer = nn.TransformerDecoderLayer(d, cfg.heads, 4 * d, cfg.dropout, F.gelu, batch_first=True, norm_first=True)
        self.decoder = nn.TransformerDecoder(layer, cfg.layers, nn.LayerNorm(d))
        self.classify = nn.Linear(d, classes)

    def forward(self, features: Tensor, lengths: Tensor, batch: Batch) -> Tensor:
        """`lengths`: N, the columns of each map that are not padding."""
        n, _, h, t = features.shape
        memory = self.enter(features.permute(0, 3, 2, 1))  # N T h d
        memory = memory + positions(t, memory.shape[-1], memory.device)[:, None].to(memory.dtype)
        hidden = ~within(lengths, t)  # N T
        tokens = self.embedding(decoder_inputs(batch))
        tokens = tokens + positions(tokens.shape[1], tokens.shape[2], tokens.device).to(tokens.dtype)
        causal = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool, device=tokens.device).triu(1)
        states = self.decoder(
            tokens, memory.reshape(n, t * h, -1), tgt_mask=causal,
            memory_key_padding_mask=hidden.repeat_interleave(h, dim=1),
        )  # fmt: skip
        return self.classify(states)


def positions(count: int, width: int, device: torch.device) -> Tensor:
    """Sine and cosine of the position at `width` / 2 frequencies: count x width (Vaswani et al. 2017, section 3.5)."""
    rate = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10_000.0) / width))
    angle = torch.arange(count, device=device)[:, None] * rate
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)
