"""Reading lines with shipped weights: one recogniser, or several that agree on each character, behind one interface."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from chuviet.artifact.onnx_file import load_onnx
from chuviet.batch import Batch
from chuviet.config import Config
from chuviet.decode.attention import AttentionBeam, AttentionGreedy, StepEnsemble, WrittenText
from chuviet.decode.ctc import CTCBeam, CTCGreedy, frame_log_probs
from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.pytorch.artifact import Artifact, load_artifact
from chuviet.results import Prediction
from chuviet.vocab import Charset

if TYPE_CHECKING:
    from chuviet.ship.ensemble import FastEnsemble

Image = np.ndarray | str | Path
DecoderName = Literal["greedy", "beam"]

#: Images that are in memory at a time, sorted by width among themselves.
CHUNK = 2048


@dataclass(frozen=True)
class BadImage:
    """An image that could not be read, and the one line that says why."""

    index: int
    reason: str


class Recognizer:
    """One or more models that read lines together; a plain recogniser is an ensemble of one.

    Attention models step together and the mean of their character probabilities is decoded. CTC models must give the
    same frames for an image (same height and frame width), whose mean probabilities are decoded. Each member gets the
    image prepared in its own way. The decoder is the first member's unless another is asked for.
    """

    def __init__(
        self, artifacts: Sequence[Artifact], decoder: DecoderName | None = None, beam_width: int | None = None
    ) -> None:
        """Raises InputError when the members' charsets differ, or when CTC and attention are mixed."""
        if not artifacts:
            raise InputError("no weights given; name at least one .safetensors file")
        if detectors := [a.path for a in artifacts if a.charset is None]:
            raise InputError(f"{detectors[0]}: the weights of a detector, not of a recogniser")
        _check_members(artifacts)
        first = artifacts[0]
        self.artifacts = tuple(artifacts)
        self.models = [a.model for a in artifacts]
        assert first.charset is not None
        self.charset: Charset = first.charset
        self.attention = attends(first.model)
        parameter = next(first.model.parameters(), None)  # an ONNX file has none
        self.device = torch.device("cpu") if parameter is None else parameter.device
        self.decoder_cfg = _decoder_config(first.decoder_cfg, self.attention, decoder, beam_width)
        lm = first.lm if isinstance(self.decoder_cfg, CTCBeam.Config) else None
        self._decoder = self.decoder_cfg.build(self.charset, lm) if lm else self.decoder_cfg.build(self.charset)
        configs: list[Any] = [a.preprocess_cfg for a in artifacts]
        self._prepare = {c: c.build() for c in configs}  # members with the same preparation share its result
        self._config_of = configs
        self._fast: FastEnsemble | None = None

    def hasten(self, threads: int = 0) -> Recognizer:
        """From now on reads through ONNX Runtime on `threads` threads (0: all cores): the same texts, faster.

        For attention models on a CPU that are decoded greedily; their graphs are traced here, which takes seconds and
        about twice the memory. Raises InputError for any other.
        """
        if not (self.attention and isinstance(self.decoder_cfg, AttentionGreedy.Config)) or self.device.type != "cpu":
            raise InputError("only attention models on a CPU, decoded greedily, can be hastened; export others to ONNX")
        from chuviet.ship.ensemble import FastEnsemble  # brings onnx, which takes a while to import

        blank = [(0, self._prepared(np.full((32, 256, 3), 255, np.uint8)))]
        self._fast = FastEnsemble(self.models, self._batches(blank), self.decoder_cfg.max_length, threads)
        self._decoder = WrittenText(self.charset)
        return self

    def predict(self, images: Sequence[Image], batch_size: int = 32, progress: bool = False) -> list[Prediction]:
        """Reads all images, in their order; `index` is the position. An image is a path or H W 3 uint8 RGB.

        Raises InputError for the first that cannot be read; `try_predict` goes on instead.
        """
        predictions, bad = self.try_predict(images, batch_size, progress)
        if bad:
            more = f" ({len(bad)} of {len(images)} images cannot be read)" if len(bad) > 1 else ""
            raise InputError(bad[0].reason + more)
        return [p for p in predictions if p is not None]

    def try_predict(
        self, images: Sequence[Image], batch_size: int = 32, progress: bool = False
    ) -> tuple[list[Prediction | None], list[BadImage]]:
        """As `predict`, with None in the place of every image that cannot be read, and the reasons."""
        results: list[Prediction | None] = [None] * len(images)
        bad: list[BadImage] = []
        bar = tqdm(total=len(images), unit="line", disable=not progress, dynamic_ncols=True)
        for start in range(0, len(images), CHUNK):
            prepared = []
            for index in range(start, min(start + CHUNK, len(images))):
                try:
                    prepared.append((index, self._prepared(images[index])))
                except InputError as e:
                    name = images[index]
                    reason = str(e) if isinstance(name, np.ndarray) or str(name) in str(e) else f"{name}: {e}"
                    bad.append(BadImage(index, reason))
            for batch in _by_width(prepared, batch_size):
                for prediction in self._read(batch):
                    results[prediction.index] = prediction
                bar.update(len(batch))
        bar.close()
        return results, bad

    def _prepared(self, image: Image) -> dict[Config, np.ndarray]:
        rgb = image if isinstance(image, np.ndarray) else read_image(image)
        return {cfg: prepare(rgb) for cfg, prepare in self._prepare.items()}

    def _batches(self, samples: Sequence[tuple[int, dict[Config, np.ndarray]]]) -> list[Batch]:
        """One batch a member, of the same lines."""
        index = torch.tensor([i for i, _ in samples])
        batches = {}
        for cfg, prepare in self._prepare.items():
            pixels, widths = prepare.collate([images[cfg] for _, images in samples])
            batches[cfg] = Batch(images=pixels, widths=widths, index=index).to(self.device)
        return [batches[cfg] for cfg in self._config_of]

    @torch.inference_mode()
    def frames(self, images: Sequence[Image]) -> list[np.ndarray]:
        """Log probabilities of the classes in each image's frames: arrays of T V. Raises InputError for attention."""
        if self.attention:
            raise InputError("an attention model has no frames; name a CTC recogniser")
        batch = self._batches([(i, self._prepared(image)) for i, image in enumerate(images)])[0]
        return frame_log_probs(self.models[0](batch))

    @torch.inference_mode()
    def _read(self, samples: Sequence[tuple[int, dict[Config, np.ndarray]]]) -> list[Prediction]:
        own = self._batches(samples)
        if self._fast is not None:
            return self._decoder(self._fast, own)
        if self.attention and len(self.models) > 1:
            return self._decoder(StepEnsemble(self.models), own)
        if self.attention:
            return self._decoder(self.models[0], own[0])
        outputs = [model(batch) for model, batch in zip(self.models, own, strict=True)]
        return self._decoder(None, own[0], outputs if len(outputs) > 1 else outputs[0])


