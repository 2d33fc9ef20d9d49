"""`zeroscope mock --save-model`, with another mock server as the service."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from helpers.command import Command
from zeroscope import Zeroscope
from zeroscope_mock import MockServer
from zeroscope_mock.cli import save_model

TOKEN = "r8_a-secret-of-a-test"
SCHEMA: dict[str, Any] = {
    "components": {"schemas": {"Input": {"type": "object", "properties": {"text": {"type": "string", "x": 1.0}}}}}
}
OLD = {"id": "a" * 64, "created_at": "2024-05-06T07:08:09.25Z", "cog_version": "0.9.4", "openapi_schema": SCHEMA}
NEW = {**OLD, "id": "b" * 64, "created_at": "2025-05-06T07:08:09Z", "more": ["ü", None]}
OFFICIAL = {**OLD, "id": "hidden"}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockServer]:
    """The service, as the environment names it."""
    models: Any = {"meta/llama": [OLD, NEW], "meta/official": OFFICIAL}
    with MockServer(models=models, token=TOKEN) as server, server.listen() as listening:
        monkeypatch.setenv("ZEROSCOPE_BASE_URL", f"{listening.url}/v1")
        monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
        yield server


@pytest.mark.parametrize(
    ("reference", "version"),
    [
        ("meta/llama", NEW),
        (f"meta/llama:{NEW['id']}", NEW),
        (f"meta/llama:{OLD['id']}", OLD),
        ("meta/official", OFFICIAL),
        ("meta/official:hidden", OFFICIAL),
    ],
)
def test_model__is_saved_as_the_service_has_it(
    command: Command, service: MockServer, tmp_path: Path, reference: str, version: dict[str, Any]
) -> None:
    """The latest version or the one that is named is written, can be loaded, and then is served unchanged."""
    name = reference.partition(":")[0]
    file = f"{name.replace('/', '__')}.json"

    outcome = command("mock", "--save-model", reference)

    assert (outcome.code, outcome.err) == (0, "")
    load = f"zeroscope mock --model {name}={file}"
    assert outcome.out == f"saved version {version['id']} of {name} as {file}; load it with: {load}\n"
    assert [path.name for path in tmp_path.iterdir()] == [file]
    assert json.loads((tmp_path / file).read_text(encoding="utf-8")) == version
    with (
        MockServer(models={name: tmp_path / file}) as loaded,
        httpx.Client(transport=loaded.transport, headers={"Authorization": "Bearer a-token-of-a-test"}) as api,
    ):
        url = f"http://mock.test/v1/models/{name}/versions/{version['id']}"
        assert api.get(url).json() == version


def test_model__is_saved_in_a_folder(command: Command, service: MockServer, tmp_path: Path) -> None:
    """The folder is made, an older file in it is replaced, and the server then finds the model there."""
    for reference in (f"meta/llama:{OLD['id']}", "meta/llama"):
        outcome = command("mock", "--save-model", reference, "--models", "my models")

        assert outcome.code == 0
        assert outcome.out.endswith("load it with: zeroscope mock --models 'my models'\n")
    assert json.loads((tmp_path / "my models" / "meta__llama.json").read_text(encoding="utf-8")) == NEW


@pytest.mark.parametrize(
    ("reference", "fault", "message"),
    [
        ("meta/none", None, "the service has no model meta/none, or the token may not see it"),
        ("meta/llama:c", None, "the service has no version c of meta/llama, or the token may not see it"),
        ("meta/llama", {"status": 401}, "the service does not accept the token in REPLICATE_API_TOKEN; check it"),
        ("meta/llama", {"status": 403, "body": TOKEN}, "GET /models/meta/llama answered 403: [token]"),
        ("meta/llama", {"status": 200, "body": {"latest_version": None}}, "the service shows no version of meta/llama"),
        ("meta/llama", {"status": 200, "body": {}}, "the service shows no version of meta/llama; name one:"),
        ("meta/llama", {"status": 200, "body": {"latest_version": [TOKEN]}}, "the service returned for meta/llama is"),
        (
            "meta/llama",
            {"status": 200, "body": {"latest_version": {"id": "c", "openapi_schema": None}}},
            "what the service returned for meta/llama is no version: ",
        ),
        (
            "meta/llama:c",
            {"status": 200, "body": OLD},
            f"the service returned another version of meta/llama, {'a' * 64}",
        ),
        ("meta/llama", {"status": 200, "body": TOKEN}, "a body that is not what the spec says (not a JSON object): "),
        ("meta/llama", {"status": 500}, "GET /models/meta/llama answered 500"),
        ("meta/llama", {"reset": "before"}, "GET /models/meta/llama got no response from http://127.0.0.1:"),
    ],
)
def test_error__is_a_sentence_without_the_token(
    command: Command,
    service: MockServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reference: str,
    fault: Any,
    message: str,
) -> None:
    """It ends the command with the exit code of the service, and no file is written or changed."""
    monkeypatch.setattr(save_model, "Zeroscope", partial(Zeroscope, retry=None))
    (tmp_path / "meta__llama.json").write_text("old")
    if fault is not None:
        service.faults.add(**fault)

    outcome = command("mock", "--save-model", reference)

    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.startswith("zeroscope: ") and message in outcome.err and outcome.err.count("\n") == 1
    assert TOKEN not in outcome.err
    assert [path.name for path in tmp_path.iterdir()] == ["meta__llama.json"]
    assert (tmp_path / "meta__llama.json").read_text() == "old"


def test_error__without_a_token(command: Command, service: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command names the variable, and sends nothing."""
    monkeypatch.delenv("REPLICATE_API_TOKEN")
    outcome = command("mock", "--save-model", "meta/llama")
    assert outcome.code == 2 and "there is no API token: set REPLICATE_API_TOKEN" in outcome.err
    assert len(service.journal) == 0


def test_error__without_a_network(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command says that no server answered at the URL."""
    monkeypatch.setattr(save_model, "Zeroscope", partial(Zeroscope, retry=None))
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        monkeypatch.setenv("ZEROSCOPE_BASE_URL", url)
        outcome = command("mock", "--save-model", "meta/llama")
    assert outcome.code == 3 and f"got no response from {url}: " in outcome.err


def test_error__in_a_folder_that_is_a_file(command: Command, service: MockServer, tmp_path: Path) -> None:
    """A file cannot be saved there, and the command says where."""
    (tmp_path / "models").write_text("")
    outcome = command("mock", "--save-model", "meta/llama", "--models", "models")
    assert (outcome.code, outcome.err) == (2, "zeroscope: models: File exists\n")
