"""Requests copied from the page as programs, which are run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from helpers.browser import Visit
from helpers.busy_server import VIDEO, Api
from zeroscope_mock import MockServer

TOKEN = "token-of-a-shell"
# What a text may have that shells and Python read in their own way.
TRICKY = 'It\'s "quoted" $HOME `id` \\n {braces} %s !x ünïcödé 🎬'
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
REQUESTS: dict[str, tuple[str, str, Any]] = {
    "create": ("POST", "/v1/predictions", {"version": VERSION, "input": {"prompt": TRICKY, "num_frames": 8}}),
    "create by model": ("POST", f"/v1/models/{VIDEO}/predictions", {"input": {"prompt": "A\nlighthouse"}}),
    "refused": ("POST", f"/v1/models/{VIDEO}/predictions", {"input": {"prompt": "A horse", "width": 100}}),
    "list": ("GET", "/v1/predictions?source=api", None),
    "unknown": ("GET", "/v1/predictions/unknown", None),
    "no operation": ("GET", "/v1/it's%20unknown?a=$HOME&b='", None),
}


def copied(name: str, visit: Visit, number: int = 1) -> str:
    """The text on the clipboard after a press of a button on the page of an exchange."""
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open(f"exchanges/{number}")
    button = page.get_by_role("button", name=f"Copy as {name}", exact=True)
    button.click()
    expect(button.get_by_role("status")).to_have_text("Copied")
    text: str = page.evaluate("() => navigator.clipboard.readText()")
    return text


def run(command: list[str], folder: Path) -> str:
    """Run a program as a developer would; returns what it printed."""
    environment = {**os.environ, "REPLICATE_API_TOKEN": TOKEN, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("kind", ["curl", "httpx"])
def test_copy__sends_the_same_request(
    kind: str, request_: tuple[str, str, Any], server: MockServer, visit: Visit, tmp_path: Path
) -> None:
    """The copied command or program sends the same request, with the token of the environment."""
    Api(server)(*request_)
    text = copied(kind, visit)
    assert "token-of-the-first-tenant" not in text
    command = ["bash", "-ec", text] if kind == "curl" else [sys.executable, "-c", text]
    run(command, tmp_path)
    first, second = server.journal
    for name in ("method", "path", "operation", "status", "request_json", "reason"):
        assert getattr(second, name) == getattr(first, name), name
    assert second.tenant != first.tenant
    assert second.status is not None


def test_copy__makes_tests_that_pass(server: MockServer, visit: Visit, tmp_path: Path) -> None:
    """The copied tests pass as they are; that of a read creates the prediction that it reads."""
    api = Api(server)
    for name in ("create", "refused", "list", "unknown"):
        api(*REQUESTS[name])
    api("GET", f"/v1/predictions/{api.create(VIDEO, 'A lighthouse')['id']}")
    numbers = [exchange.number for exchange in server.journal]
    for number in numbers:
        (tmp_path / f"test_copied{number}.py").write_text(copied("pytest", visit, number), encoding="utf-8")
    output = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio"], tmp_path)
    assert f"{len(numbers)} passed" in output


def test_curl_of_a_button__makes_the_same_call(server: MockServer, visit: Visit, tmp_path: Path) -> None:
    """The command beside a button does what the button does."""
    page = visit.open("clock")
    page.get_by_role("button", name="Show curl for Freeze").click()
    popover = page.get_by_role("dialog", name="curl for Freeze")
    expect(popover).to_be_visible()
    run(["bash", "-ec", popover.locator("pre").inner_text()], tmp_path)
    assert server.clock.frozen
