"""hOCR 1.2 (http://kba.github.io/hocr-spec/1.2/): XHTML whose classes and titles say where each text is."""

from __future__ import annotations

from chuviet import __version__
from chuviet.formats.shapes import angle_of, baseline_of, box_of, outline_of, words_of
from chuviet.formats.writer import TextWriter
from chuviet.formats.xml import attributes, degrees, text
from chuviet.inputs.names import printable
from chuviet.results import Block, Line, Page, Word

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml">
 <head>
  <title></title>
  <meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
  <meta name="ocr-system" content="chuviet {version}"/>
  <meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_par ocr_line ocrx_word"/>
 </head>
 <body>
"""


class HocrWriter(TextWriter):
    """Pages, blocks (`ocr_carea`, one `ocr_par` each), lines and words. The words of a line stand on one line, a space
    in between, so that a browser shows the text.
    """

    name = "hocr"
    endings = (".hocr", ".html")
    mark = b'content="chuviet '

    def head(self) -> str:
        return _HEAD.format(version=__version__)

    def body(self, page: Page, number: int) -> str:
        image = printable(page.name).replace("\\", "\\\\").replace('"', '\\"')
        title = f'image "{image}"; bbox 0 0 {page.width} {page.height}; ppageno {number - 1}'
        blocks = "".join(_block(page, block, f"{number}_{b}") for b, block in enumerate(page.blocks, 1))
        return f'  <div class="ocr_page"{attributes(id=f"page_{number}", title=title)}>\n{blocks}  </div>\n'

    def tail(self) -> str:
        return " </body>\n</html>\n"


def _block(page: Page, block: Block, at: str) -> str:
    box = _box(block.corners, page)
    lines = "".join(_line(page, line, f"{at}_{l}") for l, line in enumerate(block, 1))
    return (
        f'   <div class="ocr_carea"{attributes(id=f"block_{at}", title=box)}>\n'
        f'    <p class="ocr_par"{attributes(id=f"par_{at}", title=box)}>\n{lines}    </p>\n   </div>\n'
    )


def _line(page: Page, line: Line, at: str) -> str:
    words = " ".join(_word(page, word, f"{at}_{w}") for w, word in enumerate(words_of(line), 1))
    title = f"{_box(outline_of(line), page)}; {_slope(page, line)}; x_wconf {100 * line.confidence:.0f}"
    return f'     <span class="ocr_line"{attributes(id=f"line_{at}", title=title)}>{words}</span>\n'


def _word(page: Page, word: Word, at: str) -> str:
    title = f"{_box(word.corners, page)}; x_wconf {100 * word.confidence:.0f}"
    return f'<span class="ocrx_word"{attributes(id=f"word_{at}", title=title)}>{text(word.text)}</span>'


def _box(points: object, page: Page) -> str:
    return "bbox " + " ".join(str(v) for v in box_of(points, page))  # type: ignore[arg-type]


def _slope(page: Page, line: Line) -> str:
    """The baseline, from the lower left of the line's box; of text that runs up or down the angle."""
    angle = angle_of(line.corners)
    if abs(angle) > 45:
        return f"textangle {degrees(-angle % 360)}"
    points, (left, _, _, bottom) = baseline_of(line), box_of(outline_of(line), page)
    (x0, y0), (x1, y1) = points[0], points[-1]
    slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
    return f"baseline {slope:.4f} {y0 + slope * (left - x0) - bottom:.1f}"
