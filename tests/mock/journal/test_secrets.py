"""Secret fields of an input, whose values the journal shows nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from zeroscope_mock import FaultSettings, MockServer
from zeroscope_mock.journal.lines import describe
from zeroscope_mock.journal.secrets import redact_fields, secret_mark

KEY = 'key-"0123456789\\-é'
SECRET = {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}
SCHEMA = {
    "components": {
        "schemas": {
            "Input": {
                "type": "object",
                "properties": {"license": SECRET, "size": {"type": "integer", "maximum": 8}},
                "not": {"required": ["forbidden"]},
            },
            "TrainingInput": {"type": "object", "properties": {"license": {**SECRET, "maxLength": 40}}},
            "Output": {"type": "string"},
        }
    }
}
VERSION = "5" * 64
PATH = "models/acme/vault/predictions"
Post = Callable[..., httpx.Response]


@pytest.fixture
def server() -> MockServer:
    """A server with a model that takes a secret, whose field's name does not say so."""
    return MockServer(models={"acme/vault": {"id": VERSION, "openapi_schema": SCHEMA}}, token="the-token", account="me")


@pytest.fixture
def post(server: MockServer) -> Iterator[Post]:
    """Sends a POST to the server."""
    headers = {"Authorization": "Bearer the-token", "Content-Type": "application/json"}
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=headers) as api:
        yield api.post


def everything(server: MockServer) -> str:
    """All that the journal and the server's data show, in every form, without the escapes of JSON."""
    lines = [describe(one) for one in server.journal]
    shown = [server.journal.har(), server.snapshot(), lines, repr(server.journal[:]), str(server.journal)]
    return json.dumps(shown, ensure_ascii=False).replace("\\", "")


@pytest.mark.parametrize(
    ("sent", "headers"),
    [
        pytest.param({"input": {"license": KEY}}, {}, id="accepted"),
        pytest.param({"input": {"license": KEY, "size": 9}}, {}, id="invalid in another field"),
        pytest.param({"input": {"license": [KEY]}}, {}, id="of a wrong type"),
        pytest.param({"input": {"license": KEY, "forbidden": 1}}, {}, id="invalid as a whole, which is quoted"),
        pytest.param({"input": {"license": KEY}}, {"Authorization": "Bearer other"}, id="with a wrong token"),
        pytest.param({"input": {"license": KEY}}, {"Prefer": "sometimes"}, id="with an invalid header"),
    ],
)
def test_journal__shows_no_secret(
    server: MockServer, post: Post, sent: dict[str, Any], headers: dict[str, str]
) -> None:
    """Whether the create runs or is refused, and for whatever reason."""
    post(PATH, json=sent, headers=headers)

    assert "0123456789" not in everything(server)
    assert server.journal[0].request_body.count("[secret") == 1


@pytest.mark.parametrize("fault", [{"status": 429}, {"reset": "before"}, {"status": 502, "carried_out": True}])
def test_journal__shows_no_secret_after_a_fault(server: MockServer, post: Post, fault: FaultSettings) -> None:
    """A fault may come before the body is read, or after the prediction was created."""
    server.faults.add(**fault)

    with suppress(httpx.TransportError):
        post(PATH, json={"input": {"license": KEY}})

    assert "0123456789" not in everything(server)


@pytest.mark.parametrize(
    "body",
    [
        '{"input": {"license": {"value": "key-0123456789", ',
        '{"input": "{\\"license\\": \\"key-0123456789',
        '{"input": {"license": "key-0123456789",}}',
        '{"input": {"license" :\n"key-0123456789',
        '{"input": {"license": ["key-0123456789", "another", ',
        '{"input": {"license": "]", "license": "key-0123456789"}}',
        '{"input": {"license": key-0123456789}}',
        '{"input": {"licens\\u0065": "key-0123456789"}}',
    ],
)
def test_journal__shows_no_secret_of_malformed_json(server: MockServer, post: Post, body: str) -> None:
    """A trailing comma, a cut body, a repeated field, missing quotes, and a name in another form."""
    post(PATH, content=body)

    assert "0123456789" not in everything(server)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"license": KEY}, id="beside the input"),
        pytest.param({"inputs": {"license": KEY}}, id="in a misspelled input"),
        pytest.param({"input": [{"license": KEY}]}, id="in a list"),
        pytest.param({"input": {"size": {"license": KEY}}}, id="in another field"),
        pytest.param({"input": json.dumps({"license": KEY})}, id="in a text of JSON"),
        pytest.param({"input": json.dumps({"input": json.dumps({"license": KEY})})}, id="in a text within a text"),
        pytest.param({"input": {"license": {"value": [KEY, {"other": KEY}]}}}, id="in an object"),
        pytest.param({"license": KEY * 20, "input": {"size": KEY * 20}}, id="in another field as well, cut"),
    ],
)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("POST", PATH, 422, id="create"),
        pytest.param("POST", PATH.removesuffix("s"), 404, id="mistyped path"),
        pytest.param("PUT", PATH, 405, id="wrong method"),
    ],
)
def test_journal__shows_no_secret_of_a_refused_request(
    server: MockServer, method: str, path: str, status: int, body: dict[str, Any]
) -> None:
    """Wherever the field is, and even if no operation is known."""
    api = httpx.Client(transport=server.transport, headers={"Authorization": "Bearer the-token"})

    assert api.request(method, f"https://h.test/v1/{path}", json=body).status_code == status
    assert "0123456789" not in everything(server)
    # What is cut may end within the secret.
    assert "key-" not in repr(server.journal[0].refusals)


