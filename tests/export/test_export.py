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
from chuviet.artifact.onnx_file import LM_KEY, METADATA_KEY, load_onnx, read_wire
from chuviet.artifact.opening import find_weights
from chuviet.batch import Batch
from chuviet.cli import main
from chuviet.decode.ctc import CTCBeam
from chuviet.errors import InputError
from chuviet.export.detector import detector_graph
from chuviet.export.graph import CALIBRATION, Refused, calibration_rows, describe
from chuviet.export.lines import ctc_graph, drawn_strings, export_onnx
from chuviet.inputs.images import read_image
from chuviet.language.ngram import NGram
from chuviet.pytorch.artifact import Artifact, load_artifact
from chuviet.reading.detector import Detector
from chuviet.reading.lines import LineReader
from chuviet.vocab import EOS, Charset

Save = Callable[..., Path]
Vary = Callable[..., None]
Scribbles = Callable[..., list[np.ndarray]]
CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("kind", ["ctc", "attention"])
def test_reads_as_pytorch_does_from_the_file_alone(kind: str, save: Save, pictures: list[Path], tmp_path: Path) -> None:
    artifact, out = load_artifact(save("w.safetensors", kind=kind)), tmp_path / "w.onnx"
    if kind == "attention":
        with torch.no_grad():
            artifact.model.classify.bias[EOS] -= 20  # type: ignore[index, operator, union-attr] # else no text at all
    report = export_onnx(artifact, out, images=[read_image(p) for p in pictures])
    assert report.different == 0 and report.lines == len(pictures) and report.size == out.stat().st_size
    theirs, ours = LineReader([artifact]), LineReader(out)
    for batch in (1, 4):
        want, got = theirs.predict(pictures, batch), ours.predict(pictures, batch)
        assert [p.text for p in got] == [p.text for p in want] and all(p.text for p in got)
        assert [p.confidence for p in got] == pytest.approx([p.confidence for p in want], abs=1e-4)


def test_language_model_travels_inside(save: Save, pictures: list[Path], tmp_path: Path) -> None:
    artifact = load_artifact(save("w.safetensors"))
    trained = NGram.train(["abc", "abd", "bca"] * 5, artifact.charset, order=3, min_count=1)
    lm = NGram.from_tensors(trained.to_tensors())  # as a file has it
    artifact = replace(artifact, lm=lm, decoder_cfg=CTCBeam.Config(width=4, alpha=0.5))
    export_onnx(artifact, tmp_path / "w.onnx", images=[read_image(p) for p in pictures])
    back = load_onnx(tmp_path / "w.onnx")
    assert back.lm is not None and back.lm.score("abc") == lm.score("abc")
    assert back.decoder_cfg == artifact.decoder_cfg and back.charset == artifact.charset


