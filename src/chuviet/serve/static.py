"""The files that the service shows: the page at /, and the description of its routes at /docs."""

from __future__ import annotations

import mimetypes
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles

_HERE = Path(__file__).parent
PAGE = _HERE / "page"
_DOCS = _HERE / "docs"
#: Swagger UI, as the package `fastapi-offline` brings it: nothing comes from another server.
_SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css")
#: Slim systems have no list of these, and browsers refuse modules and WebAssembly of other types.
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json",
          ".webmanifest": "application/manifest+json", ".onnx": "application/octet-stream",
          ".svg": "image/svg+xml"}  # fmt: skip


def mount_pages(app: FastAPI, page: Path | None = None) -> None:
    """Adds /docs and, for what no route takes, the page at /: the files of a folder, by default the package's own.

    As the router's default, not a mount: that would take a known path with another method, which is told so (405).
    """
    for ending, media_type in _TYPES.items():
        mimetypes.add_type(media_type, ending)
    app.add_api_route("/docs", _docs, include_in_schema=False)
    app.add_api_route("/docs/{name}", _docs_file, include_in_schema=False)
    app.router.default = StaticFiles(directory=page or PAGE, html=True)


async def _docs() -> Response:
    return FileResponse(_DOCS / "index.html")


async def _docs_file(name: str) -> Response:
    if name in _SWAGGER:
        return FileResponse(Path(str(files("fastapi_offline"))) / "static" / name)
    if name in ("start.js",):
        return FileResponse(_DOCS / name)
    return Response(status_code=404)
