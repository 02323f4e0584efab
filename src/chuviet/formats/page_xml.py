"""PAGE 2019 (https://github.com/PRImA-Research-Lab/PAGE-XML): one page, its regions in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from chuviet import __version__
from chuviet.formats.shapes import baseline_of, outline_of, points_of, words_of
from chuviet.formats.writer import TextWriter
from chuviet.formats.xml import attributes, degrees, pairs, text
from chuviet.inputs.names import printable
from chuviet.results import Block, Line, Page

NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- written by chuviet {version} -->
<PcGts xmlns="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="{namespace} {namespace}/pagecontent.xsd">
 <Metadata>
  <Creator>chuviet {version}</Creator>
  <Created>{time}</Created>
  <LastChange>{time}</LastChange>
 </Metadata>
"""


class PageXmlWriter(TextWriter):
    """Regions, lines with baselines, words. A table is a `TableRegion` with a region a cell."""

    name = "page"
    endings = (".page.xml",)
    one_page = True
    mark = b"<!-- written by chuviet "

    def head(self) -> str:
        time = datetime.now(UTC).isoformat(timespec="seconds")
        return _HEAD.format(namespace=NAMESPACE, time=time, version=__version__)

    def body(self, page: Page, number: int) -> str:
        about = attributes(imageFilename=printable(page.name), imageWidth=page.width, imageHeight=page.height,
                           orientation=degrees(-page.angle))  # fmt: skip
        refs = "".join(
            f'    <RegionRefIndexed index="{b}" regionRef="region_{b + 1}"/>\n' for b in range(len(page.blocks))
        )
        order = f'  <ReadingOrder>\n   <OrderedGroup id="order">\n{refs}   </OrderedGroup>\n  </ReadingOrder>\n'
        blocks = "".join(_block(page, block, f"{b}") for b, block in enumerate(page.blocks, 1))
        return f" <Page{about}>\n{order if refs else ''}{blocks} </Page>\n"

    def tail(self) -> str:
        return "</PcGts>\n"


def _block(page: Page, block: Block, at: str) -> str:
    if block.cells is None:
        kind = "heading" if block.kind == "title" else "paragraph"
        return _region(page, block.lines, block.corners, at, attributes(type=kind))
    inside = []
    for number, (row, column) in enumerate(sorted(set(block.cells)), 1):
        lines = [line for line, cell in zip(block.lines, block.cells, strict=True) if cell == (row, column)]
        role = f'<Roles><TableCellRole rowIndex="{row}" columnIndex="{column}"/></Roles>'
        corners = np.concatenate([line.corners for line in lines])
        inside.append(_region(page, lines, _around(corners), f"{at}_{number}", "", f"   {role}\n"))
    coords = _coords(page, block.corners)
    return f'  <TableRegion id="region_{at}">\n   {coords}\n{"".join(inside)}  </TableRegion>\n'


def _region(page: Page, lines: Sequence[Line], corners: np.ndarray, at: str, kind: str, role: str = "") -> str:
    inside = "".join(_line(page, line, f"{at}_{l}") for l, line in enumerate(lines, 1))
    inside += f"   {_equivalent(chr(10).join(line.text for line in lines))}\n"
    coords = _coords(page, corners)
    return f'  <TextRegion id="region_{at}"{kind}>\n   {coords}\n{role}{inside}  </TextRegion>\n'


def _line(page: Page, line: Line, at: str) -> str:
    words = "".join(
        f'    <Word id="word_{at}_{w}">{_coords(page, word.corners)}{_equivalent(word.text, word.confidence)}</Word>\n'
        for w, word in enumerate(words_of(line), 1)
    )
    baseline = f'<Baseline points="{pairs(points_of(baseline_of(line), page))}"/>'
    return (
        f'   <TextLine id="line_{at}">\n    {_coords(page, outline_of(line))}\n    {baseline}\n{words}'
        f"    {_equivalent(line.text, line.confidence)}\n   </TextLine>\n"
    )


def _coords(page: Page, points: np.ndarray) -> str:
    return f'<Coords points="{pairs(points_of(points, page))}"/>'


def _equivalent(value: str, confidence: float | None = None) -> str:
    conf = None if confidence is None else f"{min(max(confidence, 0), 1):.4f}"
    return f"<TextEquiv{attributes(conf=conf)}><Unicode>{text(value)}</Unicode></TextEquiv>"


def _around(points: np.ndarray) -> np.ndarray:
    (left, top), (right, bottom) = points.min(0), points.max(0)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
