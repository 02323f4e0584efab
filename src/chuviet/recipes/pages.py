"""Recipes of detectors: where text is on pages and photos."""

from __future__ import annotations

from typing import Any, Literal, Unpack

from chuviet.data.configs import PageDataConfig
from chuviet.data.page_augment import PageAugment
from chuviet.data.targets_db import DBTargets
from chuviet.data.targets_east import EastTargets
from chuviet.data.targets_lines import LineWordTargets
from chuviet.decode.db import DBDecoder, LineWordDecoder
from chuviet.decode.east import EastDecoder
from chuviet.experiment import Experiment
from chuviet.losses.configs import DBLossConfig, EastLossConfig, LineWordLossConfig, RejectorLossConfig
from chuviet.models.configs import DBNetConfig, FOTSConfig, FPNConfig, RejectorConfig
from chuviet.origin import note, origins_of
from chuviet.recipes.run import PageRun, filled
from chuviet.train.configs import Optim

#: Options of a timm model, such as (("channels", (32, 64, 128, 192)),).
Options = tuple[tuple[str, Any], ...]


def db_pages(
    *,
    backbone: str,
    pretrained: bool = True,
    options: Options = (),
    neck: int = 96,
    excite: bool = True,
    crop: int = 640,
    longest: int = 960,
    scale: tuple[float, float] = (0.5, 3.0),
    stretch: float = 0.2,
    shrink: float = 0.4,
    unclip: float = 1.5,
    threshold: float = 0.3,
    box_threshold: float = 0.6,
    probability: Literal["dice", "bce"] = "dice",
    each_image: bool = False,
    **run: Unpack[PageRun],
) -> Experiment:
    """Finds text with DBNet: a timm backbone, a feature pyramid, a map of shrunk text (`chuviet.models.dbnet`).

    `neck`: channels of the pyramid, RSE-FPN with `excite`. Training sees crops of `crop` pixels, of pages scaled by
    `scale` and stretched by up to `stretch`; whole pages are scaled to `longest`. Texts are shrunk by `shrink` in the
    targets and grown again by the decoder: by `unclip`, or with 0 by what undoes the shrinking. `threshold` is that of
    a pixel, `box_threshold` that of a region; `probability` and `each_image` are of the loss.
    """
    base = Experiment(
        model=DBNetConfig(),
        loss=DBLossConfig(),
        decoder=DBDecoder.Config(),
        data=PageDataConfig(targets=DBTargets.Config()),
        optim=Optim(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=5e-5, schedule="cosine", warmup=0.03),
    )
    return filled(
        base,
        run,
        backbone={"model.backbone": backbone},
        pretrained={"model.pretrained": pretrained},
        options={"model.options": options},
        neck={"model.neck.width": neck},
        excite={"model.neck.excite": excite},
        crop={"data.augment.size": crop},
        longest={"data.preprocess.longest": longest},
        scale={"data.augment.scale": scale},
        stretch={"data.augment.stretch": stretch},
        shrink={"data.targets.shrink": shrink, "decoder.shrink": shrink},
        unclip={"decoder.unclip": unclip},
        threshold={"decoder.threshold": threshold},
        box_threshold={"decoder.box_threshold": box_threshold},
        probability={"loss.probability": probability},
        each_image={"loss.each_image": each_image},
    )


