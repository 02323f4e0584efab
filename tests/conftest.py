"""What the tests run on, said at the head of every report; and small random weights and images for all of them."""

from __future__ import annotations

import ctypes
import io
import math
import os
import platform
import signal

if "PYTEST_XDIST_WORKER" in os.environ:  # processes share the cores: one thread each, and in what they start
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from chuviet.batch import Batch, Output
from chuviet.decode.attention import AttentionGreedy
from chuviet.decode.ctc import CTCGreedy
from chuviet.decode.db import DBDecoder
from chuviet.export.detector import detector_graph
from chuviet.export.graph import describe
from chuviet.export.lines import ctc_graph
from chuviet.models.backbone_ctc import BackboneCTC
from chuviet.models.ctc import LineCTC
from chuviet.models.dbnet import DBNet
from chuviet.models.fpn import FPN
from chuviet.models.protocols import StepModel
from chuviet.models.seq2seq import Seq2Seq
from chuviet.preprocess.line import LinePreprocess
from chuviet.preprocess.page import PagePreprocess
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.pytorch.artifact import SavedModel, load_artifact, save_artifact
from chuviet.pytorch.network import as_batch
from chuviet.vocab import EOS, SOS, Charset

# Shells without job control start what is in the background deaf to Ctrl-C, and so would be what tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

CHARSET = Charset("abcdeố 123")


def pytest_report_header() -> list[str]:
    cuda = torch.cuda.get_device_name() if torch.cuda.is_available() else "no CUDA device, CPU only"
    return [f"chuviet: Python {platform.python_version()}, torch {torch.__version__}, {cuda}"]


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """save(name, kind="ctc", seed=0, height=16, charset=CHARSET, **options): a small random model as an artifact.
    Kinds: ctc, word (in colour, of single words), scene (timm's backbone), attention.
    """

    def make(name: str, *args: Any, **options: Any) -> Path:
        save_line_reader(tmp_path / name, *args, **options)
        return tmp_path / name

    return make


def save_line_reader(
    path: Path, kind: str = "ctc", seed: int = 0, height: int = 16, charset: Charset = CHARSET, **options: Any
) -> None:
    model, model_cfg = small_model(kind, seed, height, charset)
    decoder = AttentionGreedy.Config(max_length=6) if kind == "attention" else CTCGreedy.Config()
    save_artifact(
        path, model=model, model_cfg=model_cfg, preprocess_cfg=preprocess_of(kind, height), decoder_cfg=decoder,
        charset=charset, **({"metrics": {"cer": 0.25}, "notes": {"run": "t"}} | options),
    )  # fmt: skip


def preprocess_of(kind: str, height: int) -> Any:
    if kind in ("scene", "word"):
        return ScenePreprocess.Config(height=height, width=None)
    return LinePreprocess.Config(height=height)


def small_model(kind: str, seed: int, height: int = 16, charset: Charset = CHARSET) -> tuple[torch.nn.Module, Any]:
    torch.manual_seed(seed)
    if kind == "attention":
        cfg: Any = Seq2Seq.Config(backbone="test_efficientnet", hidden=16, pretrained=False)
        model = cfg.build(len(charset))
        torch.nn.init.normal_(model.classify.weight, std=2.0)
        return model, cfg
    cfg = LineCTC.Config(
        height=height,
        channels=1 if kind == "ctc" else 3,
        stem=8,
        widths=(8, 8, 24),
        depths=(1, 1, 1),
        heads=2,
        expand=1,
    )
    if kind == "scene":
        cfg = BackboneCTC.Config(backbone="resnet10t", pretrained=False, neck="svtr", dims=16, hidden=16, depth=1)
    model = cfg.build(len(charset)).eval()
    _vary(model, preprocess_of(kind, height), _scribbles((120, 60, 90, 200), seed))
    return model, cfg


