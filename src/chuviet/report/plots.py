"""Pictures of out-of-fold readings, for notebooks and pages. Every function returns a Figure that pyplot does not
hold on to."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from chuviet.errors import InputError
from chuviet.inputs.images import read_image
from chuviet.metrics.recognition import align


def bars(table: pd.DataFrame, column: str = "cer", title: str = "") -> Figure:
    """One bar a row of `table`, labelled with its value in percent and its number of lines."""
    figure = Figure(figsize=(7, 0.34 * max(len(table), 2) + 0.9), layout="constrained")
    axes = figure.subplots()
    names = [str(i) for i in table.index]
    drawn = axes.barh(names, 100 * table[column], color="#3b6ea5")
    counts = table["lines"] if "lines" in table else [None] * len(table)
    labels = [
        f"{100 * v:.1f} %" + (f"  ({n} lines)" if n is not None else "")
        for v, n in zip(table[column], counts, strict=True)
    ]
    axes.bar_label(drawn, labels=labels, padding=4, fontsize=9)
    axes.margins(x=0.25)
    axes.invert_yaxis()
    axes.set_xlabel(f"{column}, %")
    axes.set_title(title or str(table.index.name or ""))
    return figure


def heat(table: pd.DataFrame, title: str = "") -> Figure:
    """A confusion table: colour is the share of its row, numbers are counts."""
    figure = Figure(figsize=(0.7 * len(table.columns) + 1.6, 0.55 * len(table) + 1.2), layout="constrained")
    axes = figure.subplots()
    values = table.to_numpy(dtype=float)
    share = values / np.maximum(values.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(table.columns)), [str(c) for c in table.columns])
    axes.set_yticks(range(len(table)), [str(c) for c in table.index])
    for (y, x), v in np.ndenumerate(values):
        axes.text(
            x, y, f"{v:.0f}", ha="center", va="center", color="white" if share[y, x] > 0.6 else "black", fontsize=8
        )
    axes.set_xlabel("read")
    axes.set_ylabel("true")
    axes.set_title(title)
    return figure


def lines(frame: pd.DataFrame, root: str | Path, columns: int = 1) -> Figure:
    """Images of the rows of `frame` with the true text and the prediction below, wrong characters in brackets.

    A row without `text` shows the prediction alone; an image that cannot be read is shown as the reason why.
    """
    rows = -(-len(frame) // columns)
    figure = Figure(figsize=(9 * columns, 1.25 * max(rows, 1)), layout="constrained")
    grid = figure.subplots(max(rows, 1), columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, row in zip(grid, frame.to_dict("records"), strict=False):
        _picture(axes, Path(root) / str(row["img_path"]))
        title = str(row["prediction"])
        if "text" in row:
            title = f"{row['text']}\n{marked(str(row['text']), title)}"
        axes.set_title(title.replace("$", r"\$"), fontsize=9, loc="left", family="DejaVu Sans")
    return figure


def marked(text: str, prediction: str) -> str:
    """The prediction with every run of wrong characters in brackets; a missing character is shown as _."""
    out, wrong = "", ""
    for true, read in [*align(text, prediction), (".", ".")]:
        if true != read:
            wrong += read or "_"
            continue
        out += (f"[{wrong}]" if wrong else "") + read
        wrong = ""
    return out[:-1]


def to_png(figure: Figure, dpi: int = 100) -> bytes:
    """The figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def _picture(axes: Axes, path: Path) -> None:
    try:
        axes.imshow(read_image(path), aspect="equal")
    except InputError as e:
        axes.text(0, 0.5, str(e), fontsize=8, color="darkred", transform=axes.transAxes)


def reliability(table: pd.DataFrame, title: str = "") -> Figure:
    """The share of right words over their confidence, of `report.confidence.reliability`; the line is where both are
    equal, a point's area the number of words.
    """
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    areas = 12 + 400 * table["words"] / max(int(table["words"].sum()), 1)
    axes.scatter(table["confidence"], table["right"], s=areas, color="#3b6ea5")
    axes.set_xlabel("confidence of the words")
    axes.set_ylabel("share of them that is right")
    axes.set_title(title)
    return figure


def histogram(values: Sequence[float], label: str, marks: dict[str, float]) -> Figure:
    """Distribution of `values` with vertical lines at `marks` (name -> value)."""
    figure = Figure(figsize=(7, 2.4), layout="constrained")
    axes = figure.subplots()
    axes.hist(np.asarray(values), bins=40, color="#3b6ea5")
    for name, value in marks.items():
        axes.axvline(value, color="black", linewidth=1)
        axes.annotate(f" {name} {value:.3g}", (value, 1), xycoords=("data", "axes fraction"), va="top", fontsize=9)
    axes.set_xlabel(label)
    axes.set_ylabel("lines")
    return figure