def milliseconds(recognizer: Recognizer, images: Sequence[Image]) -> float:
    """The median time of one image, alone, after a warm-up: the first call allocates memory and chooses kernels."""
    times = []
    for image in [images[0], *images]:
        start = time.perf_counter()
        recognizer.predict([image])
        times.append(1e3 * (time.perf_counter() - start))
    return float(np.median(times[1:]))


def load(
    paths: str | Path | Iterable[str | Path],
    device: torch.device | str = "cpu",
    decoder: DecoderName | None = None,
    beam_width: int | None = None,
) -> Recognizer:
    """The recogniser in one weights file (.safetensors or .onnx), or the ensemble of several. Raises InputError as
    `load_artifact` and `load_onnx` do.
    """
    names = [paths] if isinstance(paths, (str, Path)) else list(paths)
    return Recognizer([load_weights(p, device) for p in names], decoder, beam_width)


def load_weights(path: str | Path, device: torch.device | str = "cpu") -> Artifact:
    """What a .safetensors or .onnx file holds. Raises InputError as `load_artifact` and `load_onnx` do."""
    return load_onnx(path) if Path(path).suffix.lower() == ".onnx" else load_artifact(path, device)


#: The checkout's own weights, wherever the command is called from.
_SHIPPED = Path(__file__).resolve().parents[3] / "weights"


