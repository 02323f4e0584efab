"""Recipes of recognisers of text lines, by hand or in print: ink is separated from paper, images are grey."""

from __future__ import annotations

from typing import Unpack

from chuviet.config import Config, ConfigError
from chuviet.data.configs import LineDataConfig
from chuviet.decode.attention import AttentionGreedy
from chuviet.decode.ctc import CTCGreedy
from chuviet.experiment import Experiment
from chuviet.losses.configs import (
    CTCLossConfig,
    DistillationLossConfig,
    GuidedCTCLossConfig,
    JointCTCLossConfig,
    SequenceCrossEntropyConfig,
)
from chuviet.models.configs import (
    BackboneCTCConfig,
    DistilledConfig,
    GTCConfig,
    JointCTCConfig,
    LineCTCConfig,
    Seq2SeqConfig,
)
from chuviet.preprocess.line import LinePreprocess
from chuviet.recipes.run import LineRun, filled
from chuviet.train.configs import Optim


def seq2seq_lines(
    *,
    backbone: str,
    hidden: int,
    height: int,
    width: int,
    pretrained: bool = True,
    dropout: float = 0.5,
    drop_path: float = 0.5,
    trim: bool = False,
    joint: float = 0.0,
    **run: Unpack[LineRun],
) -> Experiment:
    """Reads lines with a timm backbone and a decoder with attention that writes one character after the other
    (`chuviet.models.seq2seq`). For GPUs.

    `backbone`: any timm name; `hidden`: channels between it and the classes. Lines are scaled to `height` and padded to
    `width` pixels, without the empty margins if `trim`. The learning rate falls linearly. `joint` above 0: CTC reads
    beside the decoder while it trains, with that weight beside the 1 of the decoder (`chuviet.models.joint`).
    """
    prefix = "model.reader" if joint else "model"
    base = Experiment(
        model=JointCTCConfig() if joint else Seq2SeqConfig(),
        loss=JointCTCLossConfig() if joint else SequenceCrossEntropyConfig(),
        decoder=AttentionGreedy.Config(),
        data=LineDataConfig(preprocess=LinePreprocess.Config(), ctc_stride=0, workers=8),
        optim=Optim(lr=1e-3, betas=(0.9, 0.98), eps=1e-9, schedule="linear"),
    )
    return filled(
        base,
        run,
        backbone={f"{prefix}.backbone": backbone},
        hidden={f"{prefix}.hidden": hidden},
        height={"data.preprocess.height": height},
        width={"data.preprocess.width": width},
        pretrained={f"{prefix}.pretrained": pretrained},
        dropout={f"{prefix}.dropout": dropout},
        drop_path={f"{prefix}.drop_path": drop_path},
        trim={"data.preprocess.trim": trim},
        joint={"loss.ctc": joint} if joint else {},
    )


def ctc_lines(
    *,
    height: int,
    widths: tuple[int, int, int] = (64, 128, 192),
    depths: tuple[int, int, int] = (2, 3, 3),
    stem: int = 32,
    heads: int = 6,
    dropout: float = 0.1,
    flat: float = 0.0,
    trim: bool = False,
    guide: Config | None = None,
    guide_weight: float = 1.0,
    teacher: str = "",
    teach: float = 1.0,
    **run: Unpack[LineRun],
) -> Experiment:
    """Reads lines with LineCTC, a small network made for this (`chuviet.models.ctc`). For CPUs.

    Lines are `height` pixels high, of any width. `widths` and `depths` are those of its three stages, the last of which
    mixes the frames with `heads` heads. `flat`: how far CTC starts with the same weight for every alignment (0-1).
    `trim` cuts empty margins off. A `guide` (SAR or NRTR) trains the convolutions too, with `guide_weight` beside the 1
    of CTC, and is not shipped. A `teacher`, weights as `init` names them, says of every frame what it sees there, with
    the weight `teach` (`chuviet.models.distilled`). Raises ConfigError for both.
    """
    if guide and teacher:
        raise ConfigError("a guide or a teacher, not both")
    student = LineCTCConfig()
    prefix = "model.student" if guide or teacher else "model"
    base = _ctc(student, CTCLossConfig())
    if guide:
        base = _ctc(GTCConfig(student=student, detach=False), GuidedCTCLossConfig())
    if teacher:
        base = _ctc(DistilledConfig(student=student), DistillationLossConfig())
    return filled(
        base,
        run,
        guide={"model.guide": guide} if guide else {},
        guide_weight={"loss.guide": guide_weight} if guide else {},
        teacher={"model.teacher": teacher} if teacher else {},
        teach={"loss.teach": teach} if teacher else {},
        flat={} if guide or teacher else {"loss.flat": flat},
        height={f"{prefix}.height": height, "data.preprocess.height": height},
        widths={f"{prefix}.widths": widths},
        depths={f"{prefix}.depths": depths},
        stem={f"{prefix}.stem": stem},
        heads={f"{prefix}.heads": heads},
        dropout={f"{prefix}.dropout": dropout},
        trim={"data.preprocess.trim": trim},
    )


def backbone_lines(
    *,
    backbone: str,
    height: int,
    dims: int = 120,
    pretrained: bool = False,
    flat: float = 0.0,
    **run: Unpack[LineRun],
) -> Experiment:
    """Reads lines with a timm backbone, SVTR's neck and CTC (`chuviet.models.backbone_ctc`).

    `backbone`: a timm name, whose strides are made those of text lines; `dims` channels leave the neck. Otherwise as
    `ctc_lines`.
    """
    return filled(
        _ctc(BackboneCTCConfig(neck="svtr"), CTCLossConfig()),
        run,
        backbone={"model.backbone": backbone},
        dims={"model.dims": dims},
        pretrained={"model.pretrained": pretrained},
        height={"data.preprocess.height": height},
        flat={"loss.flat": flat},
    )


def _ctc(model: Config, loss: Config) -> Experiment:
    """What all recognisers of lines by CTC share. Their frames are 4 pixels apart."""
    return Experiment(
        model=model,
        loss=loss,
        decoder=CTCGreedy.Config(),
        data=LineDataConfig(preprocess=LinePreprocess.Config(), ctc_stride=4),
        optim=Optim(lr=2e-3, eps=1e-8, weight_decay=0.02, schedule="cosine"),
    )
