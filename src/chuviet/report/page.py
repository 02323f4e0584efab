"""Out-of-fold readings as one HTML file that needs no other: tables, and the worst lines as pictures."""

from __future__ import annotations

import base64
import html
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from chuviet.files import write_whole
from chuviet.report import confidence, oof, plots

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; margin: .6rem 0 1.6rem } td, th { padding: .15rem .7rem; text-align: right }
td:last-child, th:first-child { text-align: left } thead th { border-bottom: 1px solid #888 } img { max-width: 100% }
"""


def write_page(frame: pd.DataFrame, root: str | Path, path: str | Path, title: str, count: int = 30) -> None:
    """Writes the page of the out-of-fold rows `frame` (from `read_oof`), with the images below `root`. Whole or not
    at all."""
    worst = oof.worst(frame, count)
    parts = [f"<h1>{html.escape(title)}</h1><p>{len(frame)} out-of-fold lines.</p>"]
    parts += [_section("All lines", oof.overall(frame))]
    for key in ("fold", "source", "background"):
        parts.append(_section(f"By {key}", oof.by_group(frame, key)))
    parts += [
        _section("By length, characters", oof.by_length(frame)),
        _section("Kinds of errors", oof.error_kinds(frame)),
        _section("Tone marks: true (rows), read (columns)", oof.tone_confusion(frame)),
        _section("Characters most often misread", oof.characters(frame).head(30)),
    ]
    if "word_confidences" in frame:
        parts.append(_confidence(frame))
    parts.append(f"<h2>The worst {len(worst)} lines</h2>{_picture('worst lines', plots.lines(worst, root))}")
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
    write_whole(path, f"{head}<style>{_STYLE}</style>\n{''.join(parts)}\n</html>\n".encode())


def _confidence(frame: pd.DataFrame) -> str:
    """How far the words' confidences can be trusted, and which lines to look at."""
    words = confidence.read_words(frame)
    found, table = confidence.review(words), confidence.reliability(words)
    error = confidence.calibration_error(words)
    said = (
        f"<p>Expected calibration error {100 * error:.1f} % by word. For 99 % right words {100 * found.share:.0f} % of "
        f"the lines are to be looked at: those with a word of confidence below {found.below:.2f}.</p>"
    )
    return f"<h2>Confidence</h2>{said}{_picture('reliability', plots.reliability(table))}{_section('By class', table)}"


def _picture(name: str, figure: Figure) -> str:
    return f'<img alt="{name}" src="data:image/png;base64,{base64.b64encode(plots.to_png(figure)).decode()}">'


def _section(title: str, table: pd.DataFrame) -> str:
    if table.empty:
        return ""
    return f"<h2>{html.escape(title)}</h2>{table.to_html(border=0, float_format=_percent)}\n"


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"