def test_a_mismatch_leaves_no_file(save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    artifact = load_artifact(save("w.safetensors"))

    def other(found: Artifact) -> onnx.ModelProto:
        """A graph of other weights, as a wrong conversion would be."""
        torch.manual_seed(5)
        model: Any = found.model_cfg.build(len(found.charset))  # type: ignore[attr-defined]
        return ctc_graph(replace(found, model=model.eval()))

    from chuviet.export import lines as export

    ctc_graph = export.ctc_graph
    monkeypatch.setattr(export, "ctc_graph", other)
    with pytest.raises(InputError, match="read differently by ONNX Runtime in fp32"):
        export_onnx(artifact, tmp_path / "w.onnx")
    assert not (tmp_path / "w.onnx").exists()


def test_command_with_labels_in_every_precision(
    save: Save, pictures: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = save("w.safetensors", charset=Charset("abcdeố123"))  # labels have no space at their ends
    read = [p.text for p in LineReader(weights).predict(pictures)]
    names = [p.relative_to(tmp_path).as_posix() for p in pictures]
    (tmp_path / "labels.txt").write_text("".join(f"{n}\t{t}\n" for n, t in zip(names, read, strict=True)))
    for precision in ("fp32", "fp16", "int8"):
        out = tmp_path / f"{precision}.onnx"
        given = ["export", "-w", str(weights), "--precision", precision, "--check", str(tmp_path / "labels.txt")]
        judged = ["--tolerance", "1"] if precision == "int8" else []
        assert main([*given, "--out", str(out), *judged]) == 0
        said = capsys.readouterr().out
        assert "CER on" in said and "0.0000 PyTorch fp32" in said and f" ms ONNX {precision} (" in said
        assert main(["predict", "-w", str(out), str(pictures[0])]) == 0
        text, confidence, milliseconds = capsys.readouterr().out.rstrip("\n").split("\t")
        assert 0 <= float(confidence) <= 1 and milliseconds.endswith(" ms")
        assert precision == "int8" or text == read[0]


def test_int8_is_refused_without_labels_or_when_it_reads_worse(
    save: Save, pictures: list[Path], tmp_path: Path
) -> None:
    artifact, images = load_artifact(save("w.safetensors")), [read_image(p) for p in pictures]
    with pytest.raises(InputError, match="--check"):
        export_onnx(artifact, tmp_path / "w.onnx", "int8", images)
    with pytest.raises(Refused, match=r"the CER rises from .* --tolerance") as refused:
        export_onnx(artifact, tmp_path / "w.onnx", "int8", images, ["ab"] * len(images), tolerance=-1.0)
    assert not (tmp_path / "w.onnx").exists()
    found = refused.value.report
    assert list(found.cer) == list(found.milliseconds) == ["PyTorch fp32", "ONNX fp32", "ONNX int8"]
    with pytest.raises(InputError, match="not judged on what it is calibrated on"):
        export_onnx(artifact, tmp_path / "w.onnx", "int8", images[:1], ["ab"])


def test_int8_is_not_judged_on_what_it_is_calibrated_on(
    save: Save, scribbles: Scribbles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chuviet.export import graph
    from chuviet.export import lines as export

    images, seen = scribbles(range(40, 58, 2)), []
    in_precision = graph.in_precision

    def watched(model: onnx.ModelProto, precision: graph.Precision, feeds: Any) -> onnx.ModelProto:
        fed = list(feeds)
        seen.append([feed["widths"].item() for feed in fed])
        return in_precision(model, precision, iter(fed))

    monkeypatch.setattr(export, "in_precision", watched)
    artifact = load_artifact(save("w.safetensors"))
    texts = ["ab"] * len(images)
    done = export_onnx(artifact, tmp_path / "w.onnx", "int8", images, texts, tolerance=9.0)
    assert (done.calibrated, done.lines) == (2, 7) and seen[0] == [22, 26]  # half as high, half as wide
    done = export_onnx(artifact, tmp_path / "w.onnx", "int8", images, texts, 9.0, scribbles((80,)))
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
    artifact = load_artifact(save("w.safetensors", kind=kind, height=32))
    images = scribbles((40, 64, 80, 30, 48, 72, 56, 36, 88))
    vary(artifact.model, artifact.preprocess_cfg, images)
    want = LineReader([artifact]).predict(images, batch_size=1)
    texts = [p.text for p in want]
    assert len(set(texts)) >= 5 and len(set("".join(texts))) >= 6
    sizes = {}
    for precision in ("fp32", "fp16", "int8"):
        out = tmp_path / f"{precision}.onnx"
        calibrate = scribbles((50, 70, 90), seed=1)
        done = export_onnx(artifact, out, precision, images, texts, tolerance=0.6, calibrate=calibrate)  # type: ignore[arg-type]
        sizes[precision] = done.size
        assert done.cer["PyTorch fp32"] == 0 and done.cer[f"ONNX {precision}"] < (0.6 if precision == "int8" else 0.02)
        if precision != "int8":
            got = LineReader(out).predict(images, batch_size=1)
            assert [p.confidence for p in got] == pytest.approx([p.confidence for p in want], abs=0.01)
    assert sizes["fp16"] < 0.7 * sizes["fp32"] and sizes["int8"] < sizes["fp32"]


FILE_DAMAGE = ("missing", "cut", "text", "foreign", "weights", "language model")
METADATA_DAMAGE = ("not JSON", "a list", "no revision", "notes a list", "foreign decoder", "other class count")
CHARSET_DAMAGE = ("longer", "shorter", "doubled")


@pytest.mark.parametrize("kind", ["ctc", "attention"])
def test_a_file_that_is_none_gives_one_line(kind: str, save: Save, tmp_path: Path) -> None:
    """None loads, and none reads a text that is shifted by an altered charset."""
    path = tmp_path / "w.onnx"
    artifact = load_artifact(save("w.safetensors", kind=kind))
    lm = NGram.train(["abc", "abd"] * 5, artifact.charset, order=2, min_count=1) if kind == "ctc" else None
    export_onnx(replace(artifact, lm=lm), path, images=drawn_strings(3))
    whole = path.read_bytes()
    assert load_onnx(path).charset == artifact.charset
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
        properties[LM_KEY] = "AAAA" + properties[LM_KEY][4:]
    helper.set_model_props(graph, properties)
    return graph.SerializeToString()


@pytest.mark.parametrize("text", ["AAAA", "%%%", "none"])
def test_a_bad_language_model_gives_one_line(text: str, save: Save, tmp_path: Path) -> None:
    """One that was exported so: the SHA-256 is right."""
    artifact = load_artifact(save("w.safetensors"))
    graph = ctc_graph(artifact)
    describe(graph, artifact, "fp32", artifact.decoder_cfg)
    properties = {p.key: p.value for p in graph.metadata_props}
    helper.set_model_props(graph, properties | {LM_KEY: text})
    metadata = json.loads(properties[METADATA_KEY]) | {"sha256": read_wire(graph.SerializeToString())[1]}
    helper.set_model_props(graph, {METADATA_KEY: json.dumps(metadata), LM_KEY: text})
    with pytest.raises(InputError, match="its language model is damaged"):
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
    for name in sorted(p.stem for p in CONFIGS.glob("*.py")):
        exp = config.load(name, CONFIGS)
        found.setdefault((getattr(exp.model, "shipped", exp.model), exp.charset), name)
    return list(found.values())


@pytest.mark.parametrize("name", models())
def test_every_config_is_exported(name: str, vary: Vary, scribbles: Scribbles, tmp_path: Path) -> None:
    """Built without ImageNet weights, at random; the narrow lines that are compared keep the large ones quick."""
    exp = config.load(name, CONFIGS)
    model_cfg: Any = getattr(exp.model, "shipped", exp.model)
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
    artifact = Artifact(
        tmp_path / name, model_cfg.build(len(charset or ())).eval(), model_cfg, preprocess, decoder, charset, {}, {},
        "unknown", "fp32", 0,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    if charset is None:
        _compare_maps(artifact, rng)
        return
    images = scribbles((40, 64, 80, 30, 48, 72, 56, 36, 88))  # the check reads batches of up to 8
    vary(artifact.model, preprocess, images)
    texts = [p.text for p in LineReader([artifact]).predict(images)]
    assert len(set(texts)) >= 5 and len(set("".join(texts))) >= 10
    assert export_onnx(artifact, tmp_path / "w.onnx", images=images).different == 0


def _compare_maps(artifact: Artifact, rng: np.random.Generator) -> None:
    """A detector of random weights finds nothing to compare: its maps are compared instead, in several sizes."""
    detector = Detector(artifact)
    session = onnxruntime.InferenceSession(detector_graph(detector.model).SerializeToString())
    for n, h, w in ((1, 64, 96), (2, 96, 64), (1, 128, 128)):
        images = torch.from_numpy(rng.normal(size=(n, 3, h, w))).float()
        with torch.inference_mode():
            expected = detector.model(Batch(images, torch.zeros(n), torch.zeros(n))).logits.numpy()
        found = session.run(None, {"images": images.numpy()})[0]
        assert found.shape == expected.shape and np.abs(found - expected).max() < 1e-3


def test_weights_by_name(tmp_path: Path) -> None:
    shipped, runs = tmp_path / "weights", tmp_path / "outputs"
    for path in (shipped / "a.safetensors", runs / "b/fold0/weights.safetensors", runs / "b/fold3/weights.safetensors"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert find_weights("a", (shipped, runs)) == shipped / "a.safetensors"
    assert find_weights("b", (shipped, runs)) == runs / "b/fold3/weights.safetensors"
    assert find_weights("no/such.onnx", (shipped, runs)) == Path("no/such.onnx")  # loading says what is wrong
    with pytest.raises(InputError, match="c: no such file, nor weights/c.safetensors"):
        find_weights("c", (shipped, runs))
