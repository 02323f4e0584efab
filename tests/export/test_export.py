"""ONNX files: the same texts as PyTorch's, alone and in batches; what travels inside; what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import helper

from chuviet import config
from chuviet.artifact import wire
from chuviet.artifact.onnx_file import LM_PREFIX, METADATA_KEY, load_onnx
from chuviet.cli import main
from chuviet.decode.ctc import CTCBeam
from chuviet.errors import InputError
from chuviet.export.detector import detector_graph
from chuviet.export.graph import CALIBRATION, Precision, calibration_rows, describe
from chuviet.export.lines import ctc_graph, drawn_strings, export_onnx
from chuviet.export.verdict import Refused
from chuviet.inputs.images import read_image
from chuviet.language.ngram import NGram
from chuviet.models.protocols import shipped_config
from chuviet.pytorch.artifact import SavedModel, load_artifact
from chuviet.pytorch.network import TorchMaps, as_artifact
from chuviet.reading.lines import LineReader
from chuviet.vocab import EOS, Charset

Save = Callable[..., Path]
Vary = Callable[..., None]
Scribbles = Callable[..., list[np.ndarray]]
CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("kind", ["ctc", "attention"])
def test_reads_as_pytorch_does_from_the_file_alone(kind: str, save: Save, pictures: list[Path], tmp_path: Path) -> None:
    saved, out = load_artifact(save("w.safetensors", kind=kind)), tmp_path / "w.onnx"
    if kind == "attention":
        with torch.no_grad():
            saved.model.classify.bias[EOS] -= 20  # type: ignore[index, operator, union-attr] # else no text at all
    report = export_onnx(saved, out, images=[read_image(p) for p in pictures])
    assert report.different == 0 and report.lines == len(pictures) and report.size == out.stat().st_size
    theirs, ours = LineReader(as_artifact(saved)), LineReader(out)
    for batch in (1, 4):
        want, got = theirs.predict(pictures, batch), ours.predict(pictures, batch)
        assert [p.text for p in got] == [p.text for p in want] and all(p.text for p in got)
        assert [p.confidence for p in got] == pytest.approx([p.confidence for p in want], abs=1e-4)


def test_language_model_travels_inside(save: Save, pictures: list[Path], tmp_path: Path) -> None:
    saved = load_artifact(save("w.safetensors"))
    trained = NGram.train(["abc", "abd", "bca"] * 5, saved.charset, order=3, min_count=1)
    lm = NGram.from_tensors(trained.to_tensors())  # as a file has it
    saved = replace(saved, lm=lm, decoder_cfg=CTCBeam.Config(width=4, alpha=0.5))
    export_onnx(saved, tmp_path / "w.onnx", images=[read_image(p) for p in pictures])
    back = load_onnx(tmp_path / "w.onnx")
    assert back.lm is not None and back.lm.score("abc") == lm.score("abc")
    assert back.decoder_cfg == saved.decoder_cfg and back.charset == saved.charset


def test_a_mismatch_leaves_no_file(save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = load_artifact(save("w.safetensors"))

    def other(found: SavedModel) -> onnx.ModelProto:
        """A graph of other weights, as a wrong conversion would be."""
        torch.manual_seed(5)
        model: Any = found.model_cfg.build(len(found.charset))  # type: ignore[attr-defined]
        return ctc_graph(replace(found, model=model.eval()))

    from chuviet.export import lines as export

    ctc_graph = export.ctc_graph
    monkeypatch.setattr(export, "ctc_graph", other)
    with pytest.raises(InputError, match="something else than PyTorch for .* lines in fp32"):
        export_onnx(saved, tmp_path / "w.onnx")
    assert not (tmp_path / "w.onnx").exists()


def test_command_with_labels_in_every_precision(
    save: Save, pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = save("w.safetensors", charset=Charset("abcdeố123"))  # labels have no space at their ends
    read = [p.text for p in LineReader(weights).predict(pictures)]
    names = [p.relative_to(tmp_path).as_posix() for p in pictures]
    (tmp_path / "labels.txt").write_text("".join(f"{n}\t{t}\n" for n, t in zip(names, read, strict=True)))
    for precision in ("fp32", "fp16", "int8", "int8-linear"):
        out = tmp_path / f"{precision}.onnx"
        given = ["export", "-w", str(weights), "--precision", precision, "--check", str(tmp_path / "labels.txt")]
        judged = ["--tolerance", "1"] if precision.startswith("int8") else []
        assert main([*given, "--out", str(out), *judged]) == 0
        said = capsys.readouterr().out
        assert "CER on" in said and "0.0000 PyTorch fp32" in said and f" ms ONNX {precision} (" in said
        assert main(["predict", "-w", str(out), str(pictures[0])]) == 0
        text, confidence, milliseconds = capsys.readouterr().out.rstrip("\n").split("\t")
        assert 0 <= float(confidence) <= 1 and milliseconds.endswith(" ms")
        assert precision.startswith("int8") or text == read[0]
    assert main(["export", "-w", str(weights), "--out", str(tmp_path / "mine.pdf")]) == 2
    assert "mine.pdf: an ONNX file ends in .onnx" in capsys.readouterr().err


@pytest.mark.parametrize("precision", ["int8", "int8-linear"])
def test_int8_is_refused_without_labels_or_when_it_reads_worse(
    precision: Precision, save: Save, pictures: list[Path], tmp_path: Path
) -> None:
    saved, images = load_artifact(save("w.safetensors")), [read_image(p) for p in pictures]
    with pytest.raises(InputError, match="--check"):
        export_onnx(saved, tmp_path / "w.onnx", precision, images)
    with pytest.raises(Refused, match=r"the CER rises from .* --tolerance") as refused:
        export_onnx(saved, tmp_path / "w.onnx", precision, images, ["ab"] * len(images), tolerance=-1.0)
    assert not (tmp_path / "w.onnx").exists()
    found = refused.value.report
    assert list(found.cer) == list(found.milliseconds) == ["PyTorch fp32", "ONNX fp32", f"ONNX {precision}"]


def test_int8_linear_is_for_models_that_read_line_by_line(save: Save, pictures: list[Path], tmp_path: Path) -> None:
    saved, images = load_artifact(save("w.safetensors", kind="attention")), [read_image(p) for p in pictures]
    with pytest.raises(InputError, match="int8-linear is for CTC models"):
        export_onnx(saved, tmp_path / "w.onnx", "int8-linear", images, ["ab"] * len(images))


def test_int8_wants_images_beside_those_it_is_calibrated_on(save: Save, pictures: list[Path], tmp_path: Path) -> None:
    saved, images = load_artifact(save("w.safetensors")), [read_image(p) for p in pictures]
    with pytest.raises(InputError, match="not judged on what it is calibrated on"):
        export_onnx(saved, tmp_path / "w.onnx", "int8", images[:1], ["ab"])


def test_int8_is_not_judged_on_what_it_is_calibrated_on(
    save: Save, scribbles: Scribbles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chuviet.export import graph
    from chuviet.export import lines as export

    images, seen = scribbles(range(40, 58, 2)), []
    in_precision = graph.in_precision

    def watched(model: onnx.ModelProto, precision: graph.Precision, feeds: Any) -> onnx.ModelProto:
        fed = list(feeds)
        seen.append([feed["images"].shape[3] for feed in fed])
        return in_precision(model, precision, iter(fed))

    monkeypatch.setattr(export, "in_precision", watched)
    saved = load_artifact(save("w.safetensors"))
    texts = ["ab"] * len(images)
    done = export_onnx(saved, tmp_path / "w.onnx", "int8", images, texts, tolerance=9.0)
    assert (done.calibrated, done.lines) == (2, 7) and seen[0] == [22, 26]  # half as high, half as wide
    done = export_onnx(saved, tmp_path / "w.onnx", "int8", images, texts, 9.0, scribbles((80,)))
    assert (done.calibrated, done.lines) == (1, 9) and seen[1] == [40]


def test_calibration_rows() -> None:
    assert calibration_rows(2) == [0] and calibration_rows(9) == [2, 6]
    rows = calibration_rows(500)
    assert len(rows) == CALIBRATION == len(set(rows)) and rows[0] < 8 and rows[-1] > 491
    assert np.ptp(np.diff(rows)) <= 1


@pytest.mark.parametrize("kind", ["attention", "scene"])
def test_every_kind_of_reader_in_fp16_and_int8(
    kind: str, save: Save, vary: Vary, scribbles: Scribbles, tmp_path: Path
) -> None:
    saved = load_artifact(save("w.safetensors", kind=kind, height=32))
    images = scribbles(range(30, 90, 2))
    vary(saved.model, saved.preprocess_cfg, images)
    reader = LineReader(as_artifact(saved))
    if kind == "scene":  # a random model may hesitate between two classes, as fp16 and fp32 do differently
        images.sort(key=lambda image: -margin(reader.frames([image])[0]))
    images = images[:9]
    want = reader.predict(images, batch_size=1)
    texts = [p.text for p in want]
    assert len(set(texts)) >= 5 and len(set("".join(texts))) >= 6
    sizes = {}
    for precision in ("fp32", "fp16", "int8"):
        out = tmp_path / f"{precision}.onnx"
        calibrate = scribbles((50, 70, 90), seed=1)
        done = export_onnx(saved, out, precision, images, texts, tolerance=0.6, calibrate=calibrate)  # type: ignore[arg-type]
        sizes[precision] = done.size
        assert done.cer["PyTorch fp32"] == 0 and done.cer[f"ONNX {precision}"] < (0.6 if precision == "int8" else 0.02)
        if precision != "int8":
            got = LineReader(out).predict(images, batch_size=1)
            assert [p.confidence for p in got] == pytest.approx([p.confidence for p in want], abs=0.01)
    assert sizes["fp16"] < 1.05 * sizes["fp32"]  # fp32 weights that fp16 holds are stored in it too
    assert sizes["int8"] < sizes["fp32"]


def margin(frames: np.ndarray) -> float:
    """How far the likeliest class lies above the next one, in the frame where that is least."""
    best = np.sort(frames, -1)
    return float((best[:, -1] - best[:, -2]).min())


FILE_DAMAGE = ("missing", "cut", "text", "foreign", "weights", "language model")
METADATA_DAMAGE = ("not JSON", "a list", "no revision", "notes a list", "foreign decoder", "other class count")
CHARSET_DAMAGE = ("longer", "shorter", "doubled")


@pytest.mark.parametrize("kind", ["ctc", "attention"])
def test_a_file_that_is_none_gives_one_line(kind: str, save: Save, tmp_path: Path) -> None:
    """None loads, and none reads a text that is shifted by an altered charset."""
    path = tmp_path / "w.onnx"
    saved = load_artifact(save("w.safetensors", kind=kind))
    lm = NGram.train(["abc", "abd"] * 5, saved.charset, order=2, min_count=1) if kind == "ctc" else None
    export_onnx(replace(saved, lm=lm), path, images=drawn_strings(3))
    whole = path.read_bytes()
    assert load_onnx(path).charset == saved.charset
    no_field = [f"no {name}" for name in ("format", "model", "preprocess", "decoder", "charset", "metrics", "notes",
                                          "revision", "precision", "sha256", "classes")]  # fmt: skip
    for damage in (*FILE_DAMAGE, *METADATA_DAMAGE, *CHARSET_DAMAGE, *no_field):
        if damage == "language model" and lm is None:
            continue
        path.unlink(missing_ok=True)
        if damage != "missing":
            path.write_bytes(damaged(whole, damage))
        with pytest.raises(InputError) as error:
            load_onnx(path)
        assert str(path) in str(error.value) and "\n" not in str(error.value), damage


def damaged(whole: bytes, damage: str) -> bytes:
    """The bytes of an exported file, altered."""
    graph = onnx.load_from_string(whole)
    if damage in ("cut", "text"):
        return whole[: len(whole) // 2] if damage == "cut" else b"no graph"
    if damage == "weights":
        tensor = max(graph.graph.initializer, key=lambda t: len(t.raw_data))
        raw = bytes(tensor.raw_data)
        tensor.raw_data = raw[:40] + bytes([raw[40] ^ 1]) + raw[41:]
        return graph.SerializeToString()
    properties = {p.key: p.value for p in graph.metadata_props}
    metadata = json.loads(properties[METADATA_KEY])
    if damage in ("longer", "shorter", "doubled"):
        old = metadata["charset"]
        metadata["charset"] = {"longer": "\u00df" + old, "shorter": old[:-1], "doubled": old[0] + old[:-1]}[damage]
    elif damage == "a list":
        metadata = [metadata]
    elif damage == "notes a list":
        metadata["notes"] = [1, 2]
    elif damage == "foreign decoder":
        metadata["decoder"] = {"type": "os:system"}
    elif damage == "other class count":
        metadata["classes"] += 1
    elif damage.startswith("no "):
        metadata.pop(damage.removeprefix("no "), None)
    properties[METADATA_KEY] = "{" if damage == "not JSON" else json.dumps(metadata, ensure_ascii=False)
    if damage == "foreign":
        del properties[METADATA_KEY]
    if damage == "language model":
        tensor = next(t for t in graph.graph.initializer if t.name.startswith(LM_PREFIX))
        tensor.raw_data = bytes(tensor.raw_data)[::-1]
    helper.set_model_props(graph, properties)
    return graph.SerializeToString()


@pytest.mark.parametrize("damage", ["one array gone", "another type", "another shape", "an array too many"])
def test_a_bad_language_model_gives_one_line(damage: str, save: Save) -> None:
    """One that was exported so: the SHA-256 is right."""
    saved = load_artifact(save("w.safetensors"))
    lm = NGram.train(["abc", "abd"] * 5, Charset("abcdeố 123"), order=2, min_count=1)
    graph = ctc_graph(saved)
    describe(graph, replace(saved, lm=lm), "fp32", CTCBeam.Config())
    assert load_onnx(graph.SerializeToString(), "w.onnx").lm is not None
    tensors = [t for t in graph.graph.initializer if t.name.startswith(LM_PREFIX)]
    largest = max(tensors, key=lambda t: len(t.raw_data))
    if damage == "one array gone":
        graph.graph.initializer.remove(largest)
    elif damage == "another type":
        largest.data_type = onnx.TensorProto.STRING
    elif damage == "another shape":
        largest.dims[0] += 1
    else:
        graph.graph.initializer.add().CopyFrom(largest)
        graph.graph.initializer[-1].name = f"{LM_PREFIX}level99.mass"
    properties = {p.key: p.value for p in graph.metadata_props}
    digest = wire.read_model(graph.SerializeToString(), METADATA_KEY).digest
    metadata = json.loads(properties[METADATA_KEY]) | {"sha256": digest}
    helper.set_model_props(graph, {METADATA_KEY: json.dumps(metadata)})
    with pytest.raises(InputError, match=r"w\.onnx: (its language model is damaged|not a whole ONNX file)"):
        load_onnx(graph.SerializeToString(), "w.onnx")


def test_an_exported_attention_model_cannot_beam_or_step_with_others(save: Save, tmp_path: Path) -> None:
    weights, out = save("w.safetensors", kind="attention"), tmp_path / "w.onnx"
    export_onnx(load_artifact(weights), out, images=drawn_strings(3))
    with pytest.raises(InputError, match="decoder of this ONNX file is in its graph"):
        LineReader(out, decoder="beam")
    with pytest.raises(InputError, match="ensemble the .safetensors"):
        LineReader([out, weights])


def models() -> list[str]:
    """One config of each shipped model and charset."""
    found = {}
    for name in sorted(p.stem for p in CONFIGS.rglob("*.py")):
        exp = config.load(name, CONFIGS)
        found.setdefault((shipped_config(exp.model), exp.charset), name)
    return list(found.values())


@pytest.mark.parametrize("name", models())
def test_every_config_is_exported(name: str, vary: Vary, scribbles: Scribbles, tmp_path: Path) -> None:
    """Built without ImageNet weights, at random; the narrow lines that are compared keep the large ones quick."""
    exp = config.load(name, CONFIGS)
    model_cfg: Any = shipped_config(exp.model)
    if hasattr(model_cfg, "pretrained"):
        model_cfg = replace(model_cfg, pretrained=False)
    if hasattr(model_cfg, "threshold"):
        model_cfg = replace(model_cfg, threshold=float("-inf"))  # a rejector that lets all pass
    preprocess: Any = exp.data.preprocess
    if getattr(preprocess, "width", None):
        preprocess = replace(preprocess, width=128)
    charset: Charset | None = exp.charset
    decoder = exp.decoder
    if hasattr(decoder, "max_length"):
        decoder = replace(decoder, max_length=12)  # type: ignore[call-arg]
    torch.manual_seed(0)
    saved = SavedModel(
        tmp_path / name, model_cfg.build(len(charset or ())).eval(), model_cfg, preprocess, decoder, charset, {}, {},
        "unknown", "fp32", 0,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    if charset is None:
        _compare_maps(saved, rng)
        return
    images = scribbles((40, 64, 80, 30, 48, 72, 56, 36, 88))  # the check reads batches of up to 8
    vary(saved.model, preprocess, images)
    texts = [p.text for p in LineReader(as_artifact(saved)).predict(images)]
    assert len(set(texts)) >= 5 and len(set("".join(texts))) >= 10
    assert export_onnx(saved, tmp_path / "w.onnx", images=images).different == 0


def _compare_maps(saved: SavedModel, rng: np.random.Generator) -> None:
    """A detector of random weights finds nothing to compare: its maps are compared instead, in several sizes."""
    network = as_artifact(saved).network
    assert isinstance(network, TorchMaps)
    session = onnxruntime.InferenceSession(detector_graph(network.model).SerializeToString())
    for n, h, w in ((1, 64, 96), (2, 96, 64), (1, 128, 128)):
        images = rng.normal(size=(n, 3, h, w)).astype(np.float32)
        expected, found = network.maps(images), session.run(None, {"images": images})[0]
        assert found.shape == expected.shape and np.abs(found - expected).max() < 1e-3
