"""The gate in front of a detector: what it skips, how it is trained, how its threshold is chosen."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from chuviet.batch import Batch, Output
from chuviet.cli import main
from chuviet.compress.rejection import choose_threshold, frames, measure, with_threshold
from chuviet.data.detection import read_set
from chuviet.decode.db import DBDecoder
from chuviet.decode.east import EastDecoder
from chuviet.errors import InputError
from chuviet.export.detector import detector_graph, export_detector
from chuviet.export.graph import Precision, in_precision, skip_unless
from chuviet.labels import LabelledPage
from chuviet.losses.rejector import RejectorLoss
from chuviet.models.dbnet import DBNet
from chuviet.models.fots import FOTS
from chuviet.models.fpn import FPN
from chuviet.models.rejector import NOTHING, Rejector, says_text
from chuviet.preprocess.page import PagePreprocess
from chuviet.pytorch.artifact import load_artifact, save_artifact
from chuviet.pytorch.decoding import TorchDecoder

DETECTOR = FOTS.Config(
    backbone="resnet10t", pretrained=False, options=(("channels", (8, 8, 16, 16)),), centre=(16, 16),
    decoder=(16, 16, 8, 8), out=8,
)  # fmt: skip
GATE = Rejector.Config(detector=DETECTOR, hidden=4)


def images(n: int, seed: int = 0, size: int = 64) -> Batch:
    rng = np.random.default_rng(seed)
    pixels = torch.from_numpy(rng.normal(size=(n, 3, size, size))).float()
    return Batch(pixels, torch.full((n,), size), torch.arange(n), shapes=torch.full((n, 4), size))


def test_frames_below_the_threshold_are_skipped_and_the_others_are_as_without_a_gate() -> None:
    torch.manual_seed(0)
    model = GATE.build().eval()
    batch = images(4)
    with torch.inference_mode():
        scores = says_text(model, batch)
        full = model.detector(batch).logits
        middle = float(scores.median()) + 1e-6
        model.cfg = Rejector.Config(detector=DETECTOR, hidden=4, threshold=middle)
        out = model(batch)
    passes = scores >= middle
    assert 0 < passes.sum() < 4
    assert torch.allclose(out.logits[passes], full[passes], atol=1e-5)
    assert (out.logits[~passes] == -20).all() and torch.equal(out.extra["text"], scores)


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_an_onnx_file_skips_the_same_frames(precision: Precision) -> None:
    torch.manual_seed(0)
    model = GATE.build().eval()
    batch = images(4)
    with torch.inference_mode():
        scores = says_text(model, batch)
        model.cfg = replace(GATE, threshold=float(scores.median()) + 1e-3)
        want = model(batch).logits
    graph = in_precision(detector_graph(model), precision, [])
    before = sum(node.op_type == "Conv" for node in graph.graph.node)
    skip_unless(graph, "text", model.cfg.threshold, (6, 1, 1), NOTHING)
    assert 0 < sum(node.op_type == "Conv" for node in graph.graph.node) < before / 2  # the rest is in the branch
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    assert [output.name for output in session.get_outputs()] == ["logits"]
    found = session.run(None, {"images": batch.images.numpy()})[0]
    assert np.abs(found - want.numpy()).max() < (1e-4 if precision == "fp32" else 0.1)
    for image, score in zip(batch.images.numpy(), scores, strict=True):
        alone = session.run(None, {"images": image[None]})[0]
        if score < model.cfg.threshold:
            assert alone.shape == (1, 6, 1, 1) and (alone == NOTHING).all()
        else:
            assert alone.shape == (1, 6, 16, 16)


def test_a_slim_dbnet_behind_the_gate_has_one_map(tmp_path: Path) -> None:
    torch.manual_seed(0)
    inner = DBNet.Config(
        backbone="resnet10t", pretrained=False, options=(("channels", (8, 8, 16, 16)),), neck=FPN.Config(width=16)
    )
    gate = Rejector.Config(detector=inner, hidden=4, threshold=math.inf)
    batch = images(2)
    for model, channels in ((gate.build().eval(), 2), (gate.build().slim(), 1)):
        with torch.inference_mode():
            skipped = model(batch).logits
            model.cfg = replace(gate, threshold=-math.inf)
            assert model(batch).logits.shape == (2, channels, 64, 64)
        assert skipped.shape == (2, channels, 1, 1)
    gate, file = replace(gate, threshold=0.0), tmp_path / "gate.safetensors"
    save_artifact(
        file, model=gate.build(), model_cfg=gate, preprocess_cfg=PagePreprocess.Config(longest=64),
        decoder_cfg=DBDecoder.Config(), charset=None, metrics={},
    )  # fmt: skip
    export_detector(with_threshold(load_artifact(file), math.inf), tmp_path / "gate.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "gate.onnx"))
    assert session.run(None, {"images": batch.images.numpy()[:1]})[0].shape == (1, 1, 1, 1)


def test_nothing_behind_the_gate_runs_for_an_empty_frame() -> None:
    model = GATE.build().eval()
    model.cfg = Rejector.Config(detector=DETECTOR, hidden=4, threshold=math.inf)
    calls: list[str] = []
    model.detector.join.register_forward_hook(lambda *_: calls.append("join"))
    list(model.detector.backbone.net.values())[-1].register_forward_hook(lambda *_: calls.append("last stage"))
    with torch.inference_mode():
        found = TorchDecoder(EastDecoder.Config().build())(model, images(1))
    assert calls == [] and len(found[0].quads) == 0
    model.cfg = Rejector.Config(detector=DETECTOR, hidden=4, threshold=-math.inf)
    with torch.inference_mode():
        model(images(1))
    assert calls == ["last stage", "join"]


def test_training_moves_the_head_alone() -> None:
    model = GATE.build().train()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    batch = images(4)
    batch.maps = {"score": torch.tensor([0.0, 1, 0, 1]).view(4, 1, 1, 1), "mask": torch.ones(4, 1, 1, 1)}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    RejectorLoss.Config().build()(model(batch), batch)["loss"].backward()
    optimizer.step()
    for name, value in model.state_dict().items():
        if name.startswith("detector."):
            assert torch.equal(value, before[name])  # BatchNorm's statistics as well
    assert any(not torch.equal(v, before[k]) for k, v in model.state_dict().items() if k.startswith("head."))


def test_loss_leaves_out_images_with_dont_care_regions_alone() -> None:
    logits = torch.tensor([2.0, -1.0, 3.0])
    score, mask = [[[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 0.0]]], [[[1.0, 0.0]], [[1.0, 1.0]], [[1.0, 0.0]]]
    maps = {"score": torch.tensor(score), "mask": torch.tensor(mask)}
    batch = Batch(torch.zeros(3, 3, 2, 2), torch.zeros(3), torch.arange(3), maps=maps)
    losses = RejectorLoss.Config().build()(Output(logits[:, None], extra={"text": logits}), batch)
    expected = (math.log1p(math.exp(-2.0)) + math.log1p(math.exp(-1.0))) / 2
    assert losses["loss"].item() == pytest.approx(expected, abs=1e-6) and losses["weight"].item() == 2


def labelled(folder: Path) -> Path:
    """A page of 4 x 1 squares of 64 px: word, nothing, word, don't-care."""
    rng = np.random.default_rng(0)
    image = rng.integers(200, 256, (64, 256, 3)).astype(np.uint8)
    rows = []
    for k, text in ((0, "a"), (2, "b"), (3, "###")):
        x = 64 * k + 10
        image[20:40, x : x + 40] = rng.integers(0, 50, (20, 40, 3))
        rows.append({"transcription": text, "points": [[x, 20], [x + 40, 20], [x + 40, 40], [x, 40]]})
    Image.fromarray(image).save(folder / "p.png")
    (folder / "label.txt").write_text(f"p.png\t{json.dumps(rows)}\n")
    return folder / "label.txt"


