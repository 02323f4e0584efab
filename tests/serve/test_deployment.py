"""What docs/serve.md says: commands, defaults, statuses, nginx in front; and Dockerfile and compose file."""

from __future__ import annotations

import contextlib
import http.client
import re
import shlex
import shutil
import socket
import ssl
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
OPENSSL = shutil.which("openssl")


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
    # What the wheel, which its first stage builds, is made of.
    packing = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    packed = [*packing["wheel"]["force-include"], *packing["wheel"]["packages"]]
    there = [Path(name) for row in copied for name in row.split()]
    assert packed and all(any(Path(name).is_relative_to(one) for one in there) for name in packed)
    compose = (ROOT / "compose.yaml").read_text()
    assert "read_only: true" in compose and "127.0.0.1:8000:8000" in compose and "cap_drop: [ALL]" in compose


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed; Debian: apt-get install nginx-light")
@pytest.mark.skipif(OPENSSL is None, reason="openssl, which makes the certificate, is not installed")
def test_behind_nginx(serve: Callable[..., Any], tmp_path: Path) -> None:
    """The example as it is but for ports and the place of the certificate: answers, streams, and nginx' own limits."""
    service, port = serve(), _free_port()
    config = _nginx_config(tmp_path, port, service.url)
    command = [str(NGINX), "-p", str(tmp_path), "-c", str(config)]
    parsed = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert parsed.returncode == 0 and "warn" not in parsed.stderr, parsed.stderr
    nginx = subprocess.Popen(command, stderr=subprocess.DEVNULL)
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


def _nginx_config(folder: Path, port: int, url: str) -> Path:
    """A whole configuration around the example of docs/serve.md, with a certificate of its own."""
    names = {"-out": "ocr.example.org.pem", "-keyout": "ocr.example.org.key"}
    places = [part for option, name in names.items() for part in (option, str(folder / name))]
    subprocess.run([str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ocr.example.org",
                    *places], check=True, capture_output=True)  # fmt: skip
    example = re.search(r"^```nginx\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)[1]  # type: ignore[index]
    for written, here in (("listen 443", f"listen 127.0.0.1:{port}"), ("http://127.0.0.1:8000", url),
                          ("/etc/ssl", str(folder))):  # fmt: skip
        assert written in example
        example = example.replace(written, here)
    paths = "".join(f"{k}_temp_path {folder}/{k};\n" for k in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
                      f"http {{ access_log off;\n{paths}{example}}}\n")  # fmt: skip
    return config


def _ask(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, str, Any]:
    unverified = ssl._create_unverified_context()
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=unverified)
    with contextlib.suppress(OSError):  # nginx does not read what is too large
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
