"""Pruning: what goes, that the rest computes what the masked model does, and that it can be stored and trained."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from chuviet import cli
from chuviet.batch import Batch, Output
from chuviet.compress.prune import example, kept, mask, prune, remove_channels, traced
from chuviet.config import Config
from chuviet.data.recognition import LineData
from chuviet.data.scene_augment import SceneAugment
from chuviet.data.table import write_table
from chuviet.decode.ctc import CTCGreedy
from chuviet.decode.db import DBDecoder
from chuviet.errors import InputError
from chuviet.experiment import Experiment
from chuviet.losses.ctc import CTCLoss
from chuviet.models.backbone_ctc import BackboneCTC
from chuviet.models.ctc import LineCTC
from chuviet.models.dbnet import DBNet
from chuviet.models.fots import FOTS
from chuviet.models.fpn import FPN
from chuviet.models.micro import MicroOCR
from chuviet.models.rejector import Rejector
from chuviet.models.seq2seq import Seq2Seq
from chuviet.preprocess.line import LinePreprocess
from chuviet.preprocess.page import PagePreprocess
from chuviet.preprocess.scene import ScenePreprocess
from chuviet.pytorch.artifact import SavedModel, load_artifact, resave_artifact
from chuviet.runs import as_pruned, run, run_folder
from chuviet.train.engine import Train
from chuviet.vocab import Charset

THIN = (("channels", (16, 24, 32, 48)),)
PAGES: dict[str, Any] = {
    "resnet_db": DBNet.Config(
        backbone="resnet18", pretrained=False, options=THIN, neck=FPN.Config(width=32, excite=False)
    ),
    "repvit_db": DBNet.Config(backbone="repvit_m0_9", pretrained=False, options=(("depth", (1, 1, 1, 1)),)),
    "fots_light": FOTS.Config(
        backbone="resnet18", pretrained=False, options=THIN, centre=(64, 64), decoder=(48, 32, 24, 16), out=16
    ),
}
LINES: dict[str, Any] = {
    "line": LineCTC.Config(stem=16, widths=(16, 32, 48), depths=(1, 1, 2), heads=4),
    "scene": BackboneCTC.Config(backbone="resnet10t", pretrained=False),
    "scene_svtr": BackboneCTC.Config(backbone="resnet10t", pretrained=False, neck="svtr", head="conv"),
    "micro": MicroOCR.Config(width=32, depth=2),
    "attention": Seq2Seq.Config(backbone="test_efficientnet", hidden=16, pretrained=False),
}


def saved(cfg: Any) -> SavedModel:
    """A random model whose BatchNorms are not those of the first step, as if loaded from a file."""
    torch.manual_seed(0)
    pages = isinstance(cfg, (DBNet.Config, FOTS.Config, Rejector.Config))
    charset = None if pages else Charset("abcd 12")
    model = cfg.build(len(charset or ())).eval()
    for layer in model.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(layer.running_var, 0.5, 1.5)  # type: ignore[arg-type]
            nn.init.normal_(layer.running_mean, std=0.2)  # type: ignore[arg-type]
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.2)
    grey = isinstance(cfg, (LineCTC.Config, Seq2Seq.Config))
    lines: Config = LinePreprocess.Config() if grey else ScenePreprocess.Config(height=32, width=128)
    return SavedModel(
        Path("w.safetensors"), model, cfg, PagePreprocess.Config() if pages else lines,
        DBDecoder.Config() if pages else CTCGreedy.Config(), charset, {"cer": 0.1}, {"run": "r"}, "", "fp32", 0,
    )  # fmt: skip


class Chain(nn.Module):
    """3 -> 8 -> 16 -> 2 channels."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8)
        self.second, self.read = nn.Conv2d(8, 16, 3), nn.Conv2d(16, 2, 1)

    def forward(self, batch: Batch) -> Output:
        return Output(logits=self.read(self.second(self.norm(self.first(batch.images)).relu()).relu()))


def noise(side: int = 16) -> Batch:
    images = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(1))
    return Batch(images, torch.tensor([side]), torch.tensor([0]))


