"""What OpenAPI says of the routes."""

from __future__ import annotations

from typing import Any, Literal

from chuviet.serve.negotiation import MEDIA_TYPES

Format = Literal["txt", "json", "jsonl", "tsv", "md", "hocr", "alto", "page", "pdf"]

SUMMARY = "Finds and reads text on pages and photos: Vietnamese, by hand or in print."
TEXT = 'Every error is `{"detail": "one line"}`. Formats and limits: docs/output.md and docs/serve.md of chuviet.'

_DETAIL = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
_FILE = {"schema": {"type": "string", "format": "binary"}}


def _errors(**reasons: str) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"schema": _DETAIL}}
    return {int(status[1:]): {"description": why, "content": content} for status, why in reasons.items()}


_COMMON = _errors(
    _400="the request is not understood: a form without a file, a parameter", _401="the token is missing or wrong",
    _408="the body did not come in time", _413="too large: bytes, pixels, pages or files",
    _415="by its content neither an image nor a PDF", _422="the file is broken", _429="too many requests are waiting",
    _500="an error of the service", _503="the service has no worker", _504="not read in time",
)  # fmt: skip


def _body(property: str, several: bool) -> dict[str, Any]:
    one = {"type": "string", "format": "binary"}
    files = {"type": "array", "items": one} if several else one
    form = {"schema": {"type": "object", "properties": {property: files}, "required": [property]}}
    content = {"application/octet-stream": _FILE, "image/*": _FILE, "application/pdf": _FILE}
    return {"requestBody": {"required": True, "content": content | {"multipart/form-data": form}}}


def _text(media: str, example: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "it is so", "content": {media: {"schema": {"type": "string"}, "example": example}}}}


def _readings() -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {types[0]: _FILE for types in MEDIA_TYPES.values()}
    pages = {"schema": {"const": "chuviet/pages"}, "version": {"type": "integer"}, "pages": {"type": "array"}}
    content["application/json"] = {"schema": {"type": "object", "required": list(pages), "properties": pages}}
    return {200: {"description": "what was read, in the format that was asked for", "content": content}}


def _object(*required: str) -> dict[int | str, dict[str, Any]]:
    schema = {"type": "object", "required": list(required)}
    return {200: {"description": "what was asked for", "content": {"application/json": {"schema": schema}}}}


READ: dict[str, Any] = {
    "responses": _readings() | _COMMON | _errors(_406="no format is accepted"), "openapi_extra": _body("file", False),
    "operation_id": "read", "summary": "Read an image or PDF",
}  # fmt: skip
LINES: dict[str, Any] = {
    "responses": _object("schema", "version", "lines") | _COMMON, "openapi_extra": _body("files", True),
    "operation_id": "lines", "summary": "Read images of single lines",
}  # fmt: skip
MODELS: dict[str, Any] = {
    "responses": _object("version", "models") | _errors(_401="the token is missing or wrong"),
    "operation_id": "models", "summary": "The weights that read here",
}  # fmt: skip
HEALTH: dict[str, Any] = {"responses": _text("text/plain", "ok\n"), "summary": "Does the process answer?"}
READY: dict[str, Any] = {
    "responses": _text("text/plain", "ready\n") | _errors(_429="no room for a request", _503="no worker"),
    "summary": "Would a request be read now?",
}  # fmt: skip
METRICS: dict[str, Any] = {
    "responses": _text("text/plain", "chuviet_pages_total 3\n") | _errors(_401="the token is missing or wrong"),
    "summary": "Figures for Prometheus",
}  # fmt: skip
