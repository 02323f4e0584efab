"""The pictures of README, made anew with the shipped weights.

    python benchmarks/pictures.py

docs/readings.png: the lines of docs/examples/lines, what they say, and how they are read. docs/pages.jpg: the pages of
docs/examples/pages with what is found, and beside each page its JSON and its searchable PDF.
"""

from __future__ import annotations

import csv
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import chuviet
from chuviet.inputs.images import read_image
from chuviet.reading.pages import as_detection
from chuviet.reading.pictures import draw
from chuviet.synth.fonts import default_fonts
from chuviet.vocab import VIETNAMESE

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("letter", "document", "receipt", "photo")
WIDTH, HEIGHT, LINE, TEXT = 1500, 800, 64, 23  # px: of the lines' picture, of the pages', of a line, of letters
RED, GREY, BLACK = (200, 30, 30), (90, 90, 90), (0, 0, 0)


def main() -> None:
    readings().save(DOCS / "readings.png", optimize=True)
    pages().save(DOCS / "pages.jpg", quality=80)


def readings() -> Image.Image:
    """Two lines in a row: the image, its text in grey, and the reading, in which red letters are wrong."""
    folder = DOCS / "examples" / "lines"
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    reader = chuviet.LineReader()
    regular = next(font.path for font in default_fonts(VIETNAMESE) if font.path.endswith("DejaVuSans.ttf"))
    font = ImageFont.truetype(regular, TEXT)
    step, column = LINE + 2 * TEXT + 40, WIDTH // 2
    picture = Image.new("RGB", (WIDTH, step * -(-len(rows) // 2)), "white")
    pen = ImageDraw.Draw(picture)
    for k, row in enumerate(rows):
        line = Image.open(folder / row["img_path"]).convert("RGB")
        line = line.resize((min(round(line.width * LINE / line.height), column - 40), LINE), Image.Resampling.LANCZOS)
        left, top = k % 2 * column + 20, k // 2 * step + 10
        picture.paste(line, (left, top))
        pen.text((left, top + LINE + 4), row["text"], GREY, font)
        x = float(left)
        for part, wrong in compared(row["text"], reader.read(folder / row["img_path"]).text):
            pen.text((x, top + LINE + TEXT + 12), part, RED if wrong else BLACK, font)
            x += pen.textlength(part, font)
    return picture


def compared(text: str, read: str) -> list[tuple[str, bool]]:
    """What was read in parts, and whether each is wrong; what is missing is shown as "_"."""
    parts = []
    for kind, i, j, a, b in SequenceMatcher(None, text, read, autojunk=False).get_opcodes():
        parts.append((read[a:b] if kind != "delete" else "_" * (j - i), kind != "equal"))
    return parts


def pages() -> Image.Image:
    """The pages beside each other, each with what was found and read."""
    reader = chuviet.Reader()
    folder = DOCS / "examples" / "pages"
    drawn = []
    for name in PAGES:
        pixels = read_image(folder / f"{name}.jpg")
        page = reader.read_image(pixels, f"{name}.jpg")  # named without the folder, which is another on every machine
        for ending in ("json", "pdf"):
            chuviet.write(page, folder / f"{name}.{ending}", images=folder / f"{name}.jpg")
        image = Image.fromarray(draw(pixels, as_detection(page)))
        drawn.append(image.resize((round(image.width * HEIGHT / image.height), HEIGHT), Image.Resampling.LANCZOS))
    return Image.fromarray(np.concatenate([np.asarray(image) for image in drawn], 1))


if __name__ == "__main__":
    main()