def test_the_smallest_filters_of_a_chain_go() -> None:
    torch.manual_seed(0)
    full = Chain().eval()
    with torch.no_grad():
        for i in (0, 3, 5, 6):  # smaller by far in norm: a hundredth
            full.first.weight[i] *= 0.01
            full.second.weight[:, i] *= 0.01
        full.norm.bias.normal_()  # a removed channel is not zero by itself
        for i in range(8, 16):
            full.second.weight[i] *= 0.01
            full.read.weight[:, i] *= 0.01
    small = Chain().eval()
    small.load_state_dict(full.state_dict())
    removed = remove_channels(small, noise(), 0.5, round_to=1)
    assert removed == {"first": [0, 3, 5, 6], "norm": [0, 3, 5, 6], "second": list(range(8, 16))}
    # 4 filters of 3x3x3, their norms, 8 filters of 4x3x3 with biases, 2 of 8x1x1 with biases
    assert sum(p.numel() for p in small.parameters()) == 4 * 27 + 8 + 8 * 36 + 8 + 2 * 8 + 2
    with torch.no_grad():
        for i in (0, 3, 5, 6):
            full.norm.weight[i] = full.norm.bias[i] = 0
        full.second.weight[8:], full.second.bias[8:] = 0, 0
    torch.testing.assert_close(small(noise()).logits, full(noise()).logits)


def test_kept_channels_by_hand() -> None:
    assert [kept(64, 0.5, 8), kept(48, 0.3, 8), kept(10, 0.5, 8), kept(6, 0.5, 8), kept(3, 0.9, 1)] == [32, 32, 8, 6, 1]
    assert [kept(64, 0.3, 1), kept(5, 0.5, 1)] == [45, 3]


@pytest.mark.parametrize(
    ("name", "keep_residual"), [*((name, False) for name in PAGES | LINES), ("fots_light", True), ("line", True)]
)
def test_the_smaller_model_computes_what_the_masked_one_does(name: str, keep_residual: bool) -> None:
    before = saved((PAGES | LINES)[name])
    small = prune(before, 0.5, 1, keep_residual)
    lost = remove_channels(saved((PAGES | LINES)[name]).model, example(before), 0.5, 1, keep_residual)
    batch = example(before, 96)
    batch.images += 0.1 * torch.rand(batch.images.shape, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        got, want, full = (traced(m, batch) for m in (small.model, mask(before.model, lost), before.model))
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4 * float(want.abs().max()))
    assert float((full - want).abs().max()) > 0.01 * float(full.abs().max())  # what went was not zero anyway
    assert got.shape == full.shape and type(small.model) is type(before.model)

    sizes = [sum(p.numel() for p in a.model.parameters()) for a in (before, small)]
    shares = {"line": 1.4, "micro": 1.3, "attention": 1.1}  # trunks with LayerNorm, columns, recurrent layers stay
    assert sizes[0] / sizes[1] > (1.1 if keep_residual else shares.get(name, 3.3))


def test_shipped_form_of_a_pruned_repvit_gives_the_same() -> None:
    small: Any = prune(saved(PAGES["repvit_db"]), 0.5).model
    with torch.no_grad():
        want = small(noise(96)).logits[:, :1]
        got = small.slim()(noise(96)).logits
    torch.testing.assert_close(got, want, rtol=1e-4, atol=1e-4)


def test_heads_of_attention_stay_equal() -> None:
    small: Any = prune(saved(LINES["line"]), 0.5, 1).model
    assert small.mixing[0].qkv.weight.shape == (144, 48) and small.mixing[0].mlp[0].weight.shape == (72, 48)
    assert small.stage1[0].scale.shape == (8, 1, 1)


def test_full_fots_shrinks_as_published() -> None:
    cfg = FOTS.Config(pretrained=False)
    model = cfg.build().eval()
    remove_channels(model, noise(64), 0.5)
    # 9.585 M with the 513,000 of ResNet's classifier, which is unused and not pruned; 9.62 M are published
    assert sum(p.numel() for p in model.parameters()) == 9_072_230


@pytest.mark.parametrize("name", ["fots_light", "line"])
def test_a_file_and_a_second_pruning(name: str, tmp_path: Path) -> None:
    once = prune(saved((PAGES | LINES)[name]), 0.5)
    assert once.metrics == {} and once.notes == {"run": "r", "pruned": {"ratio": 0.5, "from": "w.safetensors"}}
    resave_artifact(once, tmp_path / "once.safetensors")
    back = load_artifact(tmp_path / "once.safetensors")
    assert back.model_cfg == once.model_cfg and back.notes == once.notes
    batch = example(back)
    with torch.no_grad():
        assert torch.equal(traced(back.model, batch), traced(once.model, batch))
    twice = prune(back, 0.5)
    first, second = (sum(p.numel() for p in a.model.parameters()) for a in (back, twice))
    assert second < 0.9 * first
    with torch.no_grad():
        assert traced(twice.model, batch).isfinite().all()


