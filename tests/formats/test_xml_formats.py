"""hOCR, ALTO and PAGE: valid by their schemas, and read again by a parser of XML."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from chuviet.errors import InputError
from chuviet.formats.file import PageFile
from chuviet.formats.known import FORMATS
from chuviet.results import Block, Line, Page

#: Where `make schemas` puts the schemas of ALTO and PAGE, which are no part of this project.
SCHEMAS = Path(os.environ.get("CHUVIET_SCHEMAS") or Path(__file__).parents[2] / "outputs" / "schemas")
XHTML = "{http://www.w3.org/1999/xhtml}"
ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
PAGE = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"
#: What ALTO's schema takes from another one: the attributes of a link, none of which is written.
LINKS = """\
<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/1999/xlink">
 <xsd:attributeGroup name="simpleLink"/>
</xsd:schema>"""


def written(name: str, *pages: Page) -> bytes:
    writer = FORMATS[name]([page.name for page in pages])

    def no_picture() -> np.ndarray:
        raise AssertionError("not wanted")

    return b"".join([writer.start(), *(writer.page(page, no_picture) for page in pages), writer.end()])


@pytest.fixture(scope="module")
def check() -> Callable[[str, bytes], None]:
    """check(file name of a schema, document): raises AssertionError with what is wrong."""
    etree: Any = pytest.importorskip("lxml.etree", reason="lxml, which checks XML schemas, is not installed")

    class Offline(etree.Resolver):  # type: ignore[misc]
        def resolve(self, url: str, public: str, context: Any) -> Any:
            return self.resolve_string(LINKS, context) if url.endswith("xlink.xsd") else None

    def validate(name: str, document: bytes) -> None:
        if not (SCHEMAS / name).is_file():
            pytest.skip(f"{SCHEMAS / name} is missing: make schemas")
        parser = etree.XMLParser()
        parser.resolvers.add(Offline())
        schema = etree.XMLSchema(etree.parse(str(SCHEMAS / name), parser))
        assert schema.validate(etree.fromstring(document)), schema.error_log

    return validate


@pytest.fixture
def odd() -> Page:
    """Texts and places at the edge of what the schemas allow."""
    outside = np.array([(-20.0, -3), (900, -3), (900, 400), (-20, 400)])
    lines = (Line("", "", outside, 0.0), Line("a\x00\ud800\ufffe]]>", "", outside, 1.0))
    return Page("\udce9<&>.png", 300, 200, (Block(lines), Block(lines[:1], "title")), -179.5)


def test_alto_fits_its_schema(check: Callable[..., None], rich: Page, empty: Page, odd: Page) -> None:
    for pages in ((rich,), (empty,), (odd,), (rich, empty, odd)):
        check("alto-4-2.xsd", written("alto", *pages))
    with pytest.raises(AssertionError, match="HPOSS"):
        check("alto-4-2.xsd", written("alto", rich).replace(b" HPOS=", b" HPOSS=", 1))


def test_page_fits_its_schema(check: Callable[..., None], rich: Page, empty: Page, odd: Page) -> None:
    for page in (rich, empty, odd):
        check("page.xsd", written("page", page))
    with pytest.raises(AssertionError, match="not accepted by the pattern"):
        check("page.xsd", written("page", rich).replace(b' points="', b' points="-', 1))


def test_what_alto_says(rich: Page, empty: Page) -> None:
    root = ElementTree.fromstring(written("alto", rich, empty))
    assert [e.text for e in root.iter(f"{ALTO}fileIdentifier")] == [rich.name, empty.name]
    first, second = root.iter(f"{ALTO}Page")
    assert [first.get(k) for k in ("WIDTH", "HEIGHT", "PHYSICAL_IMG_NR")] == ["1200", "900", "1"]
    assert [second.get(k) for k in ("WIDTH", "HEIGHT", "PHYSICAL_IMG_NR")] == ["300", "200", "2"]
    lines = [[w.get("CONTENT") for w in line.iter(f"{ALTO}String")] for line in first.iter(f"{ALTO}TextLine")]
    assert lines == [[w.text for w in line.words] for line in rich.lines]
    spaces = [len(line.findall(f"{ALTO}SP")) for line in first.iter(f"{ALTO}TextLine")]
    assert spaces == [len(words) - 1 for words in lines]
    title = next(first.iter(f"{ALTO}TextBlock"))
    assert title.get("TAGREFS") == "title" and root.find(f".//{ALTO}LayoutTag[@ID='title']") is not None
    line = next(title.iter(f"{ALTO}TextLine"))
    assert [line.get(k) for k in ("HPOS", "VPOS", "WIDTH", "HEIGHT")] == ["100", "20", "260", "40"]
    assert line.get("BASELINE") == "100,52 360,52"  # a fifth above the lower side
    (table,) = first.iter(f"{ALTO}ComposedBlock")
    assert table.get("TYPE") == "table" and len(table.findall(f"{ALTO}TextBlock")) == 5
    form = first.findall(f".//{ALTO}TextBlock[@TAGREFS='form']")
    assert len(form) == 1 and [
        e.text for e in ElementTree.fromstring(written("alto", rich)).iter(f"{ALTO}fileName")
    ] == [rich.name]


def test_what_page_says(rich: Page) -> None:
    root = ElementTree.fromstring(written("page", rich))
    (page,) = root.iter(f"{PAGE}Page")
    assert [page.get(k) for k in ("imageFilename", "imageWidth", "imageHeight", "orientation")] == [
        rich.name, "1200", "900", "-1.50",
    ]  # fmt: skip
    order = [ref.get("regionRef") for ref in page.iter(f"{PAGE}RegionRefIndexed")]
    assert order == [region.get("id") for region in page if region.tag.endswith("Region")] and len(order) == 4
    texts = [line.find(f"{PAGE}TextEquiv/{PAGE}Unicode") for line in page.iter(f"{PAGE}TextLine")]
    assert [t.text if t is not None else None for t in texts] == [line.text for line in rich.lines]
    words = [w.findtext(f"{PAGE}TextEquiv/{PAGE}Unicode") for w in page.iter(f"{PAGE}Word")]
    assert words == [word.text for word in rich.words]
    bent = page.findall(f".//{PAGE}TextLine")[3]
    coords, baseline = bent.find(f"{PAGE}Coords"), bent.find(f"{PAGE}Baseline")
    assert coords is not None and baseline is not None
    assert len(str(coords.get("points")).split()) == 6 and len(str(baseline.get("points")).split()) == 3
    # The outline begins at (100, 210) and is 42 px high: 210 + 0.8 x 42 is 243.6.
    assert str(baseline.get("points")).split()[0] == "100,244"
    cells = [(c.get("rowIndex"), c.get("columnIndex")) for c in page.iter(f"{PAGE}TableCellRole")]
    assert cells == [("0", "0"), ("0", "1"), ("1", "1"), ("2", "0"), ("2", "1")]
    assert [r.get("type") for r in page.findall(f"{PAGE}TextRegion")] == ["heading", "paragraph", "paragraph"]


def test_a_page_file_holds_one_page(rich: Page, tmp_path: Path) -> None:
    file = PageFile(tmp_path / "a.page.xml", FORMATS["page"])
    file.add(rich, lambda: np.zeros(0))
    with pytest.raises(InputError, match="a file of format page holds one page"):
        file.add(rich, lambda: np.zeros(0))
    file.abandon()
    assert list(tmp_path.iterdir()) == []


def test_what_hocr_says(rich: Page, empty: Page, make_line: Callable[..., Line]) -> None:
    upright = Page(
        "c.png", 1200, 900, (Block((make_line("đứng", 600, 100, 90), make_line("nằm ngang", 100, 500, -3))),)
    )
    root = ElementTree.fromstring(written("hocr", rich, empty, upright))

    def of(kind: str, under: ElementTree.Element) -> list[ElementTree.Element]:
        return [e for e in under.iter() if e.get("class") == kind]

    pages = of("ocr_page", root)
    assert [e.get("title") for e in pages] == [
        'image "thư mục/\\"a\\" & b.png"; bbox 0 0 1200 900; ppageno 0',
        'image "trắng.png"; bbox 0 0 300 200; ppageno 1', 'image "c.png"; bbox 0 0 1200 900; ppageno 2',
    ]  # fmt: skip
    lines = of("ocr_line", pages[0])
    assert ["".join(line.itertext()) for line in lines] == [line.text for line in rich.lines]
    assert len(of("ocr_carea", pages[0])) == len(of("ocr_par", pages[0])) == 4 and not of("ocr_line", pages[1])
    assert [e.text for e in of("ocrx_word", pages[0])] == [word.text for word in rich.words]
    assert of("ocrx_word", pages[0])[0].get("title") == "bbox 100 20 180 60; x_wconf 90"
    assert lines[0].get("title") == "bbox 100 20 360 60; baseline 0.0000 -8.0; x_wconf 90"
    down, slanted = (str(e.get("title")) for e in of("ocr_line", pages[2]))
    assert "textangle 270.00" in down and "baseline" not in down  # 90 degrees clockwise are 270 the other way
    # The line rises to the right by tan 3, so its baseline falls below the box's lower left by nothing more than that.
    found = re.search(r"bbox 100 (\d+) (\d+) (\d+); baseline (-?[\d.]+) (-?[\d.]+);", slanted)
    assert found is not None and float(found[4]) == pytest.approx(-np.tan(np.radians(3)), abs=1e-3)
    lower_left = 500 + 0.8 * 40 * np.cos(np.radians(3))
    left = 100 + 0.8 * 40 * np.sin(np.radians(3))
    at_left = lower_left + np.tan(np.radians(3)) * (left - 100)
    assert int(found[3]) + float(found[5]) == pytest.approx(at_left, abs=0.1)
    names = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(names) == len(set(names)) > 60
