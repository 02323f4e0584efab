from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from chuviet.decode.ctc import CTCBeam, best_path, log_likelihoods
from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.pytorch.artifact import load_artifact
from chuviet.pytorch.network import as_artifact, as_batch
from chuviet.reading.lines import LineReader
from chuviet.vocab import Charset

Save = Callable[..., Path]


def texts(recognizer: LineReader, images: list[Path], batch: int = 32) -> list[str]:
    predictions = recognizer.predict(images, batch)
    assert [p.index for p in predictions] == list(range(len(images)))
    assert all(0 <= p.confidence <= 1 for p in predictions)
    return [p.text for p in predictions]


def test_results_do_not_depend_on_batch_size_and_keep_the_order(save: Save, pictures: list[Path]) -> None:
    reader = LineReader(save("a.safetensors"))
    alone = texts(reader, pictures, 1)
    assert len(set(alone)) > 3 and all(alone)  # else the order would not show
    assert texts(reader, pictures, 3) == alone == texts(reader, pictures, 100)
    assert texts(reader, pictures[::-1], 2) == alone[::-1]


def test_arrays_and_paths_read_alike(save: Save, pictures: list[Path]) -> None:
    reader = LineReader(save("a.safetensors"))
    assert [p.text for p in reader.predict([read_image(p) for p in pictures])] == texts(reader, pictures)
    assert reader.predict([]) == []


def test_a_ctc_ensemble_takes_the_members_reading_that_suits_them_all(save: Save, pictures: list[Path]) -> None:
    paths = [save("a.safetensors"), save("b.safetensors", seed=1), save("c.safetensors", seed=2, height=24)]
    members = [LineReader(path) for path in paths]
    chosen = []
    for picture in pictures:
        frames = [member.frames([picture])[0] for member in members]
        readings = [best_path(f)[0] for f in frames]
        chosen.append(max(readings, key=lambda ids: sum(log_likelihoods(f, [ids])[0] for f in frames)))
    expected = [members[0].charset.decode(ids).strip(" ") for ids in chosen]
    together, *alone = (texts(reader, pictures, 1) for reader in (LineReader(paths), *members))
    assert [text.strip(" ") for text in together] == expected
    assert all(together != own for own in alone)


@pytest.mark.parametrize("kind", ["ctc", "attention"])
def test_an_ensemble_of_twins_reads_as_one(save: Save, pictures: list[Path], kind: str) -> None:
    a, b = save("a.safetensors", kind), save("b.safetensors", kind)
    assert texts(LineReader([a, b]), pictures) == texts(LineReader(a), pictures)


def test_attention_ensemble_prepares_every_members_own_images(save: Save, pictures: list[Path]) -> None:
    paths = [save("a.safetensors", "attention", height=32), save("b.safetensors", "attention", seed=1, height=48)]
    reader = LineReader(paths)
    expected = []
    for picture in pictures:
        artifacts = [load_artifact(p) for p in paths]
        states = []
        for artifact in artifacts:
            preprocess = artifact.preprocess_cfg.build()  # type: ignore[attr-defined]
            batch = as_batch(artifact.model, *preprocess.collate([preprocess(read_image(picture))]))
            states.append(artifact.model.encode(batch))  # type: ignore[operator]
        ids, token = [], torch.tensor([1])
        for _ in range(6):
            steps = [a.model.step(token, s) for a, s in zip(artifacts, states, strict=True)]
            states = [s for _, s in steps]
            mean = torch.stack([logits.softmax(-1) for logits, _ in steps]).mean(0)
            mean[:, [0, 1, 3]] = 0
            token = mean.argmax(-1)
            if int(token) == 2:
                break
            ids.append(int(token) - 4)
        expected.append(reader.charset.decode(ids))
    assert texts(reader, pictures, 1) == expected


def test_mixed_kinds_are_refused(save: Save) -> None:
    with pytest.raises(InputError, match="attention model and a CTC model"):
        LineReader([save("a.safetensors"), save("b.safetensors", "attention")])


def test_another_charset_is_refused(save: Save) -> None:
    a = save("a.safetensors")
    with pytest.raises(InputError, match=r"different charsets \(10 and 4 characters; .*'z'|different charsets"):
        LineReader([a, save("b.safetensors", charset=Charset("abcz"))])
    with pytest.raises(InputError, match="in another order"):
        LineReader([a, save("c.safetensors", charset=Charset("bacdeố 123"))])
    with pytest.raises(InputError, match="no weights given"):
        LineReader([])


def test_decoder_can_be_overridden(save: Save, pictures: list[Path]) -> None:
    path = save("a.safetensors")
    beam = LineReader(path, decoder="beam", beam_width=3)
    assert beam.decoder_cfg == CTCBeam.Config(width=3)
    assert len(texts(beam, pictures)) == len(pictures)
    with pytest.raises(InputError, match="--decoder beam"):
        LineReader(path, beam_width=3)
    packed = dataclasses.replace(as_artifact(load_artifact(path)), decoder_cfg=CTCBeam.Config(width=7, alpha=0.9))
    assert LineReader(packed, decoder="beam").decoder_cfg == CTCBeam.Config(width=7, alpha=0.9)
    with pytest.raises(InputError, match="--decoder beam"):
        LineReader(packed, decoder="greedy", beam_width=3)


def test_attention_beam(save: Save, pictures: list[Path]) -> None:
    path = save("a.safetensors", "attention")
    narrow = LineReader(path, decoder="beam", beam_width=1)
    assert len(texts(narrow, pictures)) == len(pictures)


def test_bad_images_are_named_and_the_others_read(save: Save, pictures: list[Path]) -> None:
    reader = LineReader(save("a.safetensors"))
    good = texts(reader, pictures)
    pictures[2].write_bytes(pictures[2].read_bytes()[:100])
    pictures[4].write_bytes(b"")
    with pytest.raises(InputError, match=r"2\.png: .* \(2 of 7 images cannot be read\)"):
        reader.predict(pictures)
    read, bad = reader.try_predict(pictures, batch_size=2)
    assert [b.index for b in bad] == [2, 4] and read[2] is None and read[4] is None
    assert [p.text for p in read if p] == [t for i, t in enumerate(good) if i not in (2, 4)]
    assert [p.index for p in read if p] == [0, 1, 3, 5, 6]


def test_one_pixel_image_is_an_error_with_its_name(save: Save, tmp_path: Path) -> None:
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    with pytest.raises(InputError, match=r"dot\.png.*2 px or more"):
        LineReader(save("a.safetensors")).predict([tmp_path / "dot.png"])
