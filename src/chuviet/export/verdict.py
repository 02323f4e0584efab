"""Whether what was exported is as good as what it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chuviet.errors import InputError
from chuviet.export.graph import Precision

#: Precisions that give other numbers: judged by their scores on labelled samples.
JUDGED = ("int8", "int8-linear")


class Refused(InputError):
    """An export that failed its check: no file was written. `report` has the metrics."""

    def __init__(self, message: str, report: Any) -> None:
        super().__init__(message)
        self.report = report


@dataclass(frozen=True)
class Verdict:
    """What was measured of an export, and what is allowed."""

    precision: Precision
    different: int  # of `count` samples, for which ONNX Runtime gives something else
    count: int
    allowed: dict[str, float]  # the share of them that may differ, by precision
    sample: str  # "lines" or "pages"
    measure: str  # "CER" or "hmean"
    scores: dict[str, float]  # of "PyTorch fp32", "ONNX int8" and so on; empty without labels
    rising: bool  # whether a higher score is a worse one
    tolerance: float  # how much worse a precision of `JUDGED` may be

    def check(self, name: str, report: Any) -> None:
        """Raises Refused when too many samples differ, or a precision of `JUDGED` is worse than PyTorch by more than
        `tolerance`.
        """
        if self.precision in self.allowed and self.different > self.allowed[self.precision] * self.count:
            allowed = f"{self.allowed[self.precision]:.0%} may differ"
            raise Refused(
                f"{name}: not exported: ONNX Runtime gives something else than PyTorch for {self.different} of "
                f"{self.count} {self.sample} in {self.precision} ({allowed})", report
            )  # fmt: skip
        if self.precision not in JUDGED:
            return
        theirs, ours = self.scores["PyTorch fp32"], self.scores[f"ONNX {self.precision}"]
        if (ours - theirs if self.rising else theirs - ours) > self.tolerance:
            way = f"{'rises' if self.rising else 'falls'} from {theirs:.4f} to {ours:.4f}"
            raise Refused(
                f"{name}: not exported: in {self.precision} the {self.measure} {way}, more than {self.tolerance:g}; "
                "take fp32 or fp16, or accept it with --tolerance", report
            )  # fmt: skip