def test_frames_of_a_page(tmp_path: Path) -> None:
    labelled(tmp_path)
    quads = np.array([[(x, 20), (x + 40, 20), (x + 40, 40), (x, 40)] for x in (10, 138, 202)], np.float64)
    page = LabelledPage(None, quads, ["a", "b", "###"], np.array([False, False, True]), str(tmp_path / "p.png"))
    seen = list(frames([page], 64))
    assert [text for _, text in seen] == [True, False, True]  # the last square is neither
    assert all(image.shape == (64, 64, 3) for image, _ in seen)


def test_threshold_from_recall_and_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(3)
    weights, labels = tmp_path / "gate.safetensors", labelled(tmp_path)
    save_artifact(
        weights, model=GATE.build(), model_cfg=GATE, preprocess_cfg=PagePreprocess.Config(longest=64),
        decoder_cfg=EastDecoder.Config(), charset=None, metrics={},
    )  # fmt: skip
    artifact = load_artifact(weights)
    chosen = choose_threshold(artifact, read_set(str(labels)), 64, recall=1.0)
    result = measure(chosen, read_set(str(labels)), 64)
    assert result.kept == 1.0 and result.frames == 3 and result.empty == 1 and result.auc in (0.0, 0.5, 1.0)
    nothing = measure(with_threshold(artifact, math.inf), read_set(str(labels)), 64)
    assert nothing.kept == 0 and nothing.skipped == 1
    capsys.readouterr()
    out = tmp_path / "set.safetensors"
    command = ["reject", "-w", str(weights), "--data", str(labels), "--frame", "64", "--out", str(out)]
    assert main([*command, "--recall", "1"]) == 0
    said = capsys.readouterr().out
    assert "ROC AUC" in said and "threshold" in said
    assert load_artifact(out).model_cfg.threshold == pytest.approx(chosen.model_cfg.threshold)  # type: ignore[attr-defined]
    report = tmp_path / "m.json"
    measured = ["evaluate", "-w", str(out), "--data", str(labels), "--json", str(report)]
    assert main([*measured, "--frame", "64"]) == 0
    assert "rejector: ROC AUC" in capsys.readouterr().out
    gate = json.loads(report.read_text())["rejector"]
    assert (gate["frames"], gate["empty"], gate["kept"]) == (3, 1, 1.0) and len(gate["milliseconds"]) == 2
    # Each square of 200 px (one, as the page is 64 px high) has text: no ROC AUC, but all else is said and drawn.
    drawn = tmp_path / "drawn"
    for frame, said in ((100, "no ROC AUC, for which both kinds are needed, on"), (400, "no frames to measure it on")):
        assert main([*measured, "--frame", str(frame), "--draw", str(drawn)]) == 0
        assert f"rejector: {said}" in capsys.readouterr().out and (drawn / "p.jpg").is_file()
        assert json.loads(report.read_text())["rejector"]["auc"] is None
    save_artifact(
        weights, model=DETECTOR.build(), model_cfg=DETECTOR, preprocess_cfg=PagePreprocess.Config(),
        decoder_cfg=EastDecoder.Config(), charset=None, metrics={},
    )  # fmt: skip
    assert main(command) == 2
    assert "a model without a rejector" in capsys.readouterr().err
    with pytest.raises(InputError, match="both kinds are needed"):
        choose_threshold(artifact, read_set(str(labels))[:0], 64, 0.9)
