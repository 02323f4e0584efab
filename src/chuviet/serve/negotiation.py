"""Which output format a client wants: by `?format=`, or by its Accept header."""

from __future__ import annotations

from chuviet.formats.known import FORMATS
from chuviet.serve.refusal import Refusal

#: Of each output format the media types that ask for it; answers have the first one.
MEDIA_TYPES: dict[str, tuple[str, ...]] = {
    "json": ("application/json",),
    "jsonl": ("application/jsonl", "application/x-ndjson", "application/json-lines"),
    "txt": ("text/plain",),
    "tsv": ("text/tab-separated-values",),
    "md": ("text/markdown",),
    "hocr": ("text/vnd.hocr+html",),
    "alto": ("application/alto+xml", "application/xml", "text/xml"),
    "page": ("application/vnd.prima.page+xml",),
    "pdf": ("application/pdf",),
}
assert MEDIA_TYPES.keys() == FORMATS.keys(), f"no media type: {MEDIA_TYPES.keys() ^ FORMATS.keys()}"

_TEXT = "; charset=utf-8"


def chosen(format: str | None, accept: str | None) -> str:
    """The name of the format: `format`, if there is one. Raises Refusal where none is accepted."""
    if format is not None:
        return format
    for wanted in _by_quality(accept or "*/*"):
        for name, types in MEDIA_TYPES.items():
            if any(_fits(media, wanted) for media in types):
                return name
    raise Refusal(406, f"none of the accepted media types is known; these are: {', '.join(all_types())}")


def media_type(name: str) -> str:
    """The Content-Type of an answer of that format."""
    media = MEDIA_TYPES[name][0]
    return media + _TEXT if media.startswith("text/") else media


def all_types() -> list[str]:
    """The media types that answers may have."""
    return [types[0] for types in MEDIA_TYPES.values()]


def _by_quality(accept: str) -> list[str]:
    """The media ranges of an Accept header, the best first, those of quality 0 left out."""
    ranges = []
    for entry in accept.split(","):
        media, *parameters = (part.strip().lower() for part in entry.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            value = float(quality)
        except ValueError:
            continue
        if value > 0:
            ranges.append((value, media))
    return [media for _, media in sorted(ranges, key=lambda r: -r[0])]


def _fits(media: str, wanted: str) -> bool:
    kind, _, rest = wanted.partition("/")
    return wanted in ("*/*", media) or (rest == "*" and media.startswith(f"{kind}/"))
