"""The mean of the weights of runs, by hand; other models are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from chuviet.commands import averaging
from chuviet.data.seen import noted_rows, rows_note
from chuviet.decode.ctc import CTCGreedy
from chuviet.errors import InputError
from chuviet.models.ctc import LineCTC
from chuviet.preprocess.line import LinePreprocess
from chuviet.pytorch.artifact import load_artifact, resave_artifact, save_artifact
from chuviet.vocab import Charset

CFG = LineCTC.Config(height=16, stem=4, widths=(8, 8, 12), depths=(1, 1, 1), heads=2)


def written(path: Path, value: float, cfg: LineCTC.Config = CFG) -> Path:
    """A model whose every weight is `value`."""
    model = LineCTC(cfg, 3)
    model.load_state_dict({k: torch.full_like(v, int(value) or value) for k, v in model.state_dict().items()})
    save_artifact(
        path, model=model, model_cfg=cfg, preprocess_cfg=LinePreprocess.Config(height=16),
        decoder_cfg=CTCGreedy.Config(), charset=Charset("abc"), metrics={"cer": value}, notes={}, lm=None,
    )  # fmt: skip
    return path


def test_the_mean_of_three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    files = [written(tmp_path / f"{k}.safetensors", k) for k in (1, 2, 6)]
    out = tmp_path / "mean.safetensors"
    monkeypatch.setattr("sys.argv", ["averaging", str(out), *map(str, files)])
    assert averaging.main() == 0 and "the mean of 3" in capsys.readouterr().out
    found = load_artifact(out)
    state = found.model.state_dict()
    assert {float(v.flatten()[0]) for v in state.values() if v.is_floating_point()} == {3.0}
    assert found.metrics == {}  # those of the first are not the mean's


def test_the_mean_has_learnt_what_each_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, out = np.array([7, 9, 11], np.uint32), tmp_path / "mean.safetensors"
    files = [written(tmp_path / f"{k}.safetensors", k) for k in (1, 2)]
    for path, part in zip(files, (rows[:2], rows[1:]), strict=True):
        resave_artifact(replace(load_artifact(path), notes={"fold": 0, **rows_note(part)}), path)
    monkeypatch.setattr("sys.argv", ["averaging", str(out), *map(str, files)])
    assert averaging.main() == 0
    found = noted_rows(load_artifact(out).notes)
    assert found is not None and found.tolist() == [7, 9, 11]
    written(files[1], 2)  # of before such notes: what the mean has learnt is not known
    assert averaging.main() == 0 and load_artifact(out).notes == {"fold": 0}


def test_another_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [written(tmp_path / "a.safetensors", 1), written(tmp_path / "b.safetensors", 1, replace(CFG, heads=3))]
    monkeypatch.setattr("sys.argv", ["averaging", str(tmp_path / "c.safetensors"), *map(str, files)])
    with pytest.raises(InputError, match="b.safetensors: another model"):
        averaging.main()
    assert not (tmp_path / "c.safetensors").exists()


def test_a_temperature_divides_the_logits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    model = LineCTC(CFG, 3)
    torch.nn.init.normal_(model.classify.bias)
    path, out = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    save_artifact(
        path, model=model, model_cfg=CFG, preprocess_cfg=LinePreprocess.Config(height=16),
        decoder_cfg=CTCGreedy.Config(), charset=Charset("abc"), metrics={}, notes={}, lm=None,
    )  # fmt: skip
    monkeypatch.setattr("sys.argv", ["averaging", str(out), str(path), "--temperature", "1.6"])
    assert averaging.main() == 0
    image = torch.rand(1, 1, 16, 40)
    before, after = (load_artifact(p).model.eval().read_unpadded(image) for p in (path, out))
    torch.testing.assert_close(after, before / 1.6, rtol=2e-3, atol=2e-3)
    assert before.abs().max() > 0.5
    monkeypatch.setattr("sys.argv", ["averaging", str(out), str(path), "--temperature", "0"])
    with pytest.raises(InputError, match="above 0"):
        averaging.main()
