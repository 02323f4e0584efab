"""How the front door is typed: mypy reads this file in `make lint`; nothing runs it."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

import chuviet

text: str = chuviet.read("photo.jpg").text
pages: list[chuviet.Page] = chuviet.read(["photo.jpg", Path("b.png")])
page: chuviet.Page = chuviet.read(np.zeros((9, 9, 3), np.uint8))
more: list[chuviet.Page] = chuviet.read(iter([b""]))
reader = chuviet.LineReader("vi_text", decoder="greedy")
line: chuviet.Line = reader.read(Image.new("RGB", (9, 9)))
lines: list[chuviet.Line] = reader.read([io.BytesIO()])
word: chuviet.Word = line.words[0]
confidence: float = word.confidence
chuviet.write(page, "photo.pdf", images="photo.jpg")
chuviet.write(iter(pages), Path("all.txt"), format="md")
either: chuviet.LineReader | chuviet.Detector = chuviet.load("text_det")
