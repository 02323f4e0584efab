"""PyTorch models behind the interfaces of the reading floor, and decoders as the training engine calls them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from chuviet.artifact.network import FrameNetwork, MapNetwork, SteppingNetwork
from chuviet.batch import Batch, Output
from chuviet.decode.attention import AttentionBeam, AttentionGreedy
from chuviet.decode.ctc import CTCBeam, CTCGreedy
from chuviet.decode.db import DBDecoder
from chuviet.errors import InputError
from chuviet.pytorch.artifact import load_artifact
from chuviet.pytorch.decoding import TorchDecoder
from chuviet.pytorch.network import TorchSteps, as_artifact, as_batch, network_of
from chuviet.reading.detector import Detector
from chuviet.reading.lines import LineReader
from chuviet.vocab import Charset

Save = Callable[..., Path]
Scribbles = Callable[..., list[np.ndarray]]


def batch_of(saved: Any, images: list[np.ndarray], first: int) -> Batch:
    """The images as a training batch whose rows have the numbers from `first` on."""
    prepare = saved.preprocess_cfg.build()
    batch = as_batch(saved.model, *prepare.collate([prepare(image) for image in images]))
    batch.index = torch.arange(first, first + len(images))
    return batch


@pytest.mark.parametrize("kind", ["ctc", "word", "attention"])
@pytest.mark.parametrize("beam", [False, True])
def test_the_engine_reads_what_a_reader_reads(kind: str, beam: bool, save: Save, scribbles: Scribbles) -> None:
    saved = load_artifact(save("w.safetensors", kind=kind, height=32))
    assert saved.charset is not None
    images = scribbles((60, 61, 62, 63))  # one width: an attention model sees a little of the padding beside a line
    greedy, wide = (AttentionGreedy, AttentionBeam) if kind == "attention" else (CTCGreedy, CTCBeam)
    cfg: Any = wide.Config(width=4) if beam else greedy.Config()
    if kind == "attention":
        cfg = wide.Config(width=4, max_length=6) if beam else greedy.Config(max_length=6)
    found = TorchDecoder(cfg.build(saved.charset))(saved.model, batch_of(saved, images, 7))
    reader = LineReader(as_artifact(saved), decoder="beam" if beam else "greedy", beam_width=4 if beam else None)
    if kind != "attention" or not beam:  # a reader's own beam writes up to 128 characters
        want = reader.predict(images)
        assert [p.text for p in found] == [p.text for p in want]
        assert [p.confidence for p in found] == pytest.approx([p.confidence for p in want], abs=1e-4)
    assert [p.index for p in found] == [7, 8, 9, 10]


class Counting(nn.Module):
    """Logits N T V of a batch, of which line i has i + 1 frames."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, batch: Batch) -> Output:
        self.calls += 1
        logits = torch.full((3, 4, 3), -9.0)
        logits[:, 0, 1] = logits[:, 1, 2] = logits[:, 2:, 1] = 9.0  # "a", "b", "a" ...
        return Output(logits=logits, lengths=torch.tensor([1, 2, 3]))


def test_a_known_output_is_not_computed_again_and_padding_is_not_decoded() -> None:
    model, decoder = Counting(), TorchDecoder(CTCGreedy.Config().build(Charset("ab")))
    batch = Batch(torch.zeros(3, 1, 8, 8), torch.full((3,), 8), torch.tensor([5, 3, 9]))
    output = model(batch)
    for given in (output, None):
        found = decoder(model, batch, given)
        assert [(p.index, p.text) for p in found] == [(5, "a"), (3, "ab"), (9, "aba")]
    assert model.calls == 2


def test_an_attention_model_is_asked_again_for_its_output_is_teacher_forced(save: Save, scribbles: Scribbles) -> None:
    saved = load_artifact(save("w.safetensors", kind="attention"))
    assert saved.charset is not None
    decoder = TorchDecoder(AttentionGreedy.Config(max_length=6).build(saved.charset))
    batch = batch_of(saved, scribbles((60, 90)), 0)
    forced = Output(logits=torch.randn(2, 6, len(saved.charset) + 4))
    assert decoder(saved.model, batch, forced) == decoder(saved.model, batch)


def test_the_engine_finds_what_a_detector_finds(dark: Any, words_page: tuple[Path, np.ndarray]) -> None:
    path, _ = words_page
    detector = Detector(as_artifact(dark))
    (want,) = detector.predict(path)
    pixels, shape = detector.prepare(np.asarray(Image.open(path)))
    batch = as_batch(dark.model, pixels)
    batch.index, batch.shapes = torch.tensor([4]), torch.tensor([shape])
    decoder: DBDecoder = dark.decoder_cfg.build()
    (found,) = TorchDecoder(decoder)(dark.model, batch)
    assert found.index == 4 and np.array_equal(found.quads, want.quads) and np.array_equal(found.scores, want.scores)


def test_each_model_gets_the_interface_that_it_has(save: Save, detector_file: Path) -> None:
    ctc, attention = (load_artifact(save(f"{k}.safetensors", kind=k)) for k in ("ctc", "attention"))
    assert isinstance(network_of(ctc.model), FrameNetwork)
    assert isinstance(network_of(attention.model), SteppingNetwork)
    with pytest.raises(TypeError, match="LineCTC has no encode and step"):
        TorchSteps(ctc.model)
    whole = load_artifact(detector_file)
    slim = as_artifact(load_artifact(detector_file))
    assert isinstance(slim.network, MapNetwork) and slim.kind == "dbnet" and slim.charset is None
    images = np.zeros((1, 3, 64, 64), np.float32)
    maps: Tensor = whole.model(as_batch(whole.model, images)).logits
    assert maps.shape[1] == 2 and slim.network.maps(images).shape[1] == 1


def test_a_model_that_does_not_fit_its_images_is_named_in_one_line(save: Save) -> None:
    """A stranger's file may say other sizes for its images than its layers are made for."""
    images, widths = np.zeros((1, 2, 32, 40), np.float32), np.array([40])
    for kind in ("ctc", "attention"):
        saved = load_artifact(save(f"{kind}.safetensors", kind=kind))
        network: Any = as_artifact(saved).network
        with pytest.raises(
            InputError, match=rf"{kind}\.safetensors: its model cannot be run on an array of 1 x 2 x 32"
        ):
            network.frames(images, widths) if kind == "ctc" else network.encode(images, widths)


def test_a_state_keeps_and_repeats_its_lines(save: Save, scribbles: Scribbles) -> None:
    saved = load_artifact(save("w.safetensors", kind="attention"))
    network = TorchSteps(saved.model)
    batch = batch_of(saved, scribbles((60, 61, 62)), 0)
    state = network.encode(batch.images.numpy(), batch.widths.numpy())
    chosen = network.select(state, np.array([2, 0, 2]))
    logits, _ = network.step(np.array([1, 1, 1]), chosen)
    want, _ = network.step(np.array([1, 1, 1]), state)
    assert np.allclose(logits, want[[2, 0, 2]], atol=1e-5) and logits.dtype == np.float32
