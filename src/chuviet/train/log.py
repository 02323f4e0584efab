"""What a run says of its epochs, on the screen and in its folder."""

import json
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from chuviet.files import write_whole


class RunLog:
    """metrics.jsonl and TensorBoard; lines of epochs that a resumed run does again are taken out."""

    def __init__(self, out: Path, resume_epoch: int, enabled: bool) -> None:
        self.enabled = enabled
        if not enabled:
            return
        self.path = out / "metrics.jsonl"
        old = self.path.read_text().splitlines() if self.path.exists() and resume_epoch else []
        whole = [x for x in old if x.endswith("}")]  # a full disk cuts the last one
        kept = [x for x in whole if json.loads(x)["epoch"] <= resume_epoch and "final" not in json.loads(x)]
        write_whole(self.path, "".join(x + "\n" for x in kept).encode())
        self.board = SummaryWriter(str(out / "tensorboard"), purge_step=resume_epoch + 1)

    def write(self, line: dict[str, Any]) -> None:
        if not self.enabled:
            return
        with self.path.open("a") as f:
            f.write(json.dumps(line) + "\n")
        for key, value in line.items():
            if isinstance(value, float):
                self.board.add_scalar(key.replace("valid_", "valid/"), value, line["epoch"])
        self.board.flush()
        tqdm.write("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in line.items()))

    def close(self) -> None:
        if self.enabled:
            self.board.close()
