"""Runs the curl commands of the page on control over HTTP."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.pages import read_page
from zeroscope_mock import MockServer
from zeroscope_mock.documents.bundled import control_document

PAGE = read_page("control.md")
ADDRESS = "http://127.0.0.1:8000"
EXAMPLES: list[tuple[str, str]] = re.findall(r"```bash\n(.*?)```\n\n```json\n(.*?)```", PAGE, re.DOTALL)


def curl_version() -> tuple[int, ...]:
    """The version of the installed curl; empty if there is none."""
    if shutil.which("curl") is None:
        return ()
    printed = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.findall(r"\d+", printed.split()[1])[:2])


@pytest.fixture
def address() -> Iterator[str]:
    """The URL of a mock server on a socket."""
    with MockServer() as server, server.listen() as listening:
        yield listening.url


@pytest.mark.skipif(curl_version() < (7, 82), reason="the examples need curl 7.82 or newer")
def test_examples__print_what_is_shown(address: str, tmp_path: Path) -> None:
    """The commands, run in order on one server, print what the page shows below them."""
    assert len(EXAMPLES) == PAGE.count("```bash")
    for commands, shown in EXAMPLES:
        script = commands.replace(ADDRESS, address)
        printed = subprocess.run(
            ["bash", "-euc", script], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30
        )
        assert printed.stdout.rstrip() == shown.rstrip(), commands


def test_call_table__lists_every_call() -> None:
    """The table lists exactly the calls of the control document, in the same order."""
    calls = [
        f"{method.upper()} /_mock{'' if path == '/' else path}"
        for path, item in control_document()["paths"].items()
        for method in item
        if method != "parameters"
    ]
    assert re.findall(r"^\| `([A-Z]+ /_mock[^`]*)`", PAGE, re.MULTILINE) == calls
