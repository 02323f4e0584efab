"""Recipes of recognisers of words and short strings in colour: scene text, print, captchas."""

from __future__ import annotations

from typing import Literal, Unpack

from chuviet.config import Config, ConfigError
from chuviet.data.configs import LineDataConfig
from chuviet.data.scene_augment import SceneAugment
from chuviet.decode.ctc import CTCGreedy
from chuviet.experiment import Experiment
from chuviet.losses.configs import CTCLossConfig, GuidedCTCLossConfig, MutualLossConfig
from chuviet.models.configs import BackboneCTCConfig, GTCConfig, LineCTCConfig, MicroOCRConfig, MutualConfig
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.recipes.run import LineRun, filled
from chuviet.train.configs import Optim
from chuviet.vocab import ASCII, PRINTED


def scene_words(
    *,
    backbone: str,
    height: int,
    width: int | None,
    pretrained: bool = True,
    head: Literal["linear", "conv"] = "linear",
    guide: Config | None = None,
    mutual: bool = False,
    **run: Unpack[LineRun],
) -> Experiment:
    """Reads words in photos with a timm backbone and CTC, as pytorch_ocr does (`chuviet.models.backbone_ctc`).

    Crops are `height` pixels high and padded to `width`; None: as wide as they are. `head`: what makes classes of
    features. With a `guide` (SAR or NRTR) that trains the backbone, the CTC branch reads its features through SVTR's
    neck and alone is shipped (`chuviet.models.gtc`); `mutual`: two such recognisers teach each other.
    Raises ConfigError for `mutual` without a guide.
    """
    if mutual and not guide:
        raise ConfigError("scene_words(): mutual learning needs a guide")
    student = BackboneCTCConfig(neck="svtr" if guide else "none")
    guided = GTCConfig(student=student)
    prefix, base = "model", _scene(student, CTCLossConfig())
    if guide:
        prefix, base = "model.student", _scene(guided, GuidedCTCLossConfig())
    if mutual:
        prefix, base = "model.member.student", _scene(MutualConfig(member=guided), MutualLossConfig())
    return filled(
        base,
        run,
        backbone={f"{prefix}.backbone": backbone},
        pretrained={f"{prefix}.pretrained": pretrained},
        head={f"{prefix}.head": head},
        guide={f"{prefix.removesuffix('.student')}.guide": guide} if guide else {},
        height={"data.preprocess.height": height},
        width={"data.preprocess.width": width},
    )


def ctc_words(
    *,
    height: int,
    width: int | None = None,
    widths: tuple[int, int, int] = (64, 128, 192),
    depths: tuple[int, int, int] = (2, 3, 3),
    **run: Unpack[LineRun],
) -> Experiment:
    """Reads words in photos with LineCTC in colour, so that it may start from a recogniser of handwriting.

    Crops are `height` pixels high; `widths` and `depths` as of `ctc_lines`.
    """
    return filled(
        _scene(LineCTCConfig(channels=3), CTCLossConfig()),
        run,
        height={"model.height": height, "data.preprocess.height": height},
        width={"data.preprocess.width": width},
        widths={"model.widths": widths},
        depths={"model.depths": depths},
    )


def micro_strings(*, hidden: int, height: int, width: int, **run: Unpack[LineRun]) -> Experiment:
    """Reads short strings with MicroOCR, a network of some ten thousand parameters (`chuviet.models.micro`).

    `hidden`: its channels. Images are scaled to `height` and padded to `width` pixels.
    """
    base = Experiment(
        model=MicroOCRConfig(),
        loss=CTCLossConfig(),
        decoder=CTCGreedy.Config(),
        data=LineDataConfig(
            charset=PRINTED,
            preprocess=ScenePreprocess.Config(),
            augment=SceneAugment.Config(
                p=1.0, perspective=0.02, rotate=1.0, crop=0.05, colour=0.1, blur=0.0, noise=0.0, invert=0.0
            ),
            workers=0,  # an image takes 0.2 ms to read; handing it over from another process takes longer
        ),
        optim=Optim(lr=2e-2, weight_decay=1e-4, schedule="cosine", warmup=0.05),
    )
    return filled(
        base,
        run,
        hidden={"model.width": hidden},
        height={"model.height": height, "data.preprocess.height": height},
        width={"data.preprocess.width": width},
    )


def _scene(model: Config, loss: Config) -> Experiment:
    """What all recognisers of scene words share. Their frames are 4 pixels apart."""
    return Experiment(
        model=model,
        loss=loss,
        decoder=CTCGreedy.Config(),
        data=LineDataConfig(
            charset=ASCII, preprocess=ScenePreprocess.Config(), augment=SceneAugment.Config(), ctc_stride=4
        ),
        optim=Optim(lr=5e-4, eps=1e-8, weight_decay=0.0, schedule="cosine", warmup=0.05),
    )
