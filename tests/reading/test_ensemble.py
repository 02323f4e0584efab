"""Attention models of one ensemble step together: alone and in any batch, of other heights, with ends of their own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chuviet.artifact.metadata import Artifact
from chuviet.decode.attention import AttentionGreedy
from chuviet.pytorch.artifact import load_artifact
from chuviet.pytorch.network import as_artifact
from chuviet.reading.lines import LineReader
from chuviet.vocab import EOS

Save = Callable[..., Path]


def member(save: Save, name: str, end: float, **options: int) -> Artifact:
    """A random model whose ends are `end` likelier (in logits), and that reads twelve characters at most."""
    saved = load_artifact(save(name, kind="attention", **options))
    with torch.no_grad():
        saved.model.classify.bias[EOS] += end  # type: ignore[index, operator, union-attr]
    return replace(as_artifact(saved), decoder_cfg=AttentionGreedy.Config(max_length=12))


@pytest.mark.parametrize("end", [-20.0, 0.5])
def test_models_of_two_heights_read_the_same_in_any_batch(end: float, save: Save, pictures: list[Path]) -> None:
    """An attention model sees a little of the padding beside a line, so batches are of one width here."""
    reader = LineReader([member(save, f"{h}.safetensors", end, seed=h, height=h) for h in (16, 40)])
    images = [pictures[i] for i in (1, 4, 1, 4, 1)]  # 60 and 61 px wide: the same frames
    alone, together = (reader.predict(images, batch) for batch in (1, 4))
    assert [p.text for p in alone] == [p.text for p in together] and [p.index for p in together] == list(range(5))
    assert [p.confidence for p in together] == pytest.approx([p.confidence for p in alone], abs=1e-4)
    lengths = {len(p.text.strip(" ")) for p in reader.predict(pictures)}
    assert max(lengths) <= 12 and (end > 0 or max(lengths) >= 11)
