"""Attention recogniser after VietOCR's seq2seq (https://github.com/pbcquoc/vietocr), with any timm backbone.

Backbone feature map -> dropout -> 1x1 convolution to `hidden` -> flattened column by column -> bidirectional GRU ->
additive attention and a GRU decoder. Differences: the backbone is a timm model (its head convolution kept), padded
columns are hidden from the attention, and a share of the decoder's inputs is masked in training.
"""

from __future__ import annotations

from typing import TypeAlias

import torch
from torch import Tensor, nn

from chuviet.batch import Batch, Output, within
from chuviet.models.backbone import shape_of_map, timm_backbone
from chuviet.models.configs import Seq2SeqConfig
from chuviet.vocab import MASK, SOS, SPECIALS

State = tuple[Tensor, ...]


class Seq2Seq(nn.Module):
    """Input N 1 H W (ink 1, paper 0). `forward` is teacher-forced: logits N L+1 V; `encode` and `step` serve the
    decoders.
    """

    Config: TypeAlias = Seq2SeqConfig

    def __init__(self, cfg: Seq2Seq.Config, num_characters: int) -> None:
        super().__init__()
        hidden, classes = cfg.hidden, num_characters + SPECIALS
        self.cfg = cfg
        self.backbone = timm_backbone(cfg.backbone, cfg.pretrained, cfg.drop_path)
        channels = shape_of_map(cfg.backbone, self.backbone, self.backbone, 64, 128)[1]
        self.drop_features = nn.Dropout(cfg.dropout)
        self.project = nn.Conv2d(channels, hidden, 1)
        self.encoder = nn.GRU(hidden, hidden, bidirectional=True, batch_first=True)
        self.bridge = nn.Linear(2 * hidden, hidden)
        self.embedding = nn.Embedding(classes, hidden)
        self.attention = nn.Linear(3 * hidden, hidden)
        self.score = nn.Linear(hidden, 1, bias=False)
        self.decoder = nn.GRUCell(3 * hidden, hidden)
        self.classify = nn.Linear(4 * hidden, classes)
        self.drop_inputs = nn.Dropout(cfg.dropout * 0.2)

    def encode(self, batch: Batch) -> State:
        """Returns (hidden N H, memory N T 2H, attention keys N T H, validity N T)."""
        return self.remember(*self.see(batch))

    def see(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the backbone finds, column by column: features N T H, validity N T."""
        images = (batch.images.expand(-1, 3, -1, -1) - 0.5) / 0.5
        images = images.contiguous(memory_format=torch.channels_last)
        features = self.project(self.drop_features(self.backbone(images)))  # N H h w
        n, c, h, w = features.shape
        columns = torch.ceil(batch.widths.to(images.device) * (w / batch.images.shape[3])).clamp(max=w)
        valid = within(columns, w)  # N w
        return features.permute(0, 3, 2, 1).reshape(n, w * h, c), valid.repeat_interleave(h, dim=1)

    def remember(self, features: Tensor, valid: Tensor) -> State:
        """The state before the first character, of what `see` returned."""
        memory, last = self.encoder(features)
        hidden = torch.tanh(self.bridge(torch.cat((last[0], last[1]), dim=-1)))
        keys = memory @ self.attention.weight[:, features.shape[2] :].T + self.attention.bias
        return hidden, memory, keys, valid

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """`tokens`: N int64, the characters just written. Returns the next characters' logits N V and the new state."""
        hidden, memory, keys, valid = state
        c = hidden.shape[1]
        embedded = self.drop_inputs(self.embedding(tokens))
        query = hidden @ self.attention.weight[:, :c].T
        energy = self.score(torch.tanh(keys + query[:, None]))[..., 0]
        weights = energy.float().masked_fill(~valid, float("-inf")).softmax(-1).to(memory.dtype)
        context = (weights[:, None] @ memory)[:, 0]  # N 2H
        hidden = self.decoder(torch.cat((embedded, context), dim=-1), hidden)
        logits = self.classify(torch.cat((hidden, context, embedded), dim=-1))
        return logits, (hidden, memory, keys, valid)

    def forward(self, batch: Batch) -> Output:
        return self.write(self.encode(batch), batch)

    def write(self, state: State, batch: Batch) -> Output:
        """The logits of the batch's texts, character by character, from the state that `encode` returned."""
        assert batch.targets is not None
        inputs = batch.targets.clamp(min=0) + SPECIALS  # N L
        if self.training and self.cfg.mask_inputs > 0:
            inputs = inputs.masked_fill(torch.rand(inputs.shape, device=inputs.device) < self.cfg.mask_inputs, MASK)
        tokens = torch.cat((torch.full_like(inputs[:, :1], SOS), inputs), dim=1)  # N L+1
        steps = []
        for t in range(tokens.shape[1]):
            logits, state = self.step(tokens[:, t], state)
            steps.append(logits)
        return Output(logits=torch.stack(steps, dim=1))
