"""ALTO 4 (https://www.loc.gov/standards/alto/): places in pixels, words with their confidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from chuviet import __version__
from chuviet.formats.shapes import angle_of, baseline_of, box_of, outline_of, points_of, words_of
from chuviet.formats.writer import TextWriter
from chuviet.formats.xml import attributes, degrees, pairs, text
from chuviet.inputs.names import printable
from chuviet.results import Block, Line, Page, Word

NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!-- written by chuviet {version} -->
<alto xmlns="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="{namespace} http://www.loc.gov/standards/alto/v4/alto-4-2.xsd">
 <Description>
  <MeasurementUnit>pixel</MeasurementUnit>
{source}  <Processing ID="reading">
   <processingDateTime>{time}</processingDateTime>
   <processingSoftware>
    <softwareName>chuviet</softwareName>
    <softwareVersion>{version}</softwareVersion>
   </processingSoftware>
  </Processing>
 </Description>
 <Tags>
  <LayoutTag ID="title" TYPE="block" LABEL="title"/>
  <LayoutTag ID="form" TYPE="block" LABEL="form"/>
 </Tags>
 <Layout>
"""


class AltoWriter(TextWriter):
    """Blocks, lines and words. A table is a `ComposedBlock` of type `table` with a block a cell; titles and forms are
    tagged. `fileName` is the image of a file's only page; of several, each has a `fileIdentifier`, in their order.
    """

    name = "alto"
    endings = (".alto.xml", ".xml")
    mark = b"<!-- written by chuviet "

    def head(self) -> str:
        time = datetime.now(UTC).isoformat(timespec="seconds")
        return _HEAD.format(namespace=NAMESPACE, source=_source(self.names), time=time, version=__version__)

    def body(self, page: Page, number: int) -> str:
        size = attributes(WIDTH=page.width, HEIGHT=page.height)
        blocks = "".join(_block(page, block, f"{number}_{b}") for b, block in enumerate(page.blocks, 1))
        return (
            f'  <Page ID="page_{number}" PHYSICAL_IMG_NR="{number}"{size}>\n'
            f'   <PrintSpace HPOS="0" VPOS="0"{size}>\n{blocks}   </PrintSpace>\n  </Page>\n'
        )

    def tail(self) -> str:
        return " </Layout>\n</alto>\n"


def _source(names: Sequence[str]) -> str:
    tag = "fileName" if len(names) == 1 else "fileIdentifier"
    entries = "".join(f"   <{tag}>{text(printable(name))}</{tag}>\n" for name in names)
    return f"  <sourceImageInformation>\n{entries}  </sourceImageInformation>\n" if names else ""


def _block(page: Page, block: Block, at: str) -> str:
    if block.cells is None:
        tag = block.kind if block.kind in ("title", "form") else None
        return _text_block(page, block.lines, block.corners, at, tag)
    cells = sorted(set(block.cells))
    inside = []
    for number, cell in enumerate(cells, 1):
        lines = [line for line, place in zip(block.lines, block.cells, strict=True) if place == cell]
        corners = np.concatenate([line.corners for line in lines])
        inside.append(_text_block(page, lines, corners, f"{at}_{number}", None))
    place = _place(page, block.corners)
    return f'    <ComposedBlock ID="table_{at}" TYPE="table"{place}>\n{"".join(inside)}    </ComposedBlock>\n'


def _text_block(page: Page, lines: Sequence[Line], corners: np.ndarray, at: str, tag: str | None) -> str:
    angle = float(np.median([angle_of(line.corners) for line in lines]))
    turned = attributes(TAGREFS=tag, ROTATION=degrees(-angle))
    inside = "".join(_line(page, line, f"{at}_{l}") for l, line in enumerate(lines, 1))
    return f'    <TextBlock ID="block_{at}"{_place(page, corners)}{turned}>\n{inside}    </TextBlock>\n'


def _line(page: Page, line: Line, at: str) -> str:
    outline, words = outline_of(line), words_of(line)
    parts = [f"      {_shape(page, outline)}\n"]
    for number, word in enumerate(words, 1):
        parts.append(_word(page, word, f"{at}_{number}"))
        if number < len(words):
            parts.append("      <SP/>\n")
    if not words:  # the schema wants one
        parts.append(_word(page, Word("", line.corners, line.confidence), f"{at}_1"))
    place = _place(page, outline) + attributes(BASELINE=pairs(points_of(baseline_of(line), page)))
    return f'     <TextLine ID="line_{at}"{place}>\n{"".join(parts)}     </TextLine>\n'


def _word(page: Page, word: Word, at: str) -> str:
    content = attributes(CONTENT=word.text, WC=f"{min(max(word.confidence, 0), 1):.4f}")
    shape = _shape(page, word.corners)
    return f'      <String ID="word_{at}"{_place(page, word.corners)}{content}>{shape}</String>\n'


def _place(page: Page, points: np.ndarray) -> str:
    left, top, right, bottom = box_of(points, page)
    return attributes(HPOS=left, VPOS=top, WIDTH=right - left, HEIGHT=bottom - top)


def _shape(page: Page, points: np.ndarray) -> str:
    return f'<Shape><Polygon POINTS="{pairs(points_of(points, page))}"/></Shape>'