@pytest.mark.parametrize("ratio", [0.0, 1.0, -0.5, 1.5, float("nan")])
def test_a_ratio_that_leaves_all_or_nothing(ratio: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        prune(saved(LINES["micro"]), ratio)


def test_what_cannot_be_pruned() -> None:
    gated = saved(Rejector.Config(detector=PAGES["fots_light"]))
    with pytest.raises(InputError, match=r"w\.safetensors: a Rejector cannot be pruned"):
        prune(gated, 0.5)


def test_command(
    save: Callable[..., Path], small_onnx: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "half.safetensors"
    assert cli.main(["prune", "-w", str(save("a.safetensors")), "--round-to", "1", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "parameters" in printed and "ms, 1 thread" in printed and f"init={out}" in printed
    assert load_artifact(out).notes["pruned"] == {"ratio": 0.5, "from": "a.safetensors"}
    assert cli.main(["prune", "-w", str(out), "--ratio", "2", "--out", str(tmp_path / "no.safetensors")]) == 2
    assert "ratio 2: the share of channels" in capsys.readouterr().err and not (tmp_path / "no.safetensors").exists()
    # What is shipped can be pruned too.
    assert (
        cli.main(["prune", "-w", str(small_onnx.line), "--round-to", "1", "--out", str(tmp_path / "b.safetensors")])
        == 0
    )


def experiment(folder: Path, model: Config) -> Experiment:
    """Four images with labels, trained on for an epoch."""
    rng, rows = np.random.default_rng(0), []
    for i, text in enumerate(("ab", "c 1", "d2", "a")):
        Image.fromarray(rng.integers(0, 256, (32, 128, 3), dtype=np.uint8)).save(folder / f"{i}.png")
        rows.append((f"{i}.png", text, -1, i % 2))
    write_table(pd.DataFrame(rows, columns=["img_path", "text", "writer_id", "fold"]), folder / "labels.csv")
    preprocess = ScenePreprocess.Config(height=32, width=128)
    data = LineData.Config(
        csv=str(folder / "labels.csv"), charset="abcd 12", preprocess=preprocess, augment=SceneAugment.Config(p=0.0),
        batch=2, workers=0,
    )  # fmt: skip
    return Experiment(model=model, loss=CTCLoss.Config(), decoder=CTCGreedy.Config(), data=data,
                      train=Train(epochs=1, precision="fp32"), fold=0)  # fmt: skip


def test_a_run_that_starts_from_a_pruned_file_trains_its_widths(tmp_path: Path) -> None:
    small = prune(saved(LINES["micro"]), 0.5)
    resave_artifact(small, tmp_path / "half.safetensors")
    exp = replace(experiment(tmp_path, LINES["micro"]), init=str(tmp_path / "half.safetensors"))
    run("tuned", exp, tmp_path)
    tuned = load_artifact(run_folder("tuned", 0, tmp_path) / "weights.safetensors")
    assert tuned.model_cfg == small.model_cfg and tuned.model_cfg.pruned  # type: ignore[attr-defined]
    (tmp_path / "half.safetensors").unlink()  # going on needs it no more
    run("tuned", replace(exp, resume=True, train=replace(exp.train, epochs=2)), tmp_path)


def test_a_rejector_takes_the_widths_of_its_detector(tmp_path: Path) -> None:
    small = prune(saved(PAGES["fots_light"]), 0.5)
    resave_artifact(small, tmp_path / "half.safetensors")
    exp = experiment(tmp_path, Rejector.Config(detector=PAGES["fots_light"]))
    exp = replace(exp, init=str(tmp_path / "half.safetensors"), init_parts=("backbone",))
    model: Any = as_pruned(exp, tmp_path, tmp_path).model
    assert model.detector.pruned == small.model_cfg.pruned  # type: ignore[attr-defined]
    whole = replace(exp, model=LINES["micro"])
    assert as_pruned(whole, tmp_path, tmp_path) == whole  # another kind of model