def _scribbles(widths: Sequence[int], seed: int = 0) -> list[np.ndarray]:
    """Dark strokes on light paper, 32 px high."""
    rng, images = np.random.default_rng(seed), []
    for width in widths:
        image = np.full((32, width, 3), 250, np.uint8)
        for _ in range(width // 4):
            y, x = int(rng.integers(0, 26)), int(rng.integers(0, width - 6))
            image[y : y + int(rng.integers(2, 16)), x : x + int(rng.integers(2, 6))] = rng.integers(0, 200, 3)
        images.append(image)
    return images


SPREAD = 4.0  # standard deviation of the logits


@torch.no_grad()
def _vary(model: Any, preprocess: Any, images: Sequence[np.ndarray]) -> None:
    """Measures BatchNorm on `images` and sets the last layer so that no class wins everywhere: a deep random network
    gives almost the same features whatever it sees. In place.
    """
    if isinstance(model, StepModel):  # at random it looks at all columns alike, and they look alike
        model.project.weight *= 5
        model.score.weight *= 10
    prepare = preprocess.build()
    batch = as_batch(model, *prepare.collate([prepare(image) for image in images]))
    norms = [m for m in model.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.train().momentum = 1.0
    model.encode(batch) if isinstance(model, StepModel) else model(batch)
    for norm in norms:
        norm.eval().momentum = 0.1
    if not isinstance(model.classify, nn.Linear):  # a convolution and the BatchNorm that was just measured
        model.classify[-1].weight *= SPREAD
        return
    for _ in range(3):  # what an attention model writes depends on what it wrote
        logits = _written(model, batch) if isinstance(model, StepModel) else model(batch).logits.flatten(0, 1)
        scale = SPREAD / (logits - logits.mean(0)).std()
        model.classify.bias.sub_(logits.mean(0)).mul_(scale)
        model.classify.weight *= scale
    if isinstance(model, StepModel):
        model.classify.bias[EOS] -= SPREAD  # long texts


def _written(model: Any, batch: Batch, length: int = 5) -> Tensor:
    """The logits of the first characters, one row a character and image."""
    state, tokens, rows = model.encode(batch), torch.full((len(batch),), SOS), []
    for _ in range(length):
        logits, state = model.step(tokens, state)
        tokens = logits.argmax(-1)
        rows.append(logits)
    return torch.cat(rows)


@pytest.fixture
def scribbles() -> Callable[..., list[np.ndarray]]:
    """scribbles(widths, seed=0): dark strokes on light paper, 32 px high."""
    return _scribbles


@pytest.fixture
def vary() -> Callable[..., None]:
    """vary(model, preprocess config, images): makes random weights read something."""
    return _vary


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Seven lines of scribble, each of another width, as files."""
    rng = np.random.default_rng(3)
    paths = []
    for i, width in enumerate((130, 60, 200, 90, 61, 180, 75)):
        pixels = np.full((32, width, 3), 250, np.uint8)
        for _ in range(width // 4):
            y, x = int(rng.integers(2, 24)), int(rng.integers(2, width - 8))
            pixels[y : y + int(rng.integers(2, 7)), x : x + int(rng.integers(2, 6))] = rng.integers(0, 120)
        paths.append(tmp_path / "lines" / str(i % 2) / f"{i}.png")
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(paths[-1])
    return paths


DETECTOR = DBNet.Config(
    backbone="resnet10t", pretrained=False, options=(("channels", (8, 16, 24, 32)),), neck=FPN.Config(width=16)
)


class Dark(nn.Module):
    """Finds what is darker than half, without any training."""

    def forward(self, batch: Any) -> Output:
        return Output(logits=-20 * batch.images.mean(1, keepdim=True))


def dark_detector() -> SavedModel:
    """`Dark` as if it had been trained. An unclip ratio of almost 0: its regions are not shrunk."""
    return SavedModel(
        Path("det.safetensors"), Dark().eval(), DETECTOR, PagePreprocess.Config(longest=320),
        DBDecoder.Config(unclip=1e-6), None, {}, {}, "unknown", "fp32", 0,
    )  # fmt: skip


@pytest.fixture
def dark() -> SavedModel:
    """A detector that finds what is dark."""
    return dark_detector()


@pytest.fixture
def detector_file(tmp_path: Path) -> Path:
    """A small random detector that finds something everywhere, as an artifact."""
    torch.manual_seed(0)
    path = tmp_path / "det.safetensors"
    save_artifact(
        path, model=DETECTOR.build(), model_cfg=DETECTOR, preprocess_cfg=PagePreprocess.Config(longest=320),
        decoder_cfg=DBDecoder.Config(threshold=0.0, box_threshold=0.0), charset=None, metrics={},
    )  # fmt: skip
    return path


@pytest.fixture
def words_page(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A white page with four black bars for words in two slanted lines, and their quads in reading order."""
    image, quads = np.full((300, 480, 3), 255, np.uint8), []
    for x, y in ((30, 40), (250, 52), (40, 150), (260, 163)):
        quad = np.array([(x, y), (x + 150, y + 8), (x + 149, y + 38), (x - 1, y + 30)], np.float64)
        cv2.fillPoly(image, [quad.astype(np.int32)], (0, 0, 0))
        quads.append(quad)
    Image.fromarray(image).save(tmp_path / "page.png")
    return tmp_path / "page.png", np.array(quads)


@dataclass(frozen=True)
class SmallOnnx:
    """Weights as `chuviet export` writes them. `line` reads something else on every line, `word` reads words, and
    `detector` finds what is dark.
    """

    folder: Path
    line: Path
    word: Path
    detector: Path


@pytest.fixture(scope="session")
def small_onnx(tmp_path_factory: pytest.TempPathFactory) -> SmallOnnx:
    """Small ONNX weights, made once. Not to be changed."""
    folder = tmp_path_factory.mktemp("onnx")
    files = SmallOnnx(folder, *(folder / f"{name}.onnx" for name in ("line", "word", "detector")))
    for path, kind, height in ((files.line, "ctc", 16), (files.word, "word", 32)):
        source = path.with_suffix(".safetensors")
        save_line_reader(source, kind, height=height)
        saved = load_artifact(source)
        path.write_bytes(describe(ctc_graph(saved), saved, "fp32", saved.decoder_cfg))
    saved = dark_detector()
    files.detector.write_bytes(describe(detector_graph(saved.model), saved, "fp32", saved.decoder_cfg))
    return files


class PdfMaker:
    """A PDF that is written piece by piece. Places are in points from the bottom left."""

    def __init__(self) -> None:
        import pypdfium2
        import pypdfium2.raw

        self.raw: Any = pypdfium2.raw
        self.document: Any = pypdfium2.PdfDocument.new()
        self.pages: list[Any] = []
        data = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf").read_bytes()
        self._bytes = (ctypes.c_ubyte * len(data)).from_buffer_copy(data)
        self._font = self.raw.FPDFText_LoadFont(self.document, self._bytes, len(data), self.raw.FPDF_FONT_TRUETYPE, 1)

    def page(self, width: float = 300, height: float = 200, rotation: int = 0) -> PdfMaker:
        self.pages.append(self.document.new_page(width, height))
        self.pages[-1].set_rotation(rotation)
        return self

    def text(
        self, text: str, x: float, y: float, size: float = 12, *, angle: float = 0, mode: int = 0, font: str = ""
    ) -> PdfMaker:
        """A piece of text that begins at (x, y), turned by `angle` degrees counter-clockwise; `mode` 3 is invisible;
        `font` is one of the 14 that every viewer has.
        """
        if font:
            written = self.raw.FPDFPageObj_NewTextObj(self.document, font.encode(), size)
        else:
            written = self.raw.FPDFPageObj_CreateTextObj(self.document, self._font, size)
        units = text.encode("utf-16-le") + b"\0\0"
        self.raw.FPDFText_SetText(written, ctypes.cast(ctypes.create_string_buffer(units), self.raw.FPDF_WIDESTRING))
        self.raw.FPDFTextObj_SetTextRenderMode(written, mode)
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        self.raw.FPDFPageObj_Transform(written, c, s, -s, c, x, y)
        self.raw.FPDFPage_InsertObject(self.pages[-1], written)
        return self

    def picture(self, image: Image.Image, x: float, y: float, width: float, height: float) -> PdfMaker:
        import pypdfium2

        placed = pypdfium2.PdfImage.new(self.document)
        placed.set_bitmap(pypdfium2.PdfBitmap.from_pil(image))
        placed.set_matrix(pypdfium2.PdfMatrix().scale(width, height).translate(x, y))
        self.pages[-1].insert_obj(placed)
        return self

    def data(self) -> bytes:
        """The file's bytes; nothing can be added any more."""
        out = io.BytesIO()
        for page in self.pages:
            page.gen_content()
        self.document.save(out)
        self.document.close()
        return out.getvalue()


@pytest.fixture
def pdf_maker() -> type[PdfMaker]:
    """Makes PDFs with text, pictures and invisible text."""
    pytest.importorskip("pypdfium2")
    return PdfMaker


@pytest.fixture
def folding_page() -> np.ndarray:
    """The quads (9 4 2) of a sheet by hand. The ends of its lines, taken by themselves, lean so differently that a page
    made flat by them would fold over.
    """
    lines = [  # beginning, end, height
        (206, 797, 1308, 796, 88), (236, 73, 1282, 65, 92), (197, 304, 1387, 300, 80), (206, 654, 1374, 667, 70),
        (195, 441, 1249, 433, 73), (192, 556, 1160, 550, 76), (187, 901, 1146, 900, 75), (202, 183, 888, 177, 58),
        (1263, 63, 1326, 54, 42),
    ]  # fmt: skip
    return np.array([[(a, b - h / 2), (c, d - h / 2), (c, d + h / 2), (a, b + h / 2)] for a, b, c, d, h in lines])