def fots_pages(
    *,
    backbone: str,
    pretrained: bool = True,
    options: Options = (),
    centre: tuple[int, int] = (512, 1024),
    decoder: tuple[int, int, int, int] = (512, 256, 128, 64),
    out: int = 64,
    reach: float = 640.0,
    crop: int = 640,
    longest: int = 960,
    scale: tuple[float, float] = (0.5, 3.0),
    stretch: float = 0.2,
    score: float = 0.8,
    **run: Unpack[PageRun],
) -> Experiment:
    """Finds text with the detection branch of FOTS: every cell says how far the sides of its text are
    (`chuviet.models.fots`).

    `centre`, `decoder` and `out`: channels behind the backbone. `reach`: pixels that a distance of 1 stands for, in
    network, loss and decoder. `score`: a cell's, below which it is no text. Crops and pages as of `db_pages`.
    """
    base = Experiment(
        model=FOTSConfig(),
        loss=EastLossConfig(),
        decoder=EastDecoder.Config(),
        data=PageDataConfig(augment=PageAugment.Config(copy_paste=0.0), targets=EastTargets.Config()),
        optim=Optim(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-5, schedule="cosine"),
    )
    return filled(
        base,
        run,
        backbone={"model.backbone": backbone},
        pretrained={"model.pretrained": pretrained},
        options={"model.options": options},
        centre={"model.centre": centre},
        decoder={"model.decoder": decoder},
        out={"model.out": out},
        reach={"model.crop": reach, "loss.crop": reach, "decoder.crop": reach},
        crop={"data.augment.size": crop},
        longest={"data.preprocess.longest": longest},
        scale={"data.augment.scale": scale},
        stretch={"data.augment.stretch": stretch},
        score={"decoder.score": score},
    )


def fots_rejector(
    detector: Experiment, *, crop: int, scale: tuple[float, float], empty: float, **run: Unpack[PageRun]
) -> Experiment:
    """Skips images without text: a head on the maps of a FOTS that is trained already and keeps its weights
    (`chuviet.models.rejector`).

    `detector`: the run of that FOTS, whose data and optimiser are taken over. Training sees crops of `crop` pixels, a
    share of `empty` taken anywhere.
    """
    made = filled(
        detector,
        run,
        detector={
            "model": RejectorConfig(detector=detector.model),
            "loss": RejectorLossConfig(),
            "init_parts": ("backbone", "centre", "decoder", "join", "read"),
        },
        crop={"data.augment.size": crop},
        scale={"data.augment.scale": scale},
        empty={"data.augment.empty": empty},
    )
    inside = {k.replace("model", "model.detector", 1): v for k, v in origins_of(detector).items() if k[:6] == "model."}
    note(made, origins_of(made), inside)
    return made


def line_word_pages(
    *,
    backbone: str,
    pretrained: bool = True,
    options: Options = (),
    neck: int = 64,
    crop: int = 512,
    longest: int = 1280,
    scale: tuple[float, float] = (0.6, 2.0),
    stretch: float = 0.25,
    quarter: float = 0.1,
    shrink: float = 0.6,
    shrink_words: float = 0.4,
    box_threshold: float = 0.6,
    box_threshold_words: float = 0.6,
    margin: tuple[float, float] = (0.0, 0.0),
    **run: Unpack[PageRun],
) -> Experiment:
    """Finds lines and words of pages and photos: DBNet with a map of each (`chuviet.models.dbnet`).

    Lines are shrunk by `shrink` and words by `shrink_words` in the targets, and grown again by the decoder, which adds
    `margin`, shares of a line's height at the ends and above and below. Pages are turned by a quarter or more with
    probability `quarter`. The rest as of `db_pages`.
    """
    base = Experiment(
        model=DBNetConfig(neck=FPNConfig(), words=True, threshold=False),
        loss=LineWordLossConfig(),
        decoder=LineWordDecoder.Config(),
        data=PageDataConfig(augment=PageAugment.Config(copy_paste=0.0), targets=LineWordTargets.Config()),
        optim=Optim(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-3, schedule="cosine", warmup=0.03),
    )
    return filled(
        base,
        run,
        backbone={"model.backbone": backbone},
        pretrained={"model.pretrained": pretrained},
        options={"model.options": options},
        neck={"model.neck.width": neck},
        crop={"data.augment.size": crop},
        longest={"data.preprocess.longest": longest},
        scale={"data.augment.scale": scale},
        stretch={"data.augment.stretch": stretch},
        quarter={"data.augment.quarter": quarter},
        shrink={"data.targets.shrink": shrink, "decoder.lines.shrink": shrink},
        shrink_words={"data.targets.shrink_words": shrink_words, "decoder.words.shrink": shrink_words},
        box_threshold={"decoder.lines.box_threshold": box_threshold},
        box_threshold_words={"decoder.words.box_threshold": box_threshold_words},
        margin={"decoder.margin": margin},
    )
