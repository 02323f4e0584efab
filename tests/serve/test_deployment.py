"""What docs/serve.md says: commands, defaults, statuses, nginx in front; and Dockerfile and compose file."""

from __future__ import annotations

import contextlib
import http.client
import re
import shlex
import shutil
import socket
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chuviet.cli import parser
from chuviet.serve.description import READ
from chuviet.serve.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def test_the_defaults_of_the_table_are_those_of_the_command_and_of_the_library() -> None:
    said = dict(re.findall(r"`--([a-z-]+) (\d+)`", TEXT))
    assert {"max-mb", "max-pixels", "max-pages", "max-lines", "queue", "time-limit", "receive-limit"} <= set(said)
    given, library = vars(parser().parse_args(["serve"])), Settings(weights=())
    for option, value in said.items():
        name = option.replace("-", "_")
        assert float(value) == given[name] == getattr(library, name), option


def test_the_table_of_statuses_is_complete() -> None:
    assert set(re.findall(r"^\| (\d{3}) \|", TEXT, re.MULTILINE)) == {str(s) for s in READ["responses"]} - {"200"}


def test_its_commands_are_understood() -> None:
    rows = [row for row in TEXT.splitlines() if row.startswith("chuviet ")]
    assert rows
    for row in rows:
        parser().parse_args(shlex.split(row, comments=True)[1:])


def test_the_container_starts_what_there_is() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    start = re.search(r"^ENTRYPOINT \[(.*)\]$", dockerfile, re.MULTILINE)[1]  # type: ignore[index]
    words = [word.strip('"') for word in start.split(", ")]
    assert words[0] == "/app/bin/chuviet" and vars(parser().parse_args(words[1:]))["host"] == "0.0.0.0"
    assert re.search(r"^USER 65532", dockerfile, re.MULTILINE) and "HEALTHCHECK" in dockerfile
    copied = re.findall(r"^COPY (?!--)(.*) \S+$", dockerfile, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for name in (name for row in copied for name in row.split()):
        assert (ROOT / name).exists() and f"!{name}" in ignored
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for source in project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]:
        assert any(source == name or source.startswith(f"{name}/") for row in copied for name in row.split()), source
    compose = (ROOT / "compose.yaml").read_text()
    assert "read_only: true" in compose and "127.0.0.1:8000:8000" in compose and "cap_drop: [ALL]" in compose


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed; Debian: apt-get install nginx-light")
def test_behind_nginx(serve: Callable[..., Any], tmp_path: Path) -> None:
    """The example as it is but for TLS, names and ports: answers, streams, and nginx' own limits."""
    service, port = serve(), _free_port()
    example = re.search(r"^```nginx\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)[1]  # type: ignore[index]
    example = re.sub(r"^ +(ssl_|server_name).*\n", "", example, flags=re.MULTILINE)
    example = example.replace("listen 443 ssl", f"listen 127.0.0.1:{port}").replace("127.0.0.1:8000", service.url[7:])
    paths = "".join(f"{k}_temp_path {tmp_path}/{k};\n" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = tmp_path / "nginx.conf"
    config.write_text(f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
                      f"http {{ access_log off;\n{paths}{example}}}\n")  # fmt: skip
    nginx = subprocess.Popen([str(NGINX), "-p", str(tmp_path), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, nginx)
        photo = (ROOT / "docs" / "examples" / "lines" / "address.jpg").read_bytes()
        status, text, _ = _ask(port, "POST", "/v1/lines", photo)
        assert status == 200 and "Phường Sơn Tây" in text
        status, text, headers = _ask(port, "POST", "/v1/read?format=jsonl", photo)
        assert status == 200 and '"chuviet/pages"' in text and "script-src 'self'" in headers["content-security-policy"]
        assert _ask(port, "GET", "/metrics")[0] == 403 and _ask(port, "GET", "/readyz")[0] == 200
        assert _ask(port, "POST", "/v1/read", bytes(27_000_000))[0] == 413
        assert "<title>" in _ask(port, "GET", "/")[1]
    finally:
        nginx.terminate()
        nginx.wait()


def _ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # nginx does not read what is too large
        connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.getheaders()}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        assert process.poll() is None
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
