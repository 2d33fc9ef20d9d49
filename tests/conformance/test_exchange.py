"""Exchanges: the curl command that repeats a request, and excerpts."""

from __future__ import annotations

import base64
import http.server
import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.faulty_servers import TOKEN
from helpers.other_servers import serve
from zeroscope_conformance.exchange import Exchange, excerpt

JSON = {"content-type": "application/json", "user-agent": "any", "content-length": "1"}
HOSTILE_TOKEN = 'r8_"&<+/=%41\\secretzzQ'
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


TEXTS = st.lists(
    st.sampled_from(
        [*"$`'\"\\!;&|\n {}()#~*<>aé", TOKEN, "$(echo x)", "`echo x`", "${HOME}", "$REPLICATE_API_TOKEN", "$'\\x41'"]
    ),
    min_size=1,
    max_size=8,
).map("".join)


@pytest.mark.parametrize("shell", [shell for shell in ("sh", "bash", "zsh") if shutil.which(shell)])
@settings(max_examples=60, deadline=None)
@given(texts=st.tuples(TEXTS, TEXTS, TEXTS, TEXTS))
def test_curl__expands_nothing_but_the_token(shell: str, texts: tuple[str, str, str, str]) -> None:
    """Whatever a recording has, a shell passes it on as it is, and runs none of it."""
    method, url, header, body = texts
    exchange = Exchange(
        method, url, {"x-trace": header, "authorization": header}, body.encode(), 0, {}, b"", None, TOKEN
    )
    # A function in place of curl, in a shell that finds no other command.
    script = f"curl() {{ printf '%s\\0' \"$@\"; }}\n{exchange.curl()}"
    environment = {"REPLICATE_API_TOKEN": TOKEN, "PATH": "", "HOME": "/home"}
    done = subprocess.run(
        [shutil.which(shell) or shell, "-c", script], env=environment, check=False, capture_output=True
    )

    expected = [
        "-i",
        "-X",
        method,
        "-H",
        f"x-trace: {header}",
        "-H",
        f"authorization: {header}",
        "--data-raw",
        body,
        url,
    ]
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == "".join(f"{one}\0" for one in expected)


def test_curl__runs_nothing_of_a_recording(tmp_path: Path) -> None:
    """Substitutions in a header with the token are text."""
    header = {"x-trace": f'{TOKEN} $(touch "$HOME/a") `touch "$HOME/b"`'}
    command = Exchange("GET;touch c", "http://127.0.0.1:9/", header, b"", 0, {}, b"", None, TOKEN).curl()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "REPLICATE_API_TOKEN": TOKEN}
    subprocess.run(["sh", "-c", command.replace("curl", "true", 1)], env=environment, cwd=tmp_path, check=True)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("token", [TOKEN, HOSTILE_TOKEN])
def test_curl__shows_no_secret(token: str) -> None:
    """Not the token in other forms, no cookie, no key, no other token, and no secret of a query."""
    other, cookie, key = "the-other-account", "0123cookie", "0123key"
    headers = {"authorization": f"Bearer {other}", "cookie": f"sid={cookie}", "x-api-key": key, "x-copy": token}
    url = f"http://a.test/{quote(token)}?q={quote(token, safe='')}&api_key={key}&sig={key}&n=1"
    body = json.dumps({"a": token, "b": base64.b64encode(token.encode()).decode()}).encode()
    command = Exchange("POST", url, headers, body, 0, {}, b"", None, token, secrets=(other,)).curl()

    for secret in (token, json.dumps(token)[1:-1], quote(token), quote(token, safe=""), other, cookie, key):
        assert secret not in command
    assert base64.b64encode(token.encode()).decode()[:16] not in command
    assert "-H 'x-copy: '\"$REPLICATE_API_TOKEN\" " in command
    assert "sid=[token]" in command and "api_key=[token]&sig=[token]&n=1" in command


@pytest.mark.parametrize("length", range(250, 330, 7))
def test_summary__cuts_no_token(length: int) -> None:
    """Neither the token nor a part of it, wherever the excerpt ends."""
    body = json.dumps({"logs": "." * length + HOSTILE_TOKEN}).encode()
    summary = Exchange("GET", "http://a.test", {}, b"", 200, {}, body, None, HOSTILE_TOKEN).summary
    assert "r8_" not in summary


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