def test_journal__shows_no_short_secret_in_a_refusal(server: MockServer, post: Post) -> None:
    """It is too short to be found anywhere, but not in its field."""
    post(PATH, json={"input": [{"license": "pin4"}]})

    assert "pin4" not in everything(server)


@pytest.mark.parametrize("name", ["license", "hf_token"], ids=["of a loaded model", "likely"])
def test_journal__shows_no_secret_without_an_operation(server: MockServer, name: str) -> None:
    """A field counts as secret if it is one of any loaded model, or is named like a token."""
    api = httpx.Client(transport=server.transport)

    api.post("https://h.test/nowhere", json={"input": json.dumps({name: KEY})})

    assert "0123456789" not in everything(server)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("predictions", {"version": "acme/vault", "input": {"license": KEY, "size": 9}}),
        ("models/acme/unknown/predictions", {"input": {"hf_token": KEY, "openai_api_key": KEY}}),
        ("predictions", {"version": "acme/unknown", "input": {"hf_token": KEY}}),
    ],
)
def test_journal__knows_secrets_by_version_or_by_name(
    server: MockServer, post: Post, path: str, body: dict[str, Any]
) -> None:
    """The fields of a model that the server does not know are secret if they are named like tokens or keys."""
    assert post(path, json=body).status_code in (404, 422)

    assert "0123456789" not in everything(server)


@pytest.mark.parametrize("key", [KEY, f"{KEY}{'-' * 300}"], ids=["accepted", "refused"])
def test_journal__shows_no_secret_of_a_training(server: MockServer, post: Post, key: str) -> None:
    """A training has a schema of its own."""
    post("models", json={"owner": "me", "name": "mine", "visibility": "private", "hardware": "cpu"})
    post(f"models/acme/vault/versions/{VERSION}/trainings", json={"destination": "me/mine", "input": {"license": key}})

    assert "0123456789" not in everything(server)


def test_journal__shows_what_the_service_redacts_as_a_mark(server: MockServer, post: Post) -> None:
    """The mark has a digest of the secret, so that two secrets can be told apart."""
    for key in (KEY, "another-key"):
        post(PATH, json={"input": {"license": key}})

    shown = [one.input for one in server.journal]
    assert shown == [{"license": secret_mark(KEY)}, {"license": secret_mark("another-key")}]
    assert [one.prompt for one in server.journal] == [None, None]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"key" : "ab", "n": 1}', '{"key" : "[secret X]", "n": 1}'),
        ('{"key": null, "other": "ab"}', '{"key": null, "other": "ab"}'),
        ('{"key": ["ab", "ab"]}', '{"key": ["[secret X]", "[secret X]"]}'),
        (
            '{"key": {"a": "ab", "b" : [null, "ab"]}, "n": 1}',
            '{"key": {"a": "[secret X]", "b" : [null, "[secret X]"]}, "n": 1}',
        ),
        ('{"k\\u0065y": "ab"}', '{"k\\u0065y": "[secret X]"}'),
        ('{"text": "{\\"n\\": 1, \\"key\\": \\"ab\\"}"}', '{"text": "{\\"n\\": 1, \\"key\\": \\"[secret X]\\"}"}'),
        ('{"text": "{\\"other\\": \\u0022ab\\"}"}', '{"text": "{\\"other\\": \\u0022ab\\"}"}'),
        ('{"monkey": "ab", "text": "key: ab"}', '{"monkey": "ab", "text": "key: ab"}'),
    ],
)
def test_redact_fields__leaves_the_rest_as_it_was_sent(body: str, shown: str) -> None:
    """Spaces, other fields and null stay; a secret of any length is redacted in its field."""
    expected = shown.replace("[secret X]", secret_mark("ab"))

    assert redact_fields(body.encode(), ["key"]) == (expected.encode(), [])
