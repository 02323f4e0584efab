"""The other side of benchmarks/pages.py: draws word crops with SynthTIGER's components; prints CPU seconds a round.

Argument: a folder of textures (*.jpg) with colours.txt. stdin: for every round one JSON line [[word, font, size], ...];
stdout: crops drawn and CPU seconds. Steps and numbers are those of SynthTIGER's own example for horizontal words, less
its check of visibility, its second text, its mask and its boxes of letters.
"""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from synthtiger import components, layers, templates, utils

BLENDS = (
    "normal", "multiply", "screen", "overlay", "hard_light", "soft_light", "dodge", "divide", "addition", "difference",
    "darken_only", "lighten_only",
)  # fmt: skip
STYLES = (
    (components.TextBorder, 1, {"size": (1, 12)}),
    (components.TextShadow, 2, {"distance": (1, 6), "angle": (0, 360), "alpha": (0.3, 0.7)}),
    (components.TextExtrusion, 2, {"length": (1, 12), "angle": (0, 360)}),
)
TRANSFORMS = (
    (components.Perspective, 1, {"percents": ((0.5, 1), (1, 1)), "aligns": ((0, 0), (0, 0))}),
    (components.Perspective, 1, {"percents": ((1, 1), (0.5, 1)), "aligns": ((0, 0), (0, 0))}),
    (components.Trapezoidate, 1, {"weights": (1, 0, 1, 0), "percent": (0.75, 1), "align": (-1, 1)}),
    (components.Trapezoidate, 1, {"weights": (0, 1, 0, 1), "percent": (0.5, 1), "align": (-1, 1)}),
    (components.Skew, 1, {"weights": (1, 0), "angle": (0, 30), "ccw": 0.5}),
    (components.Skew, 1, {"weights": (0, 1), "angle": (0, 10), "ccw": 0.5}),
    (components.Rotate, 2, {"angle": (0, 10), "ccw": 0.5}),
)


def one_of(*choices: tuple) -> components.Selector:
    return components.Selector([make(**options) for make, _, options in choices], weights=[w for _, w, _ in choices])


class Words(templates.Template):
    def __init__(self, folder: str) -> None:
        colours = {"paths": [str(Path(folder, "colours.txt"))], "weights": [1], "colorize": 1}
        self.plain, self.styled = components.GrayMap(k=2, **colours), components.GrayMap(k=3, **colours)
        self.colour = components.Gray(colorize=1)
        self.texture = components.Switch(components.BaseTexture([folder], [1], alpha=(0, 1), crop=1), prob=0.5)
        self.shape = one_of(
            (components.ElasticDistortion, 1, {"alpha": (15, 30), "sigma": (4, 12)}),
            (components.ElasticDistortion, 1, {"alpha": (0, 2), "sigma": (0, 0.6)}),
        )
        self.layout = one_of(
            (components.FlowLayout, 4, {"space": (-2, 5), "line_align": ("middle",)}),
            (components.CurveLayout, 1, {"curve": (20, 40), "space": (-2, 5), "convex": 0.5, "upward": 0.5}),
        )
        self.style = components.Switch(one_of(*STYLES), prob=0.25)
        self.transform = one_of(*TRANSFORMS)
        self.fit, self.pad = components.Fit(), components.Pad(pxs=((0, 10),) * 4)
        self.camera = components.Iterator([
            components.AdditiveGaussianNoise(scale=(4, 8)),
            components.Switch(components.GaussianBlur(sigma=(0, 2)), prob=0.9),
            components.Switch(components.Resample(size=(0.4, 0.4)), prob=0.1),
        ])  # fmt: skip

    def generate(self, word: str, font: str, size: int) -> np.ndarray:
        """h w 4 float32, as small as the word."""
        style = self.style.sample()
        if style["state"]:
            ink, ground, border = self.styled.sample()
            style["meta"]["meta"]["rgb"] = border["rgb"]
        else:
            ink, ground = self.plain.sample()
        bold = bool(np.random.rand() < 0.5)  # noqa: NPY002 - the generator that SynthTIGER draws from
        letters = [layers.TextLayer(c, font, size, bold=bold) for c in utils.split_text(word, reorder=True)]
        self.shape.apply(letters)
        self.layout.apply(letters, {"meta": {"vertical": False}})
        text = layers.Group(letters).merge()
        self.colour.apply([text], ink)
        self.texture.apply([text])
        self.style.apply([text], style)
        self.transform.apply([text])
        self.fit.apply([text])
        self.pad.apply([text])
        front = text.output()
        back = layers.RectLayer(front.shape[1::-1])
        self.colour.apply([back], ground)
        self.texture.apply([back])
        mode = BLENDS[np.random.randint(len(BLENDS))]  # noqa: NPY002
        crop = layers.Layer(utils.blend_image(front, back.output(), mode=mode))
        self.camera.apply([crop])
        return crop.output()

    def init_save(self, root: str) -> None: ...

    def save(self, root: str, data: dict, idx: int) -> None: ...

    def end_save(self, root: str) -> None: ...


cv2.setNumThreads(1)
np.random.seed(0)  # noqa: NPY002
template = Words(sys.argv[1])
print("ready", flush=True)
for request in sys.stdin:
    tasks = json.loads(request)
    start = time.process_time()
    for task in tasks:
        template.generate(*task)
    print(len(tasks), time.process_time() - start, flush=True)
