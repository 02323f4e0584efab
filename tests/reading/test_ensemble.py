"""Attention models in ONNX Runtime: the texts of PyTorch, alone and together, in any batch; what is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chuviet.decode.attention import AttentionGreedy
from chuviet.errors import InputError
from chuviet.pytorch.artifact import Artifact, load_artifact
from chuviet.reading.lines import LineReader
from chuviet.vocab import EOS

Save = Callable[..., Path]


def member(save: Save, name: str, end: float, **options: int) -> Artifact:
    """A random model whose ends are `end` likelier (in logits), and that reads twelve characters at most."""
    artifact = load_artifact(save(name, kind="attention", **options))
    with torch.no_grad():
        artifact.model.classify.bias[EOS] += end  # type: ignore[index, operator, union-attr]
    return replace(artifact, decoder_cfg=AttentionGreedy.Config(max_length=12))


@pytest.mark.parametrize("end", [-20.0, 0.5])
def test_two_models_of_different_heights_read_as_in_pytorch(end: float, save: Save, pictures: list[Path]) -> None:
    members = [member(save, f"{h}.safetensors", end, seed=h, height=h) for h in (16, 40)]
    plain, fast = LineReader(members), LineReader(members).hasten(threads=2)
    for batch in (1, 4):
        want, got = plain.predict(pictures, batch), fast.predict(pictures, batch)
        assert [p.text for p in got] == [p.text for p in want] and [p.index for p in got] == [p.index for p in want]
        assert [p.confidence for p in got] == pytest.approx([p.confidence for p in want], abs=1e-4)
        lengths = {len(p.text) for p in got}
        assert lengths == {12} if end < 0 else len(lengths) > 1 and min(lengths) < 12


@pytest.mark.parametrize("threads", [1, 3])
def test_one_model_alone(threads: int, save: Save, pictures: list[Path]) -> None:
    artifact = member(save, "w.safetensors", -20.0)
    want = LineReader([artifact]).predict(pictures, 3)
    assert LineReader([artifact]).hasten(threads).predict(pictures, 3) == [
        replace(p, confidence=pytest.approx(p.confidence, abs=1e-4)) for p in want
    ]


def test_ctc_and_beam_are_refused(save: Save) -> None:
    with pytest.raises(InputError, match="decoded greedily"):
        LineReader(save("c.safetensors")).hasten()
    with pytest.raises(InputError, match="decoded greedily"):
        LineReader(save("a.safetensors", kind="attention"), decoder="beam").hasten()
