"""`zeroscope mock`: its options, its messages and its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope_mock
from helpers.command import COMMAND, Command, mock_process
from zeroscope._service import spec as _spec
from zeroscope_mock import MockServer
from zeroscope_mock.settings import JOURNAL_LIMIT, PREDICTION_LIMIT, STORAGE_LIMIT


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--port", "99999"], "--port"),
        (["--speed", "0"], "--speed"),
        (["--dialect", "klingon"], "--dialect"),
        (["--seed", "1.5"], "Invalid value for --seed: 1.5 is not a whole number"),
        (["--prediction-limit", "0"], "--prediction-limit"),
        (["--token", ""], "the token must be a non-empty string"),
        (["--host", "192.0.2.1", "--port", "81"], "192.0.2.1, port 81: "),
        (["--allow-host", "http://mock:8000"], "a host to allow is a name or an address without scheme and port"),
        (["--reload"], "--reload needs --spec, the file to follow"),
        (["--spec", "missing.yaml"], "missing.yaml cannot be read"),
        (["--spec", "old.mp4"], "the document"),
        (["--scripts", "missing.yaml"], "missing.yaml cannot be read"),
        (["--scripts", "old.mp4"], "old.mp4: script: Invalid type. Expected: object"),
    ],
)
def test_error__is_a_sentence_and_an_exit_code(
    command: Command, tmp_path: Path, options: list[str], message: str
) -> None:
    """An unusable option is reported on stderr in a line, with the exit code 2."""
    (tmp_path / "old.mp4").write_bytes(b"old")
    outcome = command("mock", *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert "zeroscope: " in outcome.err and message in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["old.mp4"]


@pytest.mark.parametrize("missing", ["zeroscope_mock", "av", "orjson"])
def test_extra__that_is_missing_is_named(missing: str, tmp_path: Path) -> None:
    """Without the extra, the command says which one to install."""
    code = f"import sys; sys.modules[{missing!r}] = None; from zeroscope.cli import main; sys.exit(main(['mock']))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 2
    assert f"needs {missing}, " in result.stderr and "zeroscope[mock]" in result.stderr
    assert "Traceback" not in result.stderr


def test_mock__passes_its_options_on(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each option reaches the server."""
    made: list[Any] = []
    servers: list[MockServer] = []

    class Recorded(MockServer):
        def __init__(self, **options: Any) -> None:
            made.append(options)
            super().__init__(**options)
            servers.append(self)

        def serve(self, host: str = "", port: int = 0, *callbacks: Any, **more: Any) -> None:
            made.append((host, port, more["tls"]))

    monkeypatch.setattr(zeroscope_mock, "MockServer", Recorded)
    (tmp_path / "spec.json").write_text(json.dumps(_spec.spec()))
    (tmp_path / "scripts.yaml").write_text("- run: 600\n- outcome: failed\n")
    options = ["--host", "::1", "--port", "0", "--seed", "7", "--token", "t", "--dialect", "published"]
    options += ["--account", "acme", "--deployment-names", "short"]
    options += ["--clock", "virtual", "--rate-limits", "low-credit", "--no-streams", "--spec", "spec.json", "--reload"]
    options += ["--inline-outputs", "--insecure-webhooks", "--prediction-limit", "3", "--storage-limit", "4"]
    options += ["--blocking", "final", "--expired-wait", "processing"]
    options += ["--webhook-event", "start", "--webhook-event", "logs", "--journal-limit", "5"]
    options += ["--allow-host", "mock", "--allow-host", "mock.internal", "--trust-forwarded"]
    options += ["--cors", "http://localhost:5173", "--cors", "null"]
    options += ["--tls-dir", "ca"]
    assert command("mock", *options, "--scripts", "scripts.yaml", "--no-control").code == 0
    expected = {
        "clock": "virtual",
        "speed": None,
        "seed": 7,
        "dialect": "published",
        "account": "acme",
        "deployment_names": "short",
        "token": "t",
        "rate_limits": "low-credit",
        "streams": False,
        "blocking": "final",
        "expired_wait": "processing",
        "webhook_events": ("start", "logs"),
        "spec": Path("spec.json"),
        "reload": True,
        "control": False,
        "allow_hosts": ("mock", "mock.internal"),
        "cors": ("http://localhost:5173", "null"),
        "trust_forwarded": True,
        "inline_outputs": True,
        "insecure_webhooks": True,
        "prediction_limit": 3,
        "storage_limit": 4,
        "journal_limit": 5,
    }
    assert made == [expected, ("::1", 0, Path("ca"))]
    assert len(servers[0].scripts) == 2
    made.clear()
    assert command("mock", "--speed", "9").code == 0
    assert (made[0]["clock"], made[0]["speed"]) == ("real", 9.0)
    assert made[1] == ("127.0.0.1", 8000, False)
    assert not {name for name in made[0] if name.endswith("_limit")}


def test_mock__lists_its_limits(command: Command) -> None:
    """The help names the default limits of the server."""
    help = " ".join(command("mock", "--help").out.split())
    for limit in (PREDICTION_LIMIT, STORAGE_LIMIT, JOURNAL_LIMIT):
        assert f"Default: {limit}." in help


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """`zeroscope mock` on a free port."""
    with mock_process("--speed", "1", "--token", "the-token") as process:
        yield process


def test_mock__listens_responds_and_ends(process: subprocess.Popen[str]) -> None:
    """The server prints its URL, serves both prefixes, and ends cleanly on SIGTERM."""
    assert process.stdout is not None
    prefix_of_url, _, url = process.stdout.readline().strip().rpartition(" ")
    assert prefix_of_url == "listening on"
    for prefix in ("/v1", ""):
        answer = httpx.get(f"{url}{prefix}/predictions", headers={"Authorization": "Bearer the-token"})
        assert answer.json() == {"next": None, "previous": None, "results": []}
    assert httpx.get(f"{url}/v1/predictions", headers={"Authorization": "Bearer other"}).status_code == 401

    port = url.rpartition(":")[2]
    taken = subprocess.run([*COMMAND, "mock", "--port", port], capture_output=True, text=True, check=False)
    assert taken.returncode == 2 and taken.stderr.startswith(f"zeroscope: port {port} ")

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
