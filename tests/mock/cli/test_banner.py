"""The banner of `zeroscope mock`, and the clients that it is for."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from helpers.command import mock_process
from zeroscope_mock import MockServer
from zeroscope_mock.cli.banner import banner, reachable

REPLICATE = """
import replicate
print(replicate.run({version!r}, input={{"prompt": "x"}}))
"""
OURS = """
from zeroscope import Zeroscope
with Zeroscope() as client:
    print([video.url for video in client.run(prompt="x")])
"""


def exports(lines: list[str]) -> dict[str, str]:
    """The variables that a shell sets by the lines."""
    words = [shlex.split(line, comments=True) for line in lines]
    return dict(pair[1].split("=", 1) for pair in words if pair[:1] == ["export"])


def run(code: str, variables: Mapping[str, str]) -> str:
    """What a program prints with these variables of the environment."""
    names = ("REPLICATE_", "ZEROSCOPE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**inherited, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="replicate 1.0.7 cannot be imported on Python 3.14")
def test_exports__serve_the_clients() -> None:
    """The official client and ours reach the server with nothing but the exported variables."""
    spec = MockServer().core.state.spec
    with mock_process("--speed", "1000") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        lines = [process.stdout.readline() for _ in range(8)]
        variables = exports(lines)
        replicate = run(REPLICATE.format(version=f"{spec.model}:{spec.version}"), variables)
        ours = run(OURS, variables)

    assert f"'{url}/v1/outputs/" in replicate and "/outputs/" in ours
    assert f'new Replicate({{ baseUrl: "{url}/v1" }})' in lines[-1]


@pytest.mark.parametrize("control", [True, False])
def test_page__is_named_if_there_is_one(control: bool) -> None:
    """The address of the page is missing without control over HTTP."""
    text = "\n".join(banner("http://127.0.0.1:8000", "", control=control, own_token=False))

    assert ("page: http://127.0.0.1:8000/_mock/ui/" in text) is control
    assert ("/_mock/" in text) is control


def test_token__is_not_shown() -> None:
    """The banner of a server that accepts one token names the option."""
    with mock_process("--token", "a-very-secret-token") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(9)]

    text = "".join(lines)
    assert "the token of --token" in text and "secret" not in text
    assert "REPLICATE_API_TOKEN" not in exports(lines)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://0.0.0.0:8000", "http://127.0.0.1:8000"),
        ("https://[::]:8000", "https://[::1]:8000"),
        ("http://192.0.2.1:8000", "http://192.0.2.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_reachable__replaces_wildcards(url: str, expected: str) -> None:
    """A server that listens on all addresses is reached by that of this machine."""
    assert reachable(url) == expected


@pytest.mark.parametrize("option", [["--quiet"], ["--log-format", "json"]])
def test_banner__is_left_out(option: list[str]) -> None:
    """Programs that read more than the URL read no words for people."""
    with mock_process(*option) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.terminate()
        rest = process.stdout.read()

    shown = first.removeprefix("listening on ").strip() if option == ["--quiet"] else json.loads(first)["listening"]
    assert shown.startswith("http://127.0.0.1:")
    assert rest == ""


def test_json__has_the_variables_of_https(tmp_path: Path) -> None:
    """Each line is JSON, also those before the log."""
    with mock_process("--log-format", "json", "--tls-dir", str(tmp_path)) as process:
        assert process.stdout is not None
        url, variables = json.loads(process.stdout.readline()), json.loads(process.stdout.readline())
        process.terminate()

    assert url["listening"].startswith("https://")
    assert Path(variables["environment"]["SSL_CERT_FILE"]).parent == tmp_path


def test_quiet__prints_the_variables_of_https(tmp_path: Path) -> None:
    """Without the variables, no client would trust the server."""
    with mock_process("--quiet", "--tls-dir", str(tmp_path)) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        process.terminate()
        rest = process.stdout.read()

    assert lines[0].startswith("listening on https://")
    assert "SSL_CERT_FILE" in exports(lines) and len(exports(lines)) == 3
    assert rest == ""
