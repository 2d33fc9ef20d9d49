"""`zeroscope mock`: its options, its messages and its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope_mock
from helpers.command import COMMAND, Command, mock_process
from helpers.state_files import database_of
from zeroscope._service import spec as _spec
from zeroscope_mock import MockServer
from zeroscope_mock.messages import Head, Request
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
        (["--model", "acme/a"], "--model acme/a needs a file: --model acme/a=FILE"),
        (["--model", "a.json"], "--model 'a.json' does not name a model: --model owner/name=FILE"),
        (["--model", "acme/a=missing.json"], "missing.json cannot be read: No such file or directory"),
        (["--model", "acme/a=old.mp4"], "old.mp4 is not JSON"),
        (["--models", "missing"], "missing is not a folder"),
        (["--models", "."], ". has no file that ends in"),
        (["--save-model", "llama"], "--save-model 'llama' does not name a model: --save-model owner/name[:version]"),
        (["--save-model", "meta/llama:"], "--save-model 'meta/llama:' does not name a model"),
        (["--save-model", "meta/llama:../x"], "--save-model 'meta/llama:../x' does not name a model"),
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
    options += ["--journal-body-limit", "6", "--state", "saved"]
    options += ["--allow-host", "mock", "--allow-host", "mock.internal", "--trust-forwarded"]
    options += ["--cors", "http://localhost:5173", "--cors", "null"]
    options += ["--tls-dir", "ca"]
    (tmp_path / "more").mkdir()
    for file, id in (("a.json", "1"), ("a2.json", "2"), ("more/b.json", "3")):
        (tmp_path / file).write_text(json.dumps({"id": id, "openapi_schema": {"components": {"schemas": {}}}}))
    options += ["--model", "acme/a=a.json", "--model", "acme/a=a2.json", "--models", "more", "--any-model"]
    assert command("mock", *options, "--scripts", "scripts.yaml", "--no-control").code == 0
    expected = {
        "clock": "virtual",
        "speed": None,
        "seed": 7,
        "dialect": "published",
        "account": "acme",
        "deployment_names": "short",
        "token": "t",
        "models": {"acme/a": [Path("a.json"), Path("a2.json")], "local/b": [Path("more/b.json")]},
        "any_model": True,
        "state": Path("saved"),
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
        "journal_body_limit": 6,
    }
    assert made == [expected, ("::1", 0, Path("ca"))]
    assert len(servers[0].scripts) == 2
    made.clear()
    assert command("mock", "--speed", "9").code == 0
    assert (made[0]["clock"], made[0]["speed"]) == ("real", 9.0)
    assert made[1] == ("127.0.0.1", 8000, False)
    assert not {name for name in made[0] if name.endswith("_limit")}
    for server in servers:
        server.close()


def test_scripts__are_read_once_with_a_state_file(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart only those wait that no prediction has followed, also after a kill before the first response."""
    (tmp_path / "scripts.yaml").write_text("- run: 600\n- outcome: failed\n")
    waiting: list[int] = []

    def serve(server: MockServer, *args: Any, **options: Any) -> None:
        waiting.append(len(server.scripts))
        if len(waiting) > 1:
            body = json.dumps({"version": "9f74" * 16, "input": {}}).encode()
            headers = (("authorization", "Bearer me"), ("content-type", "application/json"))
            assert server.core.handle(Request(Head("POST", "/v1/predictions", headers=headers), body)).status == 201
            server.close()
        else:
            # As a kill would, before anything was saved.
            database_of(server).close()

    monkeypatch.setattr(MockServer, "serve", serve)
    for _ in range(4):
        assert command("mock", "--state", "saved", "--scripts", "scripts.yaml").code == 0
    assert waiting == [2, 2, 1, 0]


SCHEMA: dict[str, Any] = {"components": {"schemas": {"Input": {"type": "object", "properties": {"text": {}}}}}}


def test_models__that_are_the_same(command: Command, tmp_path: Path) -> None:
    """Two files of one version are reported with both their names."""
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(SCHEMA))

    outcome = command("mock", "--model", "acme/a=a.json", "--model", "acme/a=b.json")

    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("zeroscope: a.json and b.json both have the version ")
    assert outcome.err.endswith(" of acme/a; leave one of them out\n")


@pytest.mark.parametrize(
    ("number", "options", "line"),
    [
        (0, [], None),
        (0, ["--any-model"], "serving any model"),
        (2, ["--models", "more"], "serving acme/m0, acme/m1"),
        (2, ["--models", "more", "--model", "acme/x=more/acme/m1.json"], "serving acme/x, acme/m0, acme/m1"),
        (11, ["--models", "more", "--any-model"], "serving 11 models, any other model"),
    ],
)
def test_models__are_listed_after_the_url(
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    options: list[str],
    line: str | None,
) -> None:
    """The command says which models it has besides its own, or how many."""

    def serve(server: MockServer, host: str, port: int, on_ready: Callable[[str], object], **more: Any) -> None:
        on_ready("http://mock.test")

    monkeypatch.setattr(MockServer, "serve", serve)
    (tmp_path / "more" / "acme").mkdir(parents=True)
    for place in range(number):
        (tmp_path / "more" / "acme" / f"m{place}.json").write_text(json.dumps({**SCHEMA, "place": place}))

    outcome = command("mock", *options)

    assert outcome.code == 0
    first, second, *_ = outcome.out.splitlines()
    assert first == "listening on http://mock.test"
    assert second == "page: http://mock.test/_mock/ui/" if line is None else second == line


def test_warnings__at_the_start(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Those about the models of `--model` are printed, not logged; those of a folder are not compiled yet."""
    servers: list[MockServer] = []
    monkeypatch.setattr(MockServer, "serve", lambda server, *rest, **more: servers.append(server))
    odd = {"components": {"schemas": {"Input": {"type": "object", "properties": {"text": {"$ref": "#/none"}}}}}}
    (tmp_path / "more" / "acme").mkdir(parents=True)
    for file in ("a.json", "more/acme/b.json"):
        (tmp_path / file).write_text(json.dumps(odd))

    outcome = command("mock", "--model", "acme/a=a.json", "--models", "more")

    (line,) = outcome.err.splitlines()
    assert line.startswith("zeroscope: acme/a: input.text ")
    (server,) = servers
    schemas = {name: file.schema for name, file in server.core.state.registry.loaded.files()}
    assert "_input" in vars(schemas["acme/a"]) and "_input" not in vars(schemas["acme/b"])
    headers = {"Authorization": "Bearer a-token-of-a-test"}
    with httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=headers) as api:
        for name in ("acme/a", "acme/b"):
            assert api.post("/predictions", json={"version": name, "input": {}}).status_code == 201
    assert [record.getMessage().partition(" input.text ")[0] for record in caplog.records] == ["acme/b:"]


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