def find_weights(name: str, roots: Sequence[Path] = (Path("weights"), Path("outputs"), _SHIPPED)) -> Path:
    """The file that `name` means: a path, a name in weights/, or a run in outputs/ (the last of its folds)."""
    if Path(name).exists() or Path(name).suffix:
        return Path(name)
    shipped = [root / f"{name}.safetensors" for root in roots]
    runs = [p for root in roots for p in sorted(root.glob(f"{name}/fold?/weights.safetensors"), reverse=True)]
    found = next((p for p in [*shipped, *runs] if p.is_file()), None)
    if found is None:
        raise InputError(f"{name}: no such file, nor weights/{name}.safetensors, nor a finished run outputs/{name}")
    return found


def _check_members(artifacts: Sequence[Artifact]) -> None:
    first = artifacts[0]
    for other in artifacts[1:]:
        assert first.charset is not None and other.charset is not None
        if other.charset != first.charset:
            only = set(other.charset.characters) ^ set(first.charset.characters)
            shown = "".join(sorted(only))[:20]
            what = f"these are in one alone: {shown!r}" if only else "the same characters in another order"
            raise InputError(
                f"{first.path} and {other.path} have different charsets ({len(first.charset)} and "
                f"{len(other.charset)} characters; {what}); an ensemble needs one charset"
            )
        if any(isinstance(a.decoder_cfg, WrittenText.Config) for a in (first, other)):
            raise InputError(
                f"{first.path} and {other.path}: an attention model in ONNX has its loop inside and cannot step with "
                "others; ensemble the .safetensors files"
            )
        if attends(other.model) != attends(first.model):
            raise InputError(
                f"{first.path} and {other.path}: an attention model and a CTC model have no common steps to average; "
                "ensemble models of one kind"
            )


def attends(model: nn.Module) -> bool:
    """Whether the model writes character by character (else it is a CTC model)."""
    return hasattr(model, "encode") and hasattr(model, "step")


def _decoder_config(stored: Config, attention: bool, name: DecoderName | None, width: int | None) -> Any:
    """The artifact's own decoder config, or that of the asked kind; the artifact's is kept where it is of that kind."""
    kinds: dict[str, type[Config]] = {
        "greedy": AttentionGreedy.Config if attention else CTCGreedy.Config,
        "beam": AttentionBeam.Config if attention else CTCBeam.Config,
    }
    if isinstance(stored, WrittenText.Config):
        if name == "beam" or width is not None:
            raise InputError("the decoder of this ONNX file is in its graph, and greedy; use the .safetensors file")
        return stored
    cfg = stored if name is None or isinstance(stored, kinds[name]) else kinds[name]()
    if width is None:
        return cfg
    if not hasattr(cfg, "width"):
        raise InputError("a beam width needs the beam decoder: add --decoder beam")
    return replace(cfg, width=width)  # type: ignore[call-arg]


def _by_width(
    samples: Sequence[tuple[int, dict[Config, np.ndarray]]], batch_size: int
) -> Iterator[Sequence[tuple[int, dict[Config, np.ndarray]]]]:
    """Batches of similar widths, widest first so that too large a batch fails at once; every sample once."""
    ordered = sorted(samples, key=lambda s: -next(iter(s[1].values())).shape[1])
    for i in range(0, len(ordered), max(batch_size, 1)):
        yield ordered[i : i + max(batch_size, 1)]
