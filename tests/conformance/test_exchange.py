"""Exchanges: the curl command that repeats a request, and excerpts."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers.faulty_servers import TOKEN
from helpers.other_servers import serve
from zeroscope_conformance.exchange import Exchange, excerpt

JSON = {"content-type": "application/json", "user-agent": "any", "content-length": "1"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("GET", "/v1/predictions", BEARER, b""),
        ("GET", "/v1/predictions?cursor=a%20b&x='$HOME'", BEARER, b""),
        ("POST", "/v1/predictions", {**BEARER, **JSON}, json.dumps({"input": {"prompt": "it's $5 \"`ü"}}).encode()),
        ("POST", "/v1/predictions", {**BEARER, **JSON, "prefer": "wait=1"}, '{ü: "@x"}'.encode()),
        ("POST", "/v1/predictions/abc/cancel", BEARER, b""),
        ("DELETE", "/v1/predictions", {}, b""),
        ("POST", "/v1/files", {"authorization": 'Basic "a$b`c\\'}, b"@file"),
    ],
)
def test_curl__repeats_the_request(
    method: str, path: str, headers: dict[str, str], body: bytes, tmp_path: Path
) -> None:
    """Run by a shell, the command sends the same method, URL, headers and body, with the token of the environment."""
    received: list[tuple[str, str, bytes, dict[str, str]]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def record(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length") or 0))
            sent = {name.lower(): value for name, value in self.headers.items()}
            received.append((self.command, self.path, content, sent))
            self.send_response(204)
            self.end_headers()

        do_GET = do_POST = do_DELETE = record

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with serve(Handler) as url:
        command = Exchange(method, url + path, headers, body, 0, {}, b"", None, TOKEN).curl()
        environment = {"REPLICATE_API_TOKEN": TOKEN, "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        subprocess.run(["sh", "-c", f"{command} --globoff --silent"], env=environment, check=True, capture_output=True)

    assert TOKEN not in command
    assert received[0][:3] == (method, path, body)
    shown = {name: value for name, value in headers.items() if name not in {"user-agent", "content-length"}}
    assert {name: value for name, value in received[0][3].items() if name in shown} == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" a\n b\t\tc ", "a b c"),
        ("a  " * 5, "a a a a a"),
        ("a\n" * 6, "a a a a …"),
        (" ".join(["abc"] * 9), "abc abc …"),
        ("abcdefghi \n", "abcdefghi"),
        ("abcdefghij", "abcdefgh…"),
        ("a" + " " * 50 + "b" * 50, "a bbbbbb…"),
        (" " * 50, ""),
    ],
)
def test_excerpt__is_the_start_on_one_line(text: str, shown: str) -> None:
    """White space becomes single spaces, and a longer text ends with an ellipsis."""
    assert excerpt(text, 9) == shown
